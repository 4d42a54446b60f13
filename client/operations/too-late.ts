import { ReveilleError } from '../../domain/errors.ts';
import type { FollowUpRow } from '../../domain/ports/contact-store.ts';

/** An attempt that takes longer than this has been lost, or nobody knows how it ended. */
export const LONG_IN_PROCESSING_MS = 2 * 60_000;

/**
 * Why a follow-up cannot be changed any more, in the state it is in at `now` (epoch ms). `asked`: what was asked for; one
 * that is being sent when it is cancelled is not tried again.
 */
export function tooLate(row: FollowUpRow, asked: 'cancelled' | 'moved', now: number): ReveilleError {
  return new ReveilleError('conflict', `Follow-up ${row.followUpId} ${stateInWords(row, asked, now)}`);
}

function stateInWords(row: FollowUpRow, asked: 'cancelled' | 'moved', now: number): string {
  const { state, reason, actor, executedAt, processingSince } = row;
  const because = reason === null ? '' : ` (${reason.replace(/\.$/, '')})`;
  switch (state) {
    case 'executed':
      return `was ${reason === null ? 'sent' : 'carried out'} already, at ${executedAt}${because}; it cannot be ${asked}`;
    case 'cancelled':
      return `was cancelled by ${actor}${because}; it cannot be ${asked}`;
    case 'failed':
      return `has failed and is not tried again${because}; it cannot be ${asked}`;
    case 'pending':
      return `is still to come, but could not be ${asked} just now; try again`;
    case 'processing': {
      const end = asked === 'cancelled' ? '; it will not be tried again' : `; it cannot be ${asked}`;
      return processingSince !== null && now - Date.parse(processingSince) > LONG_IN_PROCESSING_MS
        ? `has been in processing since ${processingSince}, and may have been sent: \`reveille follow-ups doctor\` says why${end}`
        : `is being sent at this moment${end}`;
    }
  }
}
