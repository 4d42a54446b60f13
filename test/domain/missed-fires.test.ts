import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CATCH_UPS, OVERLAPS, type Policies, policies } from '../../domain/contracts/schedules.ts';
import { fires } from '../../domain/cron/index.ts';
import type { ScheduleVersion } from '../../domain/ports/schedule-store.ts';
import { type MissedFire, chooseMissed } from '../../domain/schedules/catch-up.ts';
import { type OtherRun, type TimeSpan, isRipe } from '../../domain/schedules/not-started.ts';
import { type PlannedFire, plannedFires, spreadOf } from '../../domain/schedules/planned-fires.ts';
import { type Settling, settle } from '../../domain/schedules/settle.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const START = Date.UTC(2027, 0, 1);
const iso = (at: number): string => new Date(at).toISOString();
const END = iso(START + 1_000 * MINUTE);

const version = (given: Partial<ScheduleVersion> & { every?: number } = {}): ScheduleVersion => ({
  version: 1,
  since: iso(START),
  by: 'tester',
  workflowType: 'customerScan',
  timing: { every: given.every ?? MINUTE, anchor: null, timezone: 'UTC' },
  description: null,
  input: {},
  policies: policies.parse({}),
  ...given,
});

/** Fires of one version, a minute apart, from `from` minutes on. */
function minutely(count: number, given: Partial<Policies> = {}, from = 0): PlannedFire[] {
  const own = version({ policies: { ...policies.parse({}), ...given } });
  const [since, until] = [START + from * MINUTE, START + (from + count) * MINUTE];
  return [...plannedFires([own], [{ since: iso(START), until: null }], iso(since), iso(until))];
}

const minute = (of: number): number => START + of * MINUTE;
const nothingKnown = (given: Partial<Settling> = {}): Settling => ({
  now: minute(60),
  ...{ skips: new Set(), pauses: [], outages: [], runs: [], madeUp: [] },
  temporalMissedSome: true,
  policies: { catchUp: 'latest', catchUpWindow: 60 * MINUTE },
  paused: false,
  moreToCome: false,
  ...given,
});
const run = (given: Partial<OtherRun>): OtherRun => ({
  ...{ cause: 'schedule', plannedAt: START, startedAt: START, finishedAt: null },
  ...given,
});
const said = (fires: PlannedFire[], given: Partial<Settling>): string[] =>
  settle(fires, nothingKnown(given)).map((verdict) =>
    'reason' in verdict ? `${verdict.state} ${verdict.reason}` : verdict.state,
  );

describe('The fires of a schedule over a span', () => {
  const changes = fc.array(fc.record({ at: fc.integer({ min: 0, max: 900 }), every: fc.constantFrom(1, 7, 30, 60) }), {
    minLength: 1,
    maxLength: 5,
  });
  const versionsOf = (given: { at: number; every: number }[]): ScheduleVersion[] =>
    given
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, every }, index) => version({ version: index + 1, since: iso(minute(at)), every: every * MINUTE }));

  test('are those of the version that held at each instant, and only while the schedule was there', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 900 }), (given, a, b) => {
        const versions = versionsOf(given);
        const lives = [{ since: iso(minute(Math.min(a, b))), until: iso(minute(Math.max(a, b))) }];
        const found = [...plannedFires(versions, lives, iso(START), END)].map(({ at, version: by }) => [
          at,
          by.version,
        ]);
        const brute = [...fires({ every: MINUTE, anchor: null, timezone: 'UTC' }, iso(START), END)].flatMap(
          ({ at }) => {
            const by = versions.findLast((each) => each.since <= at);
            const fits = by && 'every' in by.timing && Date.parse(at) % by.timing.every === 0;
            return fits && at >= lives[0]!.since && at < lives[0]!.until ? [[at, by.version]] : [];
          },
        );
        assert.deepEqual(found, brute);
      }),
    );
  });

  test('are the same in one piece and in two', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 1_000 }), (given, cut) => {
        const [versions, lives] = [versionsOf(given), [{ since: iso(START), until: null }]];
        const between = (from: string, to: string) => [...plannedFires(versions, lives, from, to)];
        assert.deepEqual(
          [...between(iso(START), iso(minute(cut))), ...between(iso(minute(cut)), END)],
          between(iso(START), END),
        );
      }),
    );
  });
});

describe('Missed fires that are made up for', () => {
  const missed = fc
    .uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 30 })
    .map((ats) => ats.toSorted((a, b) => a - b).map((at): MissedFire => ({ at, reason: 'outage', backAt: 500 })));

  test('are none, the newest, or all of those within the window, and each other has its reason', () => {
    fc.assert(
      fc.property(
        missed,
        fc.constantFrom(...CATCH_UPS),
        fc.integer({ min: 1, max: 600 }),
        (all, catchUp, catchUpWindow) => {
          const outcomes = chooseMissed(all, { catchUp, catchUpWindow });
          const within = all.filter(({ at }) => at >= 500 - catchUpWindow).map(({ at }) => at);
          const expected = { none: [], latest: within.slice(-1), all: within }[catchUp];
          assert.deepEqual(
            all.filter((_, index) => outcomes[index]!.makeUp).map(({ at }) => at),
            expected,
          );
          for (const [index, { at }] of all.entries()) {
            const outcome = outcomes[index]!;
            if (outcome.makeUp) continue;
            assert.equal(outcome.reason, catchUp === 'none' || within.includes(at) ? 'outage' : 'catch-up-window');
          }
        },
      ),
    );
  });
});

describe('What is said of fires without a run', () => {
  test('each has one verdict, whatever is known', () => {
    const span = fc.record({
      since: fc.integer({ min: 0, max: 60 }),
      length: fc.option(fc.integer({ min: 0, max: 60 })),
    });
    const spans = fc.array(span, { maxLength: 4 }).map((all) =>
      all.map(({ since, length }): TimeSpan => ({
        since: minute(since),
        until: length === null ? null : minute(since + length),
      })),
    );
    fc.assert(
      fc.property(
        spans,
        spans,
        spans,
        fc.constantFrom(...OVERLAPS),
        fc.boolean(),
        (pauses, outages, runSpans, overlap, paused) => {
          const runs = runSpans.map(({ since, until }) =>
            run({ plannedAt: since, startedAt: since, finishedAt: until }),
          );
          const given = minutely(40, { overlap });
          const verdicts = settle(given, nothingKnown({ pauses, outages, runs, paused }));
          assert.deepEqual(
            verdicts.map(({ fire }) => fire.at),
            given.map(({ at }) => at),
          );
          assert.ok(verdicts.filter(({ state }) => state === 'make-up').length <= (paused ? 0 : 1));
        },
      ),
    );
  });

  test('those called off, and those of a pause, were skipped', () => {
    const pauses = [{ since: minute(1), until: minute(2) }];
    assert.deepEqual(
      said(minutely(4), { skips: new Set([minute(0)]), pauses, policies: { catchUp: 'none', catchUpWindow: MINUTE } }),
      ['skipped operator', 'skipped paused', 'skipped paused', 'missed unknown'],
    );
  });

  test('an outage took what Temporal can no longer start; its last minute follows overlap', () => {
    const outages = [{ since: minute(0) + SECOND, until: minute(5) + 30 * SECOND }];
    const runs = [run({ plannedAt: minute(5), startedAt: minute(5) + 31 * SECOND, finishedAt: null })];
    const missed = minutely(4, {}, 1);
    const none = { catchUp: 'none', catchUpWindow: MINUTE } as const;
    assert.deepEqual(said(missed, { outages, policies: none }), Array(4).fill('missed outage'));
    assert.deepEqual(said(missed, { outages }), [...Array<string>(3).fill('missed outage'), 'make-up']);
    assert.deepEqual(said(minutely(1, {}, 6), { outages, runs }), ['skipped overlap']);
    assert.deepEqual(said(missed, { outages, madeUp: [minute(2)] }), Array(4).fill('missed outage'));
    assert.deepEqual(said(missed, { outages, paused: true }).at(-1), 'skipped paused');
  });

  test('a run from before an outage explains what came during it only where Temporal has let nothing go', () => {
    const outages = [{ since: minute(1), until: minute(10) }];
    const runs = [run({ plannedAt: minute(0) })];
    const policies = { catchUp: 'all', catchUpWindow: 60 * MINUTE } as const;
    const during = minutely(3, {}, 4);
    assert.deepEqual(said(during, { outages, runs, policies }), ['make-up', 'make-up', 'make-up']);
    assert.deepEqual(
      said(during, { outages, runs, policies, temporalMissedSome: false }),
      Array(3).fill('skipped overlap'),
    );
    // Its server was there all the time: it has started one of them.
    const began = [...runs, run({ plannedAt: minute(3), startedAt: null })];
    assert.deepEqual(said(during, { outages, runs: began, policies }), Array(3).fill('skipped overlap'));
  });

  test('a triggered run holds up nobody, and runs that may overlap hold up no other', () => {
    const open = [run({ cause: 'trigger' })];
    assert.deepEqual(said(minutely(1, {}, 5), { runs: open }), ['make-up']);
    assert.deepEqual(said(minutely(1, { overlap: 'allow-all' }, 5), { runs: [run({})] }), ['make-up']);
    assert.deepEqual(said(minutely(1, {}, 5), { runs: [run({})] }), ['skipped overlap']);
  });

  test('what Temporal keeps for later waits, until the run before it is long over', () => {
    const buffered = { runs: [run({})] };
    const over = { runs: [run({ finishedAt: minute(10) })] };
    assert.deepEqual(said(minutely(3, { overlap: 'buffer-one' }, 5), buffered), [
      'waits',
      'skipped overlap',
      'skipped overlap',
    ]);
    assert.deepEqual(said(minutely(2, { overlap: 'cancel-other' }, 5), buffered), ['waits', 'waits']);
    assert.deepEqual(said(minutely(2, { overlap: 'cancel-other' }, 5), over), Array(2).fill('skipped overlap'));
  });

  test('a jitter longer than the interval keeps nobody waiting beyond the next fire', () => {
    const [fire] = minutely(1, { jitter: 10 * 24 * 60 * MINUTE });
    assert.equal(spreadOf(fire!.version, fire!.at), MINUTE);
    const [short] = minutely(1, { jitter: 10 * SECOND });
    assert.equal(spreadOf(short!.version, short!.at), 10 * SECOND);
    const [none] = minutely(1);
    assert.equal(spreadOf(none!.version, none!.at), 0);
    // A run that ended minutes before the fire can come has nothing to do with it.
    const runs = [run({ plannedAt: minute(50), startedAt: minute(50), finishedAt: minute(51) })];
    assert.deepEqual(said(minutely(1, { jitter: 60 * MINUTE }, 5), { runs }), ['make-up']);
  });

  test('no fire was skipped for a run that was planned after it, also where it may have come late', () => {
    const next = run({ plannedAt: minute(6), startedAt: minute(6) + SECOND });
    assert.deepEqual(said(minutely(1, { jitter: MINUTE }, 5), { runs: [next] }), ['make-up']);
    const before = run({ plannedAt: minute(4), startedAt: minute(5) + SECOND });
    assert.deepEqual(said(minutely(1, { jitter: MINUTE }, 5), { runs: [before] }), ['skipped overlap']);
  });

  test('nothing is said while Temporal may still start it', () => {
    const at = minute(10);
    const ripe = (now: number, given: { jitter?: number; outages?: TimeSpan[] } = {}): boolean =>
      isRipe({ at, jitter: given.jitter ?? 0 }, { now, outages: given.outages ?? [] });
    assert.deepEqual([ripe(at + 89 * SECOND), ripe(at + 90 * SECOND)], [false, true]);
    assert.deepEqual(
      [ripe(at + 149 * SECOND, { jitter: MINUTE }), ripe(at + 150 * SECOND, { jitter: MINUTE })],
      [false, true],
    );
    const outages = [{ since: minute(9), until: minute(30) }];
    assert.deepEqual(
      [ripe(minute(30) + 19 * SECOND, { outages }), ripe(minute(30) + 20 * SECOND, { outages })],
      [false, true],
    );
    assert.equal(ripe(minute(90), { outages: [{ since: minute(9), until: null }] }), false);
  });
});
