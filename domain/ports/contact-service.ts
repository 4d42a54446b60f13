import type {
  CancelFollowUpMessage,
  CancelFollowUpsMessage,
  CancelledCount,
  FollowUp,
  RescheduleFollowUpMessage,
  ScheduleFollowUpMessage,
} from '../contracts/follow-ups.ts';
import type {
  OptMessage,
  OptOutcome,
  RecordReplyMessage,
  ReplyNoted,
  RequestSendMessage,
  SendDecision,
} from '../contracts/contacts.ts';

/** Which person. */
export interface ContactOf {
  workspace: string;
  contactId: string;
}

/**
 * Updates of the `contact` workflow by name, as others write against them (contracts.md): what each takes and answers.
 */
export interface ContactUpdates {
  scheduleFollowUp: [ScheduleFollowUpMessage, FollowUp];
  rescheduleFollowUp: [RescheduleFollowUpMessage, FollowUp];
  cancelFollowUp: [CancelFollowUpMessage, FollowUp];
  cancelFollowUps: [CancelFollowUpsMessage, CancelledCount];
  recordReply: [RecordReplyMessage, ReplyNoted];
  optOut: [OptMessage, OptOutcome];
  optIn: [OptMessage, OptOutcome];
  requestSend: [RequestSendMessage, SendDecision];
}

/** What is asked of the workflows of contacts, each of which is started by the first message to it. */
export interface ContactService {
  /**
   * Sends an update, starting the workflow where none runs, and waits for its answer. `updateId`: the same again is answered the
   * same. @throws ReveilleError what the workflow refused it with; `unavailable` when Temporal does not answer
   */
  update<Name extends keyof ContactUpdates>(
    contact: ContactOf,
    name: Name,
    message: unknown,
    updateId?: string,
  ): Promise<ContactUpdates[Name][1]>;
  /** Has the workflow look at the store again, starting it where none runs; waits for no answer. */
  wake(contact: ContactOf): Promise<void>;
}
