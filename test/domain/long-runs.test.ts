import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunCause } from '../../domain/contracts/runs.ts';
import { outlastsInterval } from '../../domain/schedules/long-runs.ts';

const timing = { every: 60_000, anchor: null, timezone: 'UTC' };
const PLANNED = Date.UTC(2027, 0, 1);
const iso = (at: number): string => new Date(at).toISOString();
const long = (cause: RunCause, startedAfter: number | null, nowAfter: number): boolean => {
  const startedAt = startedAfter === null ? null : iso(PLANNED + startedAfter);
  return outlastsInterval({ cause, plannedAt: iso(PLANNED), startedAt }, timing, PLANNED + nowAfter);
};

test('a run is long when it is still there at the time of the next', () => {
  assert.deepEqual([long('schedule', 30_000, 59_999), long('schedule', 30_000, 60_000)], [false, true]);
  assert.deepEqual([long('schedule', null, 90_000), long('trigger', 0, 90_000)], [false, false]);
});

test('a run of long ago that was asked for later has its interval from its own start on', () => {
  const day = 86_400_000;
  for (const cause of ['backfill', 'catch-up'] as const) {
    assert.deepEqual([long(cause, day, day + 59_999), long(cause, day, day + 60_000)], [false, true]);
  }
});
