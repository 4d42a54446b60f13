import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRun, inUnits } from '../../client/cli/schedules/output.ts';
import type { Run } from '../../domain/contracts/runs.ts';

const run: Run = {
  ...{ scheduleId: 'default/nightly', scheduleVersion: 1, cause: 'schedule', state: 'completed', reason: null },
  ...{ plannedAt: '2027-01-01T02:00:00.000Z', plannedLocal: '2027-01-01T02:00:00+00:00' },
  ...{ startedAt: '2027-01-01T02:30:00.000Z', finishedAt: '2027-01-01T04:00:00.000Z', latenessMs: 1_800_000 },
  ...{ workflowId: 'w', runId: 'r', summary: 'all is well', tokensUsed: null, error: null, note: null },
};

test('times are in the largest unit that they fill', () => {
  const shown = [0, 900, 59_900, 60_000, 750_000, 3_600_000, 25_200_000, 86_400_000, 31_658_669_300].map(inUnits);
  assert.deepEqual(shown, ['0.0 s', '0.9 s', '59.9 s', '1.0 min', '12.5 min', '1.0 h', '7.0 h', '1.0 d', '366.4 d']);
});

test('a run says how late it began, unless it was asked for', () => {
  const began = '  began 2027-01-01 02:30:00 UTC';
  assert.equal(formatRun(run), `${run.plannedLocal}  completed${began}, 30.0 min late, took 1.5 h  all is well`);
  assert.equal(
    formatRun({ ...run, cause: 'backfill' }),
    `${run.plannedLocal}  completed  backfill${began}, took 1.5 h  all is well`,
  );
  assert.match(formatRun({ ...run, cause: 'catch-up' }), /30\.0 min late/);
});
