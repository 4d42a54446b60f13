import { parseInput } from '../api/input.ts';
import { type Caller, type OperationHandlers, type OperationName, type Operations, routes } from '../api/routes.ts';
import { approvalOperations } from './approvals.ts';
import { bookingOperations } from './bookings.ts';
import { contactOperations } from './contacts.ts';
import { customerOperations } from './customers.ts';
import type { OperationDependencies } from './dependencies.ts';
import { effectOperations } from './effects.ts';
import { escalationOperations } from './escalations.ts';
import { followUpOperations } from './follow-ups.ts';
import { runOperations } from './runs.ts';
import { scanOperations } from './scans.ts';
import { scheduleOperations } from './schedules.ts';
import { calendarOperations, slotOperations } from './slots.ts';
import { tokenOperations } from './tokens.ts';
import { temporalError } from './temporal-errors.ts';

export type { OperationDependencies } from './dependencies.ts';

/**
 * All operations, carried out here on the store and, where there is one, a Temporal server. Each parses its input first.
 */
export function createOperations(dependencies: OperationDependencies): Operations {
  const handlers: OperationHandlers = {
    ...customerOperations(dependencies),
    ...scanOperations(dependencies),
    ...approvalOperations(dependencies),
    ...escalationOperations(dependencies),
    ...contactOperations(dependencies),
    ...followUpOperations(dependencies),
    ...bookingOperations(dependencies),
    ...calendarOperations(dependencies),
    ...slotOperations(dependencies),
    ...effectOperations(dependencies),
    ...scheduleOperations(dependencies),
    ...runOperations(dependencies),
    ...tokenOperations(dependencies),
  };
  const parsing = (Object.keys(handlers) as OperationName[]).map((name) => {
    const handle = handlers[name] as (caller: Caller, input: unknown) => Promise<unknown>;
    return [
      name,
      async (caller: Caller, input: unknown) => {
        const parsed = parseInput(routes[name], input);
        const result = await answered(dependencies, () => handle(caller, parsed));
        // A row may know more than the contract tells.
        return routes[name].reply.parse(result);
      },
    ];
  });
  return Object.fromEntries(parsing) as Operations;
}

/** Whoever calls waits for Temporal no longer than this; a server that is away would be waited for much longer. */
const TEMPORAL_ANSWER_MS = 10_000;

async function answered<Result>({ temporal }: OperationDependencies, work: () => Promise<Result>): Promise<Result> {
  if (!temporal) return work();
  try {
    return await temporal.client.connection.withDeadline(Date.now() + TEMPORAL_ANSWER_MS, work);
  } catch (error) {
    throw temporalError(error);
  }
}
