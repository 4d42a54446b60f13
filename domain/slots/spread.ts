import { dayAt } from './wall-clock.ts';

/**
 * Some of many times (epoch ms, in order) for a person to choose from, by the days of their clock: at most `most` of them, as many
 * of each day as of any other for as far as it has them, and those not all at its start.
 */
export function spreadOverDays<Time extends { start: number }>(
  times: readonly Time[],
  { timezone, most }: { timezone: string; most: number },
): Time[][] {
  const days = [...Map.groupBy(times, ({ start }) => dayAt(timezone, start)).values()].slice(0, most);
  let [left, share] = [most, 0];
  // With each round one more of every day that has one more, the soonest days first.
  const counts = days.map(() => 0);
  for (let given = 1; given > 0 && left > 0; share += 1) {
    given = 0;
    for (const [index, day] of days.entries()) {
      if (left === 0 || day.length <= share) continue;
      counts[index] = share + 1;
      given += 1;
      left -= 1;
    }
  }
  return days.map((day, index) => evenly(day, counts[index] ?? 0));
}

/** So many of a list, as far from each other and from its ends as can be. */
const evenly = <Item>(items: readonly Item[], count: number): Item[] =>
  Array.from({ length: count }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / count)]!);
