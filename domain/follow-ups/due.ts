import type { ScheduleFollowUpMessage } from '../contracts/follow-ups.ts';
import { identifier } from '../contracts/names.ts';
import { invalidInput } from '../errors.ts';

/** What a clock may be behind another by, so that "now" is not in the past. */
const TOLERANCE = 60_000;
/** Ten years: what is to be sent later than that was mistyped. */
const FARTHEST = 3_653 * 86_400_000;

/**
 * The instant (ISO 8601) at which a follow-up is due: as it was given, or so long after `now`.
 * @throws ReveilleError `invalid_input` at `scheduledFor` for an instant more than a minute ago or ten years ahead
 */
export function dueInstant(when: ScheduleFollowUpMessage['scheduledFor'], now: string): string {
  const start = Date.parse(now);
  const due = 'at' in when ? Date.parse(when.at) : start + when.inMs;
  if (due < start - TOLERANCE) throw refused(`must not lie in the past: it is ${now}`);
  if (due > start + FARTHEST) throw refused('must not lie more than ten years ahead');
  return new Date(due).toISOString();
}

/**
 * Follow-ups that are due at `now` (ISO 8601), in the order in which they became so, and how many milliseconds there are
 * until the next one is; null when none is left. Never early: one is due from its instant on.
 */
export function whatIsDue<FollowUp extends { followUpId: string; scheduledFor: string }>(
  pending: Iterable<FollowUp>,
  now: string,
): { due: FollowUp[]; nextInMs: number | null } {
  const at = Date.parse(now);
  const due: FollowUp[] = [];
  let next = Infinity;
  for (const followUp of pending) {
    if (Date.parse(followUp.scheduledFor) <= at) due.push(followUp);
    else next = Math.min(next, Date.parse(followUp.scheduledFor));
  }
  return { due: due.sort(soonestFirst), nextInMs: next === Infinity ? null : next - at };
}

/** Soonest first, and by id at one instant. */
export function soonestFirst<FollowUp extends { followUpId: string; scheduledFor: string }>(
  one: FollowUp,
  other: FollowUp,
): number {
  const between = Date.parse(one.scheduledFor) - Date.parse(other.scheduledFor);
  if (between !== 0) return between;
  if (one.followUpId === other.followUpId) return 0;
  return one.followUpId < other.followUpId ? -1 : 1;
}

/**
 * The id of a follow-up that came without one, from the contact and the id of the update that brought it, so that the same
 * update makes the same follow-up. The contact's length keeps `a-b` with `c` apart from `a` with `b-c`. null when they do
 * not fit into an id.
 */
export function followUpIdFor(contactId: string, updateId: string): string | null {
  return identifier.safeParse(`F${contactId.length}-${contactId}-${updateId}`).data ?? null;
}

const refused = (message: string) => invalidInput([{ path: 'scheduledFor', message }]);
