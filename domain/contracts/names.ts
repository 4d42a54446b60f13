import { z } from 'zod';

/** A workspace slug or schedule name: visible in Temporal, so it holds nothing personal. */
export const slug = z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z, 0-9 and "-"');

/** Any other id. Mail addresses and phone numbers do not fit, on purpose: ids are visible in Temporal. */
export const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"');

export const DEFAULT_WORKSPACE = 'default';

/** Workflow types as `temporal schedule create --type` takes them. */
export const WORKFLOW_TYPES = ['customerScan', 'intervention', 'contact', 'booking', 'maintenance'] as const;
export type WorkflowType = (typeof WORKFLOW_TYPES)[number];

/** Workflow types that a schedule of ours may start, and the first word of their runs' ids. */
export const KINDS = { customerScan: 'customer-scan', maintenance: 'maintenance' } as const;
export const SCHEDULED_TYPES = Object.keys(KINDS) as [keyof typeof KINDS, ...(keyof typeof KINDS)[]];
export type ScheduledType = keyof typeof KINDS;

/** All workflow types run on `main`; the others serve activities only. */
export const TASK_QUEUES = {
  main: 'reveille',
  agents: 'reveille-agents',
  batch: 'reveille-batch',
  training: 'reveille-training',
} as const;

/** Search attributes, all of type Keyword, created at start-up if missing. */
export const SEARCH_ATTRIBUTES = [
  'Workspace',
  'ContactId',
  'CustomerId',
  'RiskLevel',
  'BatchRunId',
  'ScheduleName',
] as const;
export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number];

/** The schedule that scans customers; the demo and `scan --mode continuous` create it. */
export const CUSTOMER_SCAN_SCHEDULE = 'customer-scan';

/** Where Reveille keeps its own schedules, apart from those of any customer. */
export const SYSTEM_WORKSPACE = 'reveille';

/** The schedule, in the system's workspace, that keeps all others right. */
export const MAINTENANCE_SCHEDULE = 'maintenance';

/** Temporal's id of a schedule. */
export const scheduleId = (workspace: string, name: string): string => `${workspace}/${name}`;

/** Whose a schedule is. `name` null: its id is not of our form, so that it cannot be one of ours. */
export interface ScheduleName {
  workspace: string;
  name: string | null;
}

/**
 * Workspace and name of any Temporal schedule by its id. One whose id is not `<workspace>/<name>` belongs to the workspace
 * that the input of its runs names (`given`), else to the default one.
 */
export function parseScheduleId(id: string, given: string | null): ScheduleName {
  const [workspace, name, ...more] = id.split('/').map((part) => (slug.safeParse(part).success ? part : null));
  if (workspace && name && more.length === 0) return { workspace, name };
  return { workspace: slug.safeParse(given).data ?? DEFAULT_WORKSPACE, name: null };
}

/** Workflow ids. They carry the schedule: two Temporal schedules with one base workflow id lose runs. */
export const workflowIds = {
  /** Base id of scheduled runs; Temporal appends the fire time. */
  scheduled: (type: ScheduledType, workspace: string, schedule: string): string =>
    `${KINDS[type]}/${workspace}/${schedule}`,
  /** Id of a run started by hand (`schedule` null) or by triggering a schedule. */
  started: (type: ScheduledType, workspace: string, schedule: string | null, unique: string): string =>
    `${KINDS[type]}/${workspace}/${schedule ?? 'manual'}/${unique}`,
  /** One id per customer, so at most one intervention is open for each. */
  intervention: (workspace: string, customerId: string): string => `intervention/${workspace}/${customerId}`,
  /** One id per person: whoever starts it again finds the one that runs. */
  contact: (workspace: string, contactId: string): string => `contact/${workspace}/${contactId}`,
  booking: (workspace: string, bookingId: string): string => `booking/${workspace}/${bookingId}`,
} as const;
