import type { EveryTiming } from './timing.ts';
import type { Moment } from './cron-fires.ts';
import { offsetAt } from './transitions.ts';

/** Fires of an interval: at its anchor, and every `every` milliseconds before and after it. */
export function* everyFires(timing: EveryTiming, from: number, to: number): Generator<Moment> {
  const { every, timezone } = timing;
  const anchor = timing.anchor === null ? 0 : Date.parse(timing.anchor);
  for (let at = anchor + Math.ceil((from - anchor) / every) * every; at < to; at += every) {
    yield { at, offset: offsetAt(timezone, at), note: null };
  }
}
