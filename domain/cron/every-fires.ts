import type { Moment } from './cron-fires.ts';
import type { EveryTiming } from './timing.ts';
import { offsetAt } from './transitions.ts';

/** Fires of an interval from `from` (included) to `to` (excluded), epoch milliseconds. */
export function* everyFires({ every, anchor, timezone }: EveryTiming, from: number, to: number): Generator<Moment> {
  const origin = anchor === null ? 0 : Date.parse(anchor);
  for (let at = origin + Math.ceil((from - origin) / every) * every; at < to; at += every) {
    yield { at, offset: offsetAt(timezone, at), note: null };
  }
}
