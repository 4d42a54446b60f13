/** So many places, each taken by one at a time. */
export interface Places {
  /** Takes one, waiting so many milliseconds for it at most. @returns whether it got one */
  take(waitMs: number): Promise<boolean>;
  release(): void;
}

export function createPlaces(count: number): Places {
  let free = count;
  const waiting = new Set<() => void>();
  return {
    async take(waitMs) {
      if (free > 0) {
        free -= 1;
        return true;
      }
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const got = (): void => resolve(true);
      waiting.add(got);
      const timer = setTimeout(() => {
        waiting.delete(got);
        resolve(false);
      }, waitMs);
      return promise.finally(() => clearTimeout(timer));
    },
    release() {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else {
        waiting.delete(next);
        next();
      }
    },
  };
}
