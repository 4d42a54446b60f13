import type { z } from 'zod';
import { bookingRoutes } from './routes/bookings.ts';
import { contactRoutes } from './routes/contacts.ts';
import { customerRoutes } from './routes/customers.ts';
import { effectRoutes } from './routes/effects.ts';
import { followUpRoutes } from './routes/follow-ups.ts';
import { interventionRoutes } from './routes/interventions.ts';
import { runRoutes } from './routes/runs.ts';
import { scanRoutes } from './routes/scans.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { tokenRoutes } from './routes/tokens.ts';

export type { Route } from './routes/route.ts';

/** Every operation the service offers: one table that the server answers from, remote callers ask by, and types come from. */
export const routes = {
  ...customerRoutes,
  ...scanRoutes,
  ...interventionRoutes,
  ...contactRoutes,
  ...followUpRoutes,
  ...bookingRoutes,
  ...effectRoutes,
  ...scheduleRoutes,
  ...runRoutes,
  ...tokenRoutes,
};

export type OperationName = keyof typeof routes;
type OperationReply<Name extends OperationName> = z.output<(typeof routes)[Name]['reply']>;

/** Whose call it is. `actor` goes into histories of approvals and escalations. */
export interface Caller {
  workspace: string;
  actor: string;
  /** Kept through workflow and activities in every log line. */
  correlationId?: string;
  /** The same for a request and its repeats: what is started for one is then the same thing. */
  requestKey?: string;
  /** Whether the caller may see to tokens of every workspace. */
  everyWorkspace?: boolean;
}

/** The operations as functions, whoever carries them out. They throw ReveilleError. */
export type Operations = {
  [Name in OperationName]: (
    caller: Caller,
    input: z.input<(typeof routes)[Name]['input']>,
  ) => Promise<OperationReply<Name>>;
};

/** What carries the operations out: it gets input that was parsed. */
export type OperationHandlers = {
  [Name in OperationName]: (
    caller: Caller,
    input: z.output<(typeof routes)[Name]['input']>,
  ) => Promise<OperationReply<Name>>;
};
