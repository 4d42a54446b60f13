import type { Effect } from '../contracts/effects.ts';
import type { FollowUpRow } from '../ports/contact-store.ts';

/** Why a follow-up is in processing for so long, and what a person can do about it. */
export interface StuckFollowUp {
  followUpId: string;
  contactId: string;
  /** Since when it is being sent, ISO 8601. */
  since: string;
  /** The next two are sentences. */
  why: string;
  whatToDo: string;
}

/** Longer than a channel's call and its lease together ever take. */
const LONG_MS = 10 * 60_000;

const NO_WORKER = 'make sure that a worker is up (reveille doctor)';
const WAIT = `Nothing at first: it is tried again when the lost attempt has been noticed. If this stays so, ${NO_WORKER}.`;

/** What is to be said of a follow-up that is being sent at `now` (ISO 8601), by the effect of its message. */
export function whyStuck(
  followUp: Pick<FollowUpRow, 'followUpId' | 'contactId' | 'processingSince' | 'nextAt'>,
  effect: Effect | null,
  now: string,
): StuckFollowUp {
  const { followUpId, contactId, processingSince, nextAt } = followUp;
  const [why, whatToDo] = effect === null ? withoutEffect(followUpId) : byEffect(effect, Date.parse(now));
  return { followUpId, contactId, since: processingSince ?? effect?.attemptedAt ?? nextAt, why, whatToDo };
}

type Said = readonly [why: string, whatToDo: string];

function byEffect(effect: Effect, now: number): Said {
  const by = effect.channel === null ? '' : ` by ${effect.channel}`;
  const said = effect.error === null ? '' : `: ${withoutStop(effect.error)}`;
  switch (effect.state) {
    case 'unknown':
      return [
        `Whether it was sent${by} is not known${said}.`,
        'Look whether it arrived, then settle it with: ' +
          `reveille effects resolve ${effect.effectId} --as done|failed --note "what you found".`,
      ];
    case 'attempting':
      return attempting(effect, by, now);
    case 'planned':
      return effect.attempts === 0
        ? [`It is to be sent${by}, and no attempt has begun.`, WAIT]
        : [`An attempt to send it${by} was lost${said}; it is to be made again, with the same key.`, WAIT];
    default:
      return [
        `Its message${by} is ${effect.state} since ${effect.endedAt ?? effect.plannedAt}${said}; the follow-up does not say so.`,
        `Nothing is sent any more. The follow-up ends when its contact is next looked at: ${NO_WORKER}.`,
      ];
  }
}

function attempting(effect: Effect, by: string, now: number): Said {
  const since = effect.attemptedAt ?? effect.plannedAt;
  const nth = effect.attempts > 1 ? `Attempt ${effect.attempts} to send it` : 'An attempt to send it';
  const why = `${nth}${by} is under way since ${since}.`;
  if (now - Date.parse(since) < LONG_MS) return [why, 'Nothing: it ends, or is taken for lost when its time is over.'];
  return [why, `It should be over by now, and is taken for lost by whoever looks next: ${NO_WORKER}.`];
}

const withoutEffect = (followUpId: string): Said => [
  'It is marked as being sent, and no message was ever planned for it: nothing of Reveille does that.',
  'Find out who writes to scheduled_actions, and put it back there: ' +
    `update scheduled_actions set status = 'pending', processing_since = null where id = '${followUpId}'.`,
];

const withoutStop = (sentence: string): string => sentence.trim().replace(/\.$/, '');
