/**
 * What all workflows of a worker share, loaded once. Else each loads all code and builds every schema anew, which is most of what
 * it costs to start and to keep (docs/performance.md). Nothing in here may remember anything of a workflow.
 */
import * as bookings from '../domain/contracts/bookings.ts';
import * as contacts from '../domain/contracts/contacts.ts';
import * as followUps from '../domain/contracts/follow-ups.ts';
import * as interventions from '../domain/contracts/interventions.ts';
import * as maintenance from '../domain/contracts/maintenance.ts';
import * as names from '../domain/contracts/names.ts';
import * as runs from '../domain/contracts/runs.ts';
import * as scanMessages from '../domain/contracts/scan-messages.ts';
import * as scans from '../domain/contracts/scans.ts';
import * as timeValues from '../domain/contracts/time-values.ts';
import * as workflows from './index.ts';
import * as interceptors from './interceptors.ts';

// The SDK freezes all that is shared, unless it is frozen, down to the schemas. But zod builds their methods when they are first
// asked for, so the modules are frozen here and their schemas are not.
for (const module of [
  ...[bookings, contacts, followUps, interventions, maintenance, names],
  ...[runs, scanMessages, scans, timeValues, workflows, interceptors],
]) {
  Object.freeze(module);
}
