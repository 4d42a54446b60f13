import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { policies } from '../../domain/contracts/schedules.ts';
import type { ScheduleRow } from '../../domain/ports/schedule-store.ts';
import { firesAhead } from '../../services/temporal/reconciliation/fires-ahead.ts';

const NOW = Date.UTC(2027, 0, 1);
const row: ScheduleRow = {
  ...{ workspace: 'default', name: 'nightly', version: 1, revision: 1, appliedRevision: 1, failureStreak: 0 },
  ...{ workflowType: 'customerScan', description: null, input: {}, skips: [], pause: null },
  timing: { cron: '0 2 * * *', timezone: 'UTC' },
  policies: policies.parse({}),
  ...{ createdAt: new Date(NOW).toISOString(), settledUntil: new Date(NOW).toISOString() },
};

/** The rows that a store would have, by schedule and instant. */
function ledger() {
  const rows = new Set<string>();
  const runs = {
    async plan(_workspace: string, fires: { scheduleId: string; plannedAt: string }[]) {
      for (const { scheduleId, plannedAt } of fires) rows.add(`${scheduleId} ${plannedAt}`);
    },
    async unplan(_workspace: string, scheduleId: string, except: string | null) {
      for (const one of rows) {
        if (one.startsWith(`${scheduleId} `) && one !== `${scheduleId} ${except}`) rows.delete(one);
      }
    },
  };
  return { rows, store: { runs } };
}

describe('The next fire of each schedule', () => {
  test('is in the ledger, and leaves it with a schedule that is deleted while it is being planned', async () => {
    const { rows, store } = ledger();
    const reconciling = { store, now: () => NOW } as unknown as Parameters<typeof firesAhead>[0];
    const plan = firesAhead(reconciling);
    // What was read before the deletion is planned after it.
    await plan([row]);
    assert.deepEqual([...rows], ['default/nightly 2027-01-01T02:00:00.000Z']);
    await plan([]);
    assert.deepEqual([...rows], []);
  });
});
