import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { MAINTENANCE_SCHEDULE, SYSTEM_WORKSPACE } from '../../domain/contracts/names.ts';
import { scheduleSettings } from '../../domain/contracts/schedules.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Logger } from '../../services/logging.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { createContactService } from '../../services/temporal/contacts.ts';
import { type Reconciler, startReconciler } from '../../services/temporal/reconciliation/reconciler.ts';
import { type ScheduleService, createScheduleService } from '../../services/temporal/schedules/service.ts';

/** When few others do anything; a minute of its own, apart from the hours that people choose. */
const MAINTENANCE = { workflowType: 'maintenance', cron: '17 3 * * *', timezone: 'UTC' };

/**
 * Starts the reconciler of this process.
 * @param options.maintenance whether the schedule that keeps all others right is made where there is none
 */
export async function startReconciliation(options: {
  store: Store;
  client: Client;
  minIntervalMs: number;
  logger: Logger;
  maintenance: boolean;
}): Promise<Reconciler> {
  const { store, client, minIntervalMs, maintenance } = options;
  const logger = options.logger.child({ component: 'reconciliation' });
  const schedules = createScheduleService({ store, client, minIntervalMs });
  if (maintenance) await ensureMaintenance(store, schedules, logger);
  const holder = `${process.pid}@${hostname()}/${randomUUID()}`;
  const wakes = { contacts: createContactService(client), bookings: createBookingService(client) };
  return startReconciler({ store, client, schedules, ...wakes, logger, holder });
}

/** What somebody has made of it stays. */
async function ensureMaintenance(store: Store, schedules: ScheduleService, logger: Logger): Promise<void> {
  try {
    if (await store.schedules.get(SYSTEM_WORKSPACE, MAINTENANCE_SCHEDULE)) return;
    const act = { by: 'reveille', at: new Date().toISOString() };
    await schedules.create(SYSTEM_WORKSPACE, MAINTENANCE_SCHEDULE, scheduleSettings.parse(MAINTENANCE), act);
  } catch (error) {
    // Another process that starts at this moment has made it.
    if (error instanceof ReveilleError && error.code === 'conflict') return;
    logger.error({ err: error }, 'The maintenance schedule could not be made; the next start tries again');
  }
}
