import { parse } from '../../domain/parse.ts';
import { type Caller, type OperationHandlers, type OperationName, type Operations, routes } from '../api/routes.ts';
import { approvalOperations } from './approvals.ts';
import { customerOperations } from './customers.ts';
import type { OperationDependencies } from './dependencies.ts';
import { escalationOperations } from './escalations.ts';
import { scanOperations } from './scans.ts';
import { scheduleOperations } from './schedules.ts';

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
    ...scheduleOperations(dependencies),
  };
  const parsing = (Object.keys(handlers) as OperationName[]).map((name) => {
    const handle = handlers[name] as (caller: Caller, input: unknown) => Promise<unknown>;
    return [name, async (caller: Caller, input: unknown) => handle(caller, parse(routes[name].input, input))];
  });
  return Object.fromEntries(parsing) as Operations;
}
