import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ScheduleHandle, ScheduleOverlapPolicy, type ScheduleSpec } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { type Timing, fires } from '../../domain/cron/index.ts';
import { sameSpec, scheduleSpec } from '../../services/temporal/schedules/spec.ts';
import { ScheduleWriter } from '../../services/temporal/schedules/writer.ts';
import { zoneDataFor } from '../../services/temporal/schedules/zone-data.ts';
import { serverFires } from '../support/server-fires.ts';
import { type TestTemporal, devServer } from '../support/temporal.ts';

const LIMIT = { timeout: 60_000 };
const SPAN = { from: '2026-01-01T00:00:00.000Z', to: '2031-01-01T00:00:00.000Z' };
const IN_SPAN = Date.parse('2027-01-01T00:00:00.000Z');
const SECOND = 1_000;
const TYPE = 'startedByTheServer';
const STARTED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
const STARTED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

type Span = readonly [from: string, to: string];

const SPRING: Span = ['2027-03-12T00:00:00.000Z', '2027-03-17T00:00:00.000Z'];
const AUTUMN: Span = ['2027-11-05T00:00:00.000Z', '2027-11-10T00:00:00.000Z'];
const EUROPE_SPRING: Span = ['2027-03-27T00:00:00.000Z', '2027-03-30T00:00:00.000Z'];
const EUROPE_AUTUMN: Span = ['2027-10-30T00:00:00.000Z', '2027-11-02T00:00:00.000Z'];
const EUROPE_NIGHT: Span = ['2027-10-30T22:00:00.000Z', '2027-10-31T06:00:00.000Z'];
const SANTIAGO_AUTUMN: Span = ['2027-04-02T00:00:00.000Z', '2027-04-06T00:00:00.000Z'];
const SANTIAGO_SPRING: Span = ['2027-09-04T00:00:00.000Z', '2027-09-07T00:00:00.000Z'];
const LORD_HOWE_AUTUMN: Span = ['2027-04-02T00:00:00.000Z', '2027-04-05T00:00:00.000Z'];
const LORD_HOWE_SPRING: Span = ['2027-10-01T00:00:00.000Z', '2027-10-04T00:00:00.000Z'];
/** Until here tzdata of 2025 knows Vancouver, Edmonton and Casablanca otherwise than that of 2026, and servers have the old. */
const WINTER_2026: Span = ['2026-10-30T00:00:00.000Z', '2027-04-02T00:00:00.000Z'];
const hours = (date: string, from: string, to: string): Span => [`${date}T${from}:00.000Z`, `${date}T${to}:00.000Z`];

interface Case {
  timing: Timing;
  spans: readonly Span[];
  skips?: readonly string[];
}

const cron = (expression: string, timezone: string): Timing => ({ cron: expression, timezone });

const CASES: Record<string, Case> = {
  'new-york-two': { timing: cron('0 2 * * *', 'America/New_York'), spans: [SPRING, AUTUMN] },
  'new-york-half-past-one': { timing: cron('30 1 * * *', 'America/New_York'), spans: [SPRING, AUTUMN] },
  'new-york-landing-on-three': {
    timing: cron('15,45 2,3 * * *', 'America/New_York'),
    spans: [hours('2027-03-14', '05:00', '09:00')],
  },
  'new-york-clock': {
    timing: cron('*/20 0-4 * * *', 'America/New_York'),
    spans: [hours('2027-03-14', '05:00', '09:00'), hours('2027-11-07', '04:00', '08:30')],
  },
  'new-york-skips': {
    timing: cron('*/30 0-3 * * *', 'America/New_York'),
    spans: [hours('2027-11-07', '04:00', '09:00')],
    skips: ['2027-11-07T05:30:00.000Z', '2027-11-07T07:00:00.000Z'],
  },
  'new-york-skips-moved': {
    timing: cron('0 2 * * *', 'America/New_York'),
    spans: [SPRING],
    skips: ['2027-03-14T07:00:00.000Z', '2027-03-15T06:00:00.000Z'],
  },
  'london-day-or-weekday': {
    timing: cron('30 1 29 * 0', 'Europe/London'),
    spans: [EUROPE_SPRING, EUROPE_AUTUMN],
  },
  'berlin-hour-before': { timing: cron('30 1,2 * * *', 'Europe/Berlin'), spans: [EUROPE_SPRING, EUROPE_AUTUMN] },
  'berlin-clock': {
    timing: cron('*/30 1-3 * * *', 'Europe/Berlin'),
    spans: [hours('2027-03-28', '00:00', '03:00'), EUROPE_NIGHT],
  },
  'berlin-hourly': { timing: cron('0 * * * *', 'Europe/Berlin'), spans: [hours('2027-10-31', '00:00', '04:00')] },
  'lord-howe-quarter-past-two': {
    timing: cron('15 2 * * *', 'Australia/Lord_Howe'),
    spans: [LORD_HOWE_SPRING, LORD_HOWE_AUTUMN],
  },
  'lord-howe-clock': {
    timing: cron('*/15 1-2 * * *', 'Australia/Lord_Howe'),
    spans: [hours('2027-10-02', '14:00', '17:00'), hours('2027-04-03', '13:00', '18:00')],
  },
  'santiago-midnight': { timing: cron('0 0 * * *', 'America/Santiago'), spans: [SANTIAGO_SPRING, SANTIAGO_AUTUMN] },
  'santiago-late': { timing: cron('30 23 * * *', 'America/Santiago'), spans: [SANTIAGO_SPRING, SANTIAGO_AUTUMN] },
  'santiago-sunday-noon': { timing: cron('0 12 * * 0', 'America/Santiago'), spans: [SANTIAGO_SPRING] },
  'santiago-saturday-noon': { timing: cron('0 12 * * 6', 'America/Santiago'), spans: [SANTIAGO_SPRING] },
  'troll-two-hours': {
    timing: cron('30 0-3 * * *', 'Antarctica/Troll'),
    spans: [hours('2027-03-28', '00:00', '06:00'), EUROPE_NIGHT],
  },
  'vancouver-nine': { timing: cron('0 9 * * 1', 'America/Vancouver'), spans: [WINTER_2026] },
  'edmonton-half-past-one': {
    timing: cron('30 1 * * *', 'America/Edmonton'),
    spans: [hours('2026-10-30', '00:00', '23:59'), hours('2026-11-01', '00:00', '23:59'), SPRING],
  },
  'casablanca-ramadan': {
    timing: cron('*/30 2-3 * * *', 'Africa/Casablanca'),
    spans: [hours('2027-02-07', '00:00', '06:00'), hours('2027-03-14', '00:00', '06:00')],
  },
  'kolkata-nothing': { timing: cron('30 5 * * mon-fri', 'Asia/Kolkata'), spans: [EUROPE_SPRING] },
  interval: {
    timing: { every: 21_600_000, anchor: '2027-01-01T01:00:07.000Z', timezone: 'Europe/London' },
    spans: [hours('2027-10-31', '00:00', '20:00')],
    skips: ['2027-10-31T07:00:07.000Z'],
  },
};

const planned = ({ timing, spans, skips = [] }: Case): string[] =>
  spans.flatMap(([from, to]) => [...fires(timing, from, to)].map(({ at }) => at)).filter((at) => !skips.includes(at));

const actionOf = (scheduleId: string) => ({
  ...{ type: 'startWorkflow' as const, workflowType: TYPE, workflowId: `started/${scheduleId}` },
  ...{ taskQueue: 'no-worker', args: [] },
});

describe('What a Temporal server starts', () => {
  let temporal: TestTemporal;
  let writer: ScheduleWriter;
  before(async () => {
    temporal = await devServer();
    writer = new ScheduleWriter(temporal.client, (timezone) => zoneDataFor(timezone, IN_SPAN));
  });
  after(() => temporal.stop());

  const create = (scheduleId: string, spec: ScheduleSpec, by = writer): Promise<ScheduleHandle> =>
    by.create({
      scheduleId,
      spec,
      action: actionOf(scheduleId),
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL },
      state: { paused: true },
    });

  /** What the server says it would start; its start is excluded, and it stops at 1,000 in silence. */
  async function matching(scheduleId: string, [from, to]: Span): Promise<string[]> {
    const { startTime } = await temporal.client.workflowService.listScheduleMatchingTimes({
      namespace: temporal.namespace,
      scheduleId,
      startTime: msToTs(Date.parse(from) - SECOND),
      endTime: msToTs(Date.parse(to) - SECOND),
    });
    return startTime.map(({ seconds }) => new Date(Number(seconds) * SECOND).toISOString());
  }

  async function runs(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for await (const run of temporal.client.workflow.list({ query: `WorkflowType = '${TYPE}'` })) {
      const attributes = run.typedSearchAttributes;
      const at = attributes.get(STARTED_FOR);
      if (at) (found[attributes.get(STARTED_BY) ?? ''] ??= []).push(at.toISOString());
    }
    for (const instants of Object.values(found)) instants.sort();
    return found;
  }

  test('is what is computed, instant for instant, through changes of clocks in ten zones', LIMIT, async () => {
    const handles = new Map<string, ScheduleHandle>();
    for (const [name, { timing, skips = [], spans }] of Object.entries(CASES)) {
      const { spec } = scheduleSpec(timing, { ...SPAN, skips });
      const handle = await create(name, spec);
      handles.set(name, handle);
      assert.ok(sameSpec((await handle.describe()).spec, spec), name);
      const told = await Promise.all(spans.map((span) => matching(name, span)));
      assert.deepEqual(told.flat(), planned(CASES[name] ?? { timing, spans }), name);
      await handle.backfill(
        spans.map(([from, to]) => ({
          start: new Date(from),
          end: new Date(Date.parse(to) - SECOND),
          overlap: ScheduleOverlapPolicy.ALLOW_ALL,
        })),
      );
    }
    const wanted = Object.fromEntries(Object.entries(CASES).map(([name, each]) => [name, planned(each).toSorted()]));
    const total = Object.values(wanted).flat().length;
    // Visibility comes a moment after the start.
    let found = await runs();
    for (let left = 100; left > 0 && Object.values(found).flat().length < total; left -= 1) {
      await delay(250);
      found = await runs();
    }
    assert.deepEqual(found, wanted);
    for (const [name, handle] of handles) {
      assert.equal((await handle.describe()).info.numActionsTaken, wanted[name]?.length, name);
    }
  });

  test('is what its plain calendars are believed to bring, faults included', LIMIT, async () => {
    const all = { start: 0, end: 23, step: 1 };
    const quarters = { minute: [{ start: 0, end: 45, step: 15 }], hour: [all] };
    const noonOn = (dayOfWeek: 'SATURDAY' | 'SUNDAY') => ({ minute: 0, hour: 12, dayOfWeek });
    const cases: [timezone: string, calendar: NonNullable<ScheduleSpec['calendars']>[number], span: Span][] = [
      ['America/New_York', quarters, hours('2027-11-07', '04:00', '08:00')],
      ['Europe/Berlin', quarters, hours('2027-10-31', '00:00', '04:00')],
      ['Europe/London', quarters, hours('2027-10-31', '00:00', '04:00')],
      ['Europe/Berlin', { minute: 30, hour: 1 }, EUROPE_AUTUMN],
      ['Australia/Lord_Howe', quarters, hours('2027-04-03', '13:00', '18:00')],
      ['Australia/Lord_Howe', { minute: 15, hour: 2 }, LORD_HOWE_SPRING],
      ['America/Santiago', noonOn('SUNDAY'), SANTIAGO_SPRING],
      ['America/Santiago', noonOn('SATURDAY'), SANTIAGO_SPRING],
      ['Antarctica/Troll', quarters, EUROPE_NIGHT],
    ];
    for (const [index, [timezone, calendar, span]] of cases.entries()) {
      const handle = await create(`plain-${index}`, { calendars: [calendar], timezone });
      const believed = serverFires((await handle.describe()).spec, Date.parse(span[0]), Date.parse(span[1]));
      const instants = [...believed].map((at) => new Date(at).toISOString());
      assert.deepEqual(await matching(`plain-${index}`, span), instants, `${timezone} ${JSON.stringify(calendar)}`);
    }
  });

  test('goes by the data of the zone that is sent, not by what the server knows under its name', LIMIT, async () => {
    const spec: ScheduleSpec = { calendars: [{ hour: 9 }], timezone: 'Europe/London' };
    const span = hours('2027-01-10', '00:00', '23:59');
    const inIndia = new ScheduleWriter(temporal.client, () => zoneDataFor('Asia/Kolkata', IN_SPAN));
    const handle = await create('shifted', spec, inIndia);
    const sent = async (): Promise<Uint8Array | undefined | null> => {
      const { raw, spec: described } = await handle.describe();
      assert.equal(described.timezone, 'Europe/London');
      return raw.schedule?.spec?.timezoneData;
    };
    assert.deepEqual(await matching('shifted', span), ['2027-01-10T03:30:00.000Z']);
    assert.deepEqual(await sent(), zoneDataFor('Asia/Kolkata', IN_SPAN));

    await writer.overwrite('shifted', { spec, action: actionOf('shifted'), state: { paused: true } });
    assert.deepEqual(await matching('shifted', span), ['2027-01-10T09:00:00.000Z']);
    assert.deepEqual(await sent(), zoneDataFor('Europe/London', IN_SPAN));
  });

  test('takes a zone that the server has never heard of', LIMIT, async () => {
    const onMars = new ScheduleWriter(temporal.client, () => zoneDataFor('Pacific/Marquesas', IN_SPAN));
    await create('unheard-of', { calendars: [{ hour: 9 }], timezone: 'Mars/Phobos' }, onMars);
    const told = await matching('unheard-of', hours('2027-01-10', '00:00', '23:59'));
    assert.deepEqual(told, ['2027-01-10T18:30:00.000Z']);
  });

  test('stays right with as many entries as a spec may have', LIMIT, async () => {
    const timing = cron('* 0-5 * * *', 'Antarctica/Troll');
    const { spec } = scheduleSpec(timing, SPAN);
    assert.ok(spec.intervals.length >= 900, String(spec.intervals.length));
    const handle = await create('dense', spec);
    assert.ok(sameSpec((await handle.describe()).spec, spec));
    const span: Span = ['2027-10-30T20:00:00.000Z', '2027-10-31T20:00:00.000Z'];
    const wanted = planned({ timing, spans: [span] });
    assert.ok(wanted.length > 400);
    assert.deepEqual(await matching('dense', span), wanted);
  });
});
