/** `a, b and c` */
export function listed(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** Numbers in ascending order, three and more in a row as `a to b`. */
export function listedRanges(values: readonly number[], show: (value: number) => string, last = 'and'): string {
  const runs: number[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run?.at(-1) === value - 1) run.push(value);
    else runs.push([value]);
  }
  const words = runs.flatMap((run) =>
    run.length < 3 ? run.map(show) : [`${show(run[0] ?? 0)} to ${show(run.at(-1) ?? 0)}`],
  );
  return listed(words, last);
}

/** What lies between each value and the next, or null where it differs; 1 for a single value. */
export function stepOf(values: readonly number[]): number | null {
  const [first = 0, second = first + 1] = values;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : null;
}
