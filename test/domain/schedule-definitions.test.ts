import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleChanges, scheduleSettings } from '../../domain/contracts/schedules.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { ScheduleDefinition } from '../../domain/ports/schedule-store.ts';
import { changedDefinition, definitionOf } from '../../domain/schedules/definition.ts';
import { checkOccurrence, pastFires } from '../../domain/schedules/occurrences.ts';
import { comingFires, definitionChanges } from '../../domain/schedules/shown.ts';

const NOW = Date.parse('2027-03-12T12:00:00Z');
const limits = { minIntervalMs: 10_000, now: NOW };
const defined = (settings: object): ScheduleDefinition =>
  definitionOf(scheduleSettings.parse({ workflowType: 'customerScan', ...settings }), limits);
const nightly = defined({ cron: '30 2 * * *', timezone: 'america/new_york', input: { riskThreshold: 0.7 } });
const hourly = defined({ every: '1h', anchor: '2027-01-01T00:10:00Z', description: 'often' });
const changed = (from: ScheduleDefinition, changes: object): ScheduleDefinition =>
  changedDefinition(from, scheduleChanges.parse(changes), limits);

function paths(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ReveilleError, String(error));
    return error.errors.map(({ path }) => path);
  }
  return assert.fail('nothing was refused');
}

describe('A definition', () => {
  test('is canonical, with every default written out', () => {
    assert.deepEqual(nightly, {
      workflowType: 'customerScan',
      timing: { cron: '30 2 * * *', timezone: 'America/New_York' },
      description: null,
      input: { riskThreshold: 0.7 },
      policies: {
        overlap: 'skip',
        catchUp: 'latest',
        catchUpWindow: 3_600_000,
        jitter: null,
        timeout: null,
        pauseAfterFailures: null,
      },
    });
    assert.equal(defined({ every: '1h', description: '  ' }).description, null);
  });

  test('names every wrong field at once', () => {
    const wrong = () => defined({ cron: '0 0 9 * * *', input: { riskThreshold: 'high', nope: 1 } });
    assert.deepEqual(paths(wrong), ['cron', 'input.riskThreshold', 'input.nope']);
    assert.deepEqual(
      paths(() => defined({})),
      ['cron'],
    );
  });

  test('has no duration that Temporal could not keep', () => {
    const policies = { catchUpWindow: '36501d', jitter: '36501d', timeout: '104249990d' };
    const { error } = scheduleSettings.safeParse({ workflowType: 'customerScan', every: '1h', policies });
    assert.deepEqual(
      error?.issues.map(({ path, message }) => [path.join('.'), message]),
      Object.keys(policies).map((name) => [`policies.${name}`, 'must be at most 36500d']),
    );
  });

  test('keeps in a change what the change does not name', () => {
    assert.deepEqual(changed(nightly, {}), nightly);
    assert.deepEqual(changed(nightly, { timezone: 'UTC' }).timing, { cron: '30 2 * * *', timezone: 'UTC' });
    assert.deepEqual(changed(nightly, { every: '2h' }).timing, {
      every: 7_200_000,
      anchor: null,
      timezone: 'America/New_York',
    });
    assert.deepEqual(changed(hourly, { every: '2h' }).timing, { ...hourly.timing, every: 7_200_000 });
    assert.deepEqual(changed(hourly, { anchor: null }).timing, { ...hourly.timing, anchor: null });
    assert.deepEqual(changed(hourly, { cron: '@daily' }).timing, { cron: '@daily', timezone: 'UTC' });
    assert.equal(changed(hourly, { description: null }).description, null);
    const policies = changed(nightly, { policies: { timeout: '1h' } }).policies;
    assert.deepEqual(policies, { ...nightly.policies, timeout: 3_600_000 });
  });

  test('is checked as a whole after a change, but a timing only where it changes', () => {
    assert.deepEqual(
      paths(() => changed(nightly, { workflowType: 'maintenance' })),
      ['input.riskThreshold'],
    );
    assert.deepEqual(
      paths(() => changed(nightly, { cron: '* * * * *', every: '1h' })),
      ['every'],
    );
    const stricter = { ...limits, minIntervalMs: 7_200_000 };
    assert.equal(changedDefinition(hourly, { description: 'x' }, stricter).description, 'x');
    assert.deepEqual(
      paths(() => changedDefinition(hourly, { every: 3_600_000 }, stricter)),
      ['every'],
    );
  });

  test('differs from another by the fields that people write, whatever the order of keys', () => {
    const { riskThreshold, maxInterventions } = { riskThreshold: 0.7, maxInterventions: 3 };
    const one = defined({ cron: '0 2 * * *', input: { riskThreshold, maxInterventions } });
    const other = defined({ cron: '0 2 * * *', input: { maxInterventions, riskThreshold } });
    assert.deepEqual(definitionChanges(one, other), []);
    const after = changed(one, {
      every: '90s',
      description: 'x',
      input: { riskThreshold: 0.8, segments: ['VIP'] },
      policies: { jitter: '5m', overlap: 'allow-all' },
    });
    assert.deepEqual(definitionChanges(one, after).toSorted(), [
      'cron: 0 2 * * * → none',
      'description: none → x',
      'every: none → 90s',
      'input.maxInterventions: 3 → none',
      'input.riskThreshold: 0.7 → 0.8',
      'input.segments: none → ["VIP"]',
      'policies.jitter: none → 5m',
      'policies.overlap: skip → allow-all',
    ]);
  });
});

describe('Occurrences', () => {
  const row = { ...nightly, skips: ['2027-03-14T07:00:00.000Z'] };

  test('to come leave out those that were called off', () => {
    const at = comingFires(row, NOW, 3).map((fire) => fire.at);
    assert.deepEqual(at, ['2027-03-13T07:30:00.000Z', '2027-03-15T06:30:00.000Z', '2027-03-16T06:30:00.000Z']);
  });

  test('can be called off while they are to come, and on again once they are off', () => {
    checkOccurrence(row, '2027-03-15T06:30:00.000Z', true, NOW);
    checkOccurrence(row, '2027-03-14T07:00:00.000Z', false, NOW + 10 * 86_400_000);
    for (const at of ['2027-03-15T06:31:00.000Z', '2027-03-12T07:30:00.000Z']) {
      assert.deepEqual(
        paths(() => checkOccurrence(row, at, true, NOW)),
        ['at'],
      );
    }
    const often = { ...hourly, skips: comingFires({ ...hourly, skips: [] }, NOW, 100).map((fire) => fire.at) };
    const [next] = comingFires(often, NOW, 1);
    assert.deepEqual(
      paths(() => checkOccurrence(often, next!.at, true, NOW)),
      ['at'],
    );
    checkOccurrence(often, next!.at, false, NOW);
  });

  test('of the past are those of the span, its end excluded, and no more than a backfill may have', () => {
    const back = { since: '2026-01-01T00:00:00.000Z', now: NOW };
    const span = { from: '2027-03-10T07:30:00.000Z', to: '2027-03-12T07:30:00.000Z' };
    assert.deepEqual(
      pastFires(row, span, back).map((fire) => fire.at),
      ['2027-03-10T07:30:00.000Z', '2027-03-11T07:30:00.000Z'],
    );
    const often = { ...defined({ every: '1m' }), skips: [] };
    const from = new Date(NOW - 1_000 * 60_000).toISOString();
    const to = new Date(NOW).toISOString();
    assert.equal(pastFires(often, { from, to }, back).length, 1_000);
    const earlier = new Date(NOW - 1_001 * 60_000).toISOString();
    assert.deepEqual(
      paths(() => pastFires(often, { from: earlier, to }, back)),
      ['to'],
    );
  });
});
