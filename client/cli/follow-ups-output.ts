import type { FollowUp } from '../../domain/contracts/follow-ups.ts';
import type { Operations } from '../api/routes.ts';
import { inUnits } from './schedules/output.ts';
import { utc } from './scan-output.ts';

/** One line a follow-up: whose it is, when it is due, and what became of it. */
export function formatFollowUpLine(followUp: FollowUp): string {
  const { followUpId, contactId, type, scheduledFor } = followUp;
  return `${followUpId}  ${contactId}  ${type}  due ${utc(scheduledFor)}  ${formatState(followUp)}`;
}

function formatState({ state, reason, actor, executedAt, latenessMs }: FollowUp): string {
  const because = reason === null ? '' : `: ${reason}`;
  if (state === 'cancelled') return `cancelled by ${actor}${because}`;
  if (executedAt === null) return `${state}${because}`;
  return `executed at ${utc(executedAt)}, ${inUnits(Math.max(0, latenessMs ?? 0))} late${because}`;
}

/** Everything about one follow-up. */
export function formatFollowUp(followUp: FollowUp): string {
  const { followUpId, contactId, type, scheduledFor, payload, state, actor } = followUp;
  const facts: [string, string][] = [
    ['Contact', contactId],
    ['Type', type],
    ['Due', utc(scheduledFor)],
    ['State', formatState(followUp)],
    ...(state === 'cancelled' ? [] : [['Made by', actor] as [string, string]]),
    ['Payload', JSON.stringify(payload)],
  ];
  return [followUpId, ...facts.map(([fact, value]) => `  ${fact.padEnd(9)}${value}`)].join('\n');
}

type Stuck = Awaited<ReturnType<Operations['diagnoseFollowUps']>>['items'][number];

/** A follow-up in processing for long: since when, why, and what to do. */
export const formatStuck = ({ followUpId, contactId, type, since, why, whatToDo }: Stuck): string =>
  `${followUpId}  ${contactId}  ${type}  in processing since ${utc(since)}\n  ${why}\n  → ${whatToDo}`;
