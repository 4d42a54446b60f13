import { type WorkflowInterceptors, defaultPayloadConverter, workflowInfo } from '@temporalio/workflow';
import type { Payload } from '@temporalio/common';
import type { ActivityName } from '../activities/index.ts';
import { CORRELATION_HEADER } from '../domain/correlation.ts';
import { runLedger } from './run-ledger.ts';

/** What the Temporal Web UI shows beside each activity. */
const SUMMARIES: Record<ActivityName, string> = {
  beginScan: 'Number the scan and settle interventions whose workflow is gone',
  scorePage: 'Score a page of customers',
  previewInterventions: 'Dry run: what would be written to whom',
  finishScan: 'Write the result of the scan',
  openIntervention: 'Open the intervention unless the customer is excluded',
  analyseContext: 'Context agent: sentiment, urgency, issue',
  findPattern: 'Pattern agent: similar customers and what became of them',
  decideAction: 'Decision agent: action, priority, channels, discount',
  writeMessage: 'Empathy agent: the message',
  settleDecision: 'Write the decided state and the line in data/memory',
  editMessage: 'Check the edited message',
  escalate: 'Escalate the unanswered approval',
  handOver: 'Put the message in the outbox',
  askContact: 'Ask the contact whether the message may go',
  sendIntervention: 'Send the message, if it may go now',
  closeIntervention: 'Write how it ended',
  readAgenda: 'Read which follow-ups are to come',
  scheduleFollowUp: 'Write down a follow-up',
  rescheduleFollowUp: 'Move a follow-up',
  cancelFollowUp: 'Cancel a follow-up',
  showFollowUp: 'Read what became of a follow-up',
  cancelFollowUps: 'Cancel what is pending',
  recordReplies: 'Note replies and cancel what is pending',
  optOut: 'Note an opt-out',
  optIn: 'Note an opt-in',
  answerSendRequest: 'May we write to them now?',
  writeFollowUp: 'Have the text of a follow-up written',
  deliverFollowUpHere: 'Send the message of a follow-up, if it may go now',
  deliverFollowUp: 'Send the message of a follow-up, if it may go now',
  holdBooking: 'Hold the slot',
  checkSlot: 'Look at the calendar once more',
  confirmBooking: 'Confirm the booking',
  beginMove: 'Hold the slot that it moves to',
  endMove: 'Move the booking, or leave it where it was',
  endBooking: 'Write how the booking ended',
  noteTroubles: 'Note what could not be done yet',
  abandonErrands: 'Call off what is of no use any more',
  putEvent: 'Put the meeting in the calendar',
  removeEvent: 'Take the meeting out of the calendar',
  createMeeting: 'Make the meeting that people join',
  moveMeeting: 'Move the meeting that people join',
  removeMeeting: 'Take the meeting that people join away',
  tidyMeetings: 'Take away what was made twice',
  sendBookingMail: 'Tell the invitee',
  putReminders: 'Schedule the reminders',
  dropReminders: 'Cancel the reminders',
  startRun: 'Run ledger: the run has started',
  endRun: 'Run ledger: how the run ended',
  renewSchedules: 'Carry clock changes of the coming years into schedules',
  dropOldRuns: 'Drop what is older than it is kept',
};

/**
 * Carries the correlation id from whoever started this run to its activities and children, names each activity, and keeps
 * the run ledger.
 */
export const interceptors = (): WorkflowInterceptors => {
  let correlationId: Payload;
  const withCorrelation = (headers: Record<string, Payload>): Record<string, Payload> => ({
    ...headers,
    [CORRELATION_HEADER]: correlationId,
  });
  const summaryOf = (activityType: string): { summary?: string } =>
    activityType in SUMMARIES ? { summary: SUMMARIES[activityType as ActivityName] } : {};
  return {
    inbound: [
      {
        execute(input, next) {
          correlationId =
            input.headers[CORRELATION_HEADER] ??
            defaultPayloadConverter.toPayload(
              workflowInfo().memo?.['correlationId'] ?? workflowInfo().firstExecutionRunId,
            );
          return next(input);
        },
      },
      runLedger,
    ],
    outbound: [
      {
        scheduleActivity: (input, next) =>
          next({
            ...input,
            headers: withCorrelation(input.headers),
            options: { ...summaryOf(input.activityType), ...input.options },
          }),
        scheduleLocalActivity: (input, next) =>
          next({
            ...input,
            headers: withCorrelation(input.headers),
            options: { ...summaryOf(input.activityType), ...input.options },
          }),
        startChildWorkflowExecution: (input, next) => next({ ...input, headers: withCorrelation(input.headers) }),
      },
    ],
  };
};
