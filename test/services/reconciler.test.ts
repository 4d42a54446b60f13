import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '@temporalio/client';
import { ReveilleError } from '../../domain/errors.ts';
import type { Store } from '../../domain/ports/store.ts';
import { createLogger } from '../../services/logging.ts';
import type { SchedulesOnTemporal } from '../../services/temporal/reconciliation/dependencies.ts';
import { startReconciler } from '../../services/temporal/reconciliation/reconciler.ts';

test('a store that is away is told of once, and so is its return', async () => {
  const written: string[] = [];
  let away = true;
  const leases: Store['leases'] = {
    async acquire() {
      if (away) throw new ReveilleError('unavailable', 'The database is not available at the moment.');
      return false;
    },
    async release() {},
  };
  const by = startReconciler({
    ...{ store: { leases } as Store, client: {} as Client, schedules: {} as SchedulesOnTemporal, holder: 'test' },
    ...{ contacts: { wake: () => Promise.resolve() }, bookings: { wake: () => Promise.resolve(false) } },
    logger: createLogger({ level: 'info' }, { write: (line: string) => written.push(line) }),
  });
  for (let tick = 0; tick < 3; tick++) await by.tick();
  away = false;
  for (let tick = 0; tick < 3; tick++) await by.tick();
  away = true;
  await by.tick();
  await by.close();
  assert.deepEqual(
    written.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['The store does not answer', 'Reconciliation goes on', 'The store does not answer'],
  );
});
