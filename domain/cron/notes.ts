/** Times are milliseconds on a clock without zone, from its 1970-01-01T00:00. */
const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);
const date = (time: number): string => new Date(time).toISOString().slice(0, 10);

export const firstOfTwo = (time: number): string => `${clock(time)} comes twice on this day; this is the first`;
export const secondOfTwo = (time: number): string => `${clock(time)} comes twice on this day; this is the second`;

/** Which times the clock has skipped when it shows `now` instead: `02:00 does not exist on this day`. */
export function skipped(times: readonly number[], now: number): string {
  const byDate = Map.groupBy(times, date);
  return [...byDate].map(([day, group]) => `${listed(group)} on ${day === date(now) ? 'this day' : day}`).join('; ');
}

function listed(times: readonly number[]): string {
  const [first = 0, second = 0] = times;
  if (times.length === 1) return `${clock(first)} does not exist`;
  if (times.length === 2) return `${clock(first)} and ${clock(second)} do not exist`;
  return `${times.length} times from ${clock(first)} to ${clock(times.at(-1) ?? 0)} do not exist`;
}
