import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { BookingStart, BookingStatus } from '../../domain/contracts/bookings.ts';
import { TASK_QUEUES, workflowIds } from '../../domain/contracts/names.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { BookingOf, BookingService } from '../../domain/ports/booking-service.ts';
import { grpcCode } from './connection.ts';
import { keywords } from './keywords.ts';
import { untilTaken } from './until-taken.ts';
import { updateError } from './update-errors.ts';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const DEADLINE_EXCEEDED = 4;

/** The workflows of bookings, through a client of their namespace. */
export function createBookingService(client: Client): BookingService {
  const withStart = (booking: BookingStart, name: string, options: { args: [unknown]; updateId?: string }) =>
    untilTaken(() =>
      client.workflow.executeUpdateWithStart<() => Promise<unknown>, BookingStatus, [unknown]>(name, {
        ...options,
        startWorkflowOperation: new WithStartWorkflowOperation('booking', {
          ...optionsOf(booking),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
  return {
    async make(booking, milliseconds) {
      try {
        return await client.connection.withDeadline(Date.now() + milliseconds, () =>
          withStart(booking, 'settled', { args: [{}] }),
        );
      } catch (error) {
        if (isTooLate(error)) return null;
        throw updateError(error, 'The booking could not be made');
      }
    },
    async wake(booking) {
      try {
        await client.workflow.start('booking', optionsOf(booking));
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },
    async update(booking, name, message, { updateId, lost }) {
      const { workspace, bookingId } = booking;
      const options = { args: [message] as [unknown], ...(updateId === undefined ? {} : { updateId }) };
      try {
        if (lost !== null) return await withStart(lost, name, options);
        const handle = client.workflow.getHandle(workflowIds.booking(workspace, bookingId));
        return await untilTaken(() => handle.executeUpdate<BookingStatus, [unknown]>(name, options));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw isOver(booking, error);
        throw updateError(error, 'The booking could not take the message');
      }
    },
  };
}

/** The wait was over before there was an answer; what was asked for goes on. */
const isTooLate = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || grpcCode(error) === DEADLINE_EXCEEDED;

const isOver = ({ bookingId }: BookingOf, cause: unknown): ReveilleError =>
  new ReveilleError('conflict', `Booking ${bookingId} is over, and cannot be changed`, { cause });

function optionsOf(booking: BookingStart) {
  const { workspace, bookingId, calendar, contactId } = booking;
  return {
    workflowId: workflowIds.booking(workspace, bookingId),
    taskQueue: TASK_QUEUES.main,
    args: [booking] as [unknown],
    staticSummary: `Booking ${bookingId} in calendar ${calendar} of workspace ${workspace}`,
    staticDetails: 'One meeting: its slot, event, link, invitation and reminders, until it is over.',
    typedSearchAttributes: keywords({ Workspace: workspace, ...(contactId && { ContactId: contactId }) }),
  };
}
