/**
 * Named places in which a process can be made to die, so that what holds through a crash is seen (reliability.md). They lie
 * around every effect: what is done to the outside world, and what an activity of contacts writes.
 */
export const FAILPOINTS = [
  /** Nothing is written down yet. */
  'delivery-before-intent',
  /** The attempt is in the ledger. */
  'delivery-after-intent',
  /** The fence was seen to hold; the call is next. */
  'delivery-before-effect',
  /** The other side has answered; the ledger does not know. */
  'delivery-after-effect',
  /** The ledger has the end; nobody was told. */
  'delivery-before-acknowledgement',
  /** The same of what is done to calendars and meetings. */
  'effect-before-intent',
  'effect-after-intent',
  'effect-before-effect',
  'effect-after-effect',
  'effect-before-acknowledgement',
  'hold-after-row',
  'confirm-after-row',
  'move-after-row',
  'end-after-row',
  'schedule-after-row',
  'cancel-after-row',
  'reply-after-row',
  'opt-after-row',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

/** Called wherever the point is passed; returns, unless this is where the process is to die. */
export type Failpoint = (point: FailpointName) => void;

/** Where to die: when the point is passed for the nth time, counting from one. */
export interface Fault {
  point: FailpointName;
  nth: number;
}

/** `<point>:<nth>` as a fault; null when it is none. */
export function parseFault(text: string): Fault | null {
  const [, name, count] = /^([a-z-]+):([1-9]\d{0,5})$/.exec(text) ?? [];
  const point = FAILPOINTS.find((each) => each === name);
  return point === undefined ? null : { point, nth: Number(count) };
}
