import type { Effect } from '../../domain/contracts/effects.ts';
import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { AcceptedEffect } from './accepted-effects.ts';

/** Everything there is to see when all is over: what the other sides have, what we wrote down, and what callers heard. */
export interface Observed {
  /** By the services that were asked. The text names the follow-up, as `marked` writes it. */
  accepted: readonly AcceptedEffect[];
  /** The ledger. */
  effects: readonly Pick<Effect, 'key' | 'state' | 'result' | 'resolvedBy'>[];
  followUps: readonly Pick<FollowUp, 'followUpId' | 'contactId' | 'state'>[];
  workflows: readonly { contactId: string; status: string }[];
  told: {
    /** Follow-ups whose scheduling was answered. */
    scheduled: readonly string[];
    /** Follow-ups that were reported as cancelled. */
    cancelled: readonly string[];
  };
}

/** Findings, a sentence each that begins with the follow-up's id. */
export interface Verdict {
  /** Taken on by us, and neither over nor in review. */
  lost: string[];
  /** Accepted twice by the other side. */
  doubled: string[];
  /** Reported otherwise than it was. */
  untrue: string[];
  /** Ids whose outcome nobody knows, which a person has to settle. No fault in itself: the caller says where it may be. */
  inReview: string[];
  /** So that a run that did nothing cannot pass. */
  counts: { scheduled: number; accepted: number; executed: number; cancelled: number; failed: number };
}

/** A text that says whose message it is. */
export const marked = (followUpId: string): string => `This is a message. [${followUpId}]`;
const markOf = (text: string): string | null => /\[([\w-]+)\]/.exec(text)?.[1] ?? null;

export const messageKey = (followUpId: string): string => `follow-up/${followUpId}/message`;

const ENDED = new Set(['executed', 'cancelled', 'failed']);
const BROKEN = new Set(['FAILED', 'TERMINATED', 'TIMED_OUT', 'CANCELLED']);

/** How often the other sides accepted a message, by follow-up. */
function acceptances(accepted: readonly AcceptedEffect[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { text, service, to } of accepted) {
    const mark = markOf(text) ?? `${service} to ${to}`;
    times.set(mark, (times.get(mark) ?? 0) + 1);
  }
  return times;
}

/** Compares what was done with what was written down and told. */
export function checkEffects(observed: Observed): Verdict {
  const times = acceptances(observed.accepted);
  const effects = new Map(observed.effects.map((effect) => [effect.key, effect]));
  const followUps = new Map(observed.followUps.map((followUp) => [followUp.followUpId, followUp]));
  const stateCount = (state: string): number => observed.followUps.filter((each) => each.state === state).length;
  const looks = observed.followUps.map((followUp) => ({
    followUp,
    effect: effects.get(messageKey(followUp.followUpId)) ?? null,
    accepted: times.get(followUp.followUpId) ?? 0,
  }));
  return {
    lost: [
      ...observed.told.scheduled.filter((id) => !followUps.has(id)).map((id) => `${id} was scheduled and is not there`),
      ...looks.flatMap(lostOf),
      ...observed.workflows
        .filter(({ status }) => BROKEN.has(status))
        .map(({ contactId, status }) => `${contactId}: its workflow ended as ${status}`),
    ],
    doubled: [
      ...[...times].filter(([, count]) => count > 1).map(([id, count]) => `${id} was accepted ${count} times`),
      ...sameKeys(observed.accepted),
    ],
    untrue: [
      ...looks.flatMap(untrueOf),
      ...[...times.keys()].filter((id) => !followUps.has(id)).map((id) => `${id} was sent, and nobody asked for it`),
      ...observed.told.cancelled
        .filter((id) => followUps.get(id)?.state !== 'cancelled')
        .map((id) => `${id} was reported as cancelled and is ${followUps.get(id)?.state ?? 'not there'}`),
    ],
    inReview: looks.filter(({ effect }) => effect?.state === 'unknown').map(({ followUp }) => followUp.followUpId),
    counts: {
      scheduled: observed.told.scheduled.length,
      accepted: observed.accepted.length,
      executed: stateCount('executed'),
      cancelled: stateCount('cancelled'),
      failed: stateCount('failed'),
    },
  };
}

/** The faults of a verdict, or none. */
export const findings = ({ lost, doubled, untrue }: Pick<Verdict, 'lost' | 'doubled' | 'untrue'>): string[] => [
  ...lost.map((each) => `lost: ${each}`),
  ...doubled.map((each) => `doubled: ${each}`),
  ...untrue.map((each) => `untrue: ${each}`),
];

interface Look {
  followUp: Observed['followUps'][number];
  effect: Observed['effects'][number] | null;
  accepted: number;
}

function lostOf({ followUp: { followUpId, state }, effect }: Look): string[] {
  if (ENDED.has(state)) return [];
  if (effect?.state === 'unknown' && state === 'processing') return [];
  return [`${followUpId} is ${state} with its effect ${effect?.state ?? 'not planned'}: neither over nor in review`];
}

/** Which states of an effect each end of a follow-up may have beside it. */
const CONSISTENT: Readonly<Record<string, readonly (string | null)[]>> = {
  executed: ['done'],
  cancelled: ['cancelled', null],
  // What has no text or address fails before anything is planned.
  failed: ['failed', 'cancelled', null],
};

function untrueOf({ followUp: { followUpId, state }, effect, accepted }: Look): string[] {
  const found: string[] = [];
  // Kept for a person to see instead of sent, and says so.
  const kept = effect?.result?.['outbox'] === true;
  const settled = effect !== null && effect.resolvedBy !== null;
  if (state === 'executed' && accepted === 0 && !kept && !settled)
    found.push(`${followUpId} is executed and never left`);
  if (['cancelled', 'failed'].includes(state) && accepted > 0 && !settled) {
    found.push(`${followUpId} is ${state}, and it was sent`);
  }
  if (effect && !settled && found.length === 0) {
    if (effect.state === 'done' && accepted === 0 && !kept)
      found.push(`${followUpId} is done in the ledger and never left`);
    if (['failed', 'cancelled'].includes(effect.state) && accepted > 0) {
      found.push(`${followUpId} is ${effect.state} in the ledger, and it was sent`);
    }
  }
  const allowed = CONSISTENT[state];
  if (allowed && !allowed.includes(effect?.state ?? null)) {
    found.push(`${followUpId} is ${state}, its effect ${effect?.state ?? 'not planned'}`);
  }
  return found;
}

/** Two acceptances under one key, such as a mail's Message-ID. */
function sameKeys(accepted: readonly AcceptedEffect[]): string[] {
  const keys = accepted.flatMap(({ service, key }) => (key === null ? [] : [`${service} ${key}`]));
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))].map(
    (key) => `${key}: one key was accepted more than once`,
  );
}
