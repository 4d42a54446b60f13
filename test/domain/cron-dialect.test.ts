import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CronFields, parseCron, parseTiming } from '../../domain/cron/index.ts';
import { ReveilleError } from '../../domain/errors.ts';

const NOW = Date.UTC(2026, 10, 21);
const LIMITS = { minIntervalMs: 10_000, now: NOW };

/** What is said of a refused input, by path. */
function refusals(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ReveilleError);
    assert.equal(error.code, 'invalid_input');
    return error.errors.map(({ path, message }) => `${path}: ${message}`);
  }
  assert.fail('was accepted');
}

const refusal = (expression: string): string => refusals(() => parseCron(expression)).join(' | ');
const span = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

const ANY: CronFields = {
  minutes: span(0, 59),
  hours: span(0, 23),
  daysOfMonth: span(1, 31),
  months: span(1, 12),
  daysOfWeek: span(0, 6),
  daysJoin: 'and',
  fixedTime: false,
};

test('values, ranges, lists, steps and names are read as in Vixie cron', () => {
  assert.deepEqual(parseCron('* * * * *'), ANY);
  assert.deepEqual(parseCron('5,1-3,50-59/4 */6 1,15 JAN,mar-May Mon-fri,7'), {
    minutes: [1, 2, 3, 5, 50, 54, 58],
    hours: [0, 6, 12, 18],
    daysOfMonth: [1, 15],
    months: [1, 3, 4, 5],
    daysOfWeek: [0, 1, 2, 3, 4, 5],
    daysJoin: 'or',
    fixedTime: false,
  });
  assert.deepEqual(parseCron('  05   09 * * 0-7 ').daysOfWeek, span(0, 6));
  assert.deepEqual(parseCron('0 9 * * 5-7').daysOfWeek, [0, 5, 6]);
});

test('the macros stand for their five fields', () => {
  const daily = { ...ANY, minutes: [0], hours: [0], fixedTime: true };
  const first = { ...daily, daysOfMonth: [1] };
  assert.deepEqual(parseCron('@hourly'), { ...ANY, minutes: [0] });
  assert.deepEqual(parseCron('@daily'), daily);
  assert.deepEqual(parseCron('@Midnight'), daily);
  assert.deepEqual(parseCron('@weekly'), { ...daily, daysOfWeek: [0] });
  assert.deepEqual(parseCron('@monthly'), first);
  assert.deepEqual(parseCron('@yearly'), { ...first, months: [1] });
  assert.deepEqual(parseCron('@annually'), { ...first, months: [1] });
});

test('days are joined with or when neither day field begins with *, else with and', () => {
  const joins = (expression: string): string => parseCron(expression).daysJoin;
  assert.equal(joins('0 9 13 * 5'), 'or');
  assert.equal(joins('0 9 1-31 * 1'), 'or');
  assert.equal(joins('0 9 */2 * 1'), 'and');
  assert.equal(joins('0 9 13 * */2'), 'and');
  assert.equal(joins('0 9 *,13 * 5'), 'and');
});

test('a schedule is of fixed time when neither minute nor hour begins with *', () => {
  const isFixed = (expression: string): boolean => parseCron(expression).fixedTime;
  assert.equal(isFixed('0 2 * * *'), true);
  assert.equal(isFixed('0-59/15 0-23 * * *'), true);
  assert.equal(isFixed('*/15 2 * * *'), false);
  assert.equal(isFixed('0 */2 * * *'), false);
  assert.equal(isFixed('0,* 2 * * *'), true);
});

const REFUSED: [expression: string, said: RegExp][] = [
  ['0 0 9 * * *', /six fields.*seconds.*here "0 9 \* \* \*"/],
  ['0 9 * * * 2027', /six fields.*here "0 9 \* \* \*"/],
  ['0 0 12 ? * MON-FRI 2027', /7 fields.*here "0 12 \* \* MON-FRI"/],
  ['0 9 * *', /4 of five fields.*"0 9 \* \* \*"/],
  ['', /is empty.*"0 9 \* \* \*"/],
  ['0 9 1, 15 * *', /blanks inside a list: write "0 9 1,15 \* \*"/],
  ['TZ=Europe/Paris 0 9 * * *', /TZ=Europe\/Paris: .* as timezone/],
  ['61 9 * * *', /minute "61": it is out of range: use 0 to 59$/],
  ['0 24 * * *', /hour "24": it is out of range: use 0 to 23/],
  ['0 9 0 * *', /day of month "0": it is out of range: use 1 to 31/],
  ['0 9 32 * *', /day of month "32".*1 to 31/],
  ['0 9 * 13 *', /month "13".*1 to 12, or jan to dec/],
  ['0 9 * * 8', /day of week "8".*0 \(Sunday\) to 7, or sun to sat/],
  ['-1 9 * * *', /minute "-1": it is out of range/],
  ['0 9-25 * * *', /hour "25": it is out of range/],
  ['1.5 9 * * *', /minute "1.5": only whole numbers/],
  ['0 22-2 * * *', /hour "22-2": it is reversed: write 22-23,0-2$/],
  ['0 22-2/2 * * *', /hour "22-2\/2": it is reversed: write 22,0,2$/],
  ['0 9 * nov-feb *', /month "nov-feb": it is reversed: write 11-12,1-2$/],
  ['0 9 * * fri-mon', /day of week "fri-mon": it is reversed: write 5-6,0-1$/],
  ['0 9 * * fri-sun', /day of week "fri-sun": it is reversed: write 5-7$/],
  ['*/0 * * * *', /minute "\*\/0": a step of 0/],
  ['*/90 * * * *', /minute "\*\/90": a step of 90 is more than 60.*give every/],
  ['5/10 * * * *', /minute "5\/10": a step needs a range: write 5-59\/10$/],
  ['0 9 31/2 * *', /a step needs a range: write 31$/],
  ['0 9 L * *', /day of month "L": L \(the last day\) is not taken: write 28/],
  ['0 9 LW * *', /day of month "LW": L .* is not taken/],
  ['0 9 15W * *', /day of month "15W": W .* is not taken/],
  ['0 9 * * 5L', /day of week "5L": L .* is not taken: write the weekday alone, 5$/],
  ['0 9 * * 5#2', /day of week "5#2": # is not taken: write the weekday alone, 5$/],
  ['0 9 ? * *', /day of month "\?": \? is not taken: write \*/],
  ['H 9 * * *', /minute "H": H is not taken/],
  ['0~30 9 * * *', /minute "0~30": ~ is not taken/],
  ['0 9 * * monday', /day of week "monday": names have three letters: write mon$/],
  ['mon 9 * * *', /minute "mon": it is not understood: use 0 to 59/],
  ['0 9 * constructor *', /month "constructor": it is not understood/],
  ['1,,2 9 * * *', /minute "": there is nothing between the commas/],
  ['0 9 *-5 * *', /day of month "\*-5": it is not understood/],
  ['0 ９ * * *', /hour "９": it is not understood/],
  ['@reboot', /@reboot is not known: use one of @hourly @daily/],
  ['@every 5m', /@every 5m is no cron: .*every, such as "5m"/],
  ['0 9 30 2 *', /day of month 30 never comes in February: use 28, or 29 for leap years only$/],
  ['0 9 31 4,6,9,11 *', /day of month 31 never comes in April, June, September, November: use 30 or less$/],
  ['0 9 30,31 2 */2', /day of month 30 never comes in February/],
];

for (const [expression, said] of REFUSED) {
  test(`"${expression}" is refused with field, reason and what to write`, () => {
    assert.match(refusal(expression), new RegExp(`^cron: .*${said.source}`));
  });
}

test('every wrong field is told at once', () => {
  const said = refusals(() => parseCron('61 25 * * mars'));
  assert.deepEqual(
    said.map((line) => line.split('"')[0]),
    ['cron: minute ', 'cron: hour ', 'cron: day of week '],
  );
});

test('29 February comes, and so does 30 February or Friday', () => {
  assert.deepEqual(parseCron('0 9 29 2 *').daysOfMonth, [29]);
  assert.deepEqual(parseCron('0 9 30 2 5').daysJoin, 'or');
  assert.deepEqual(parseCron('0 9 31 * *').daysOfMonth, [31]);
});

test('what is suggested for a wrong expression is accepted', () => {
  for (const [expression] of REFUSED) {
    for (const [, suggested = ''] of refusal(expression).matchAll(/(?:write|here) "([^"]+)"/g)) parseCron(suggested);
  }
});

test('a timing is canonical: single blanks, the zone by its one name, the anchor in UTC', () => {
  assert.deepEqual(parseTiming({ cron: '  0  9 *\t* MON ', timezone: 'asia/calcutta' }, LIMITS), {
    cron: '0 9 * * MON',
    timezone: 'Asia/Kolkata',
  });
  assert.deepEqual(parseTiming({ cron: '@daily' }, LIMITS), { cron: '@daily', timezone: 'UTC' });
  assert.deepEqual(parseTiming({ every: 90_000 }, LIMITS), { every: 90_000, anchor: null, timezone: 'UTC' });
  assert.deepEqual(
    parseTiming({ every: 90_000, anchor: '2027-01-01T00:00:00+05:30', timezone: 'Europe/Kiev' }, LIMITS),
    { every: 90_000, anchor: '2026-12-31T18:30:00.000Z', timezone: 'Europe/Kyiv' },
  );
});

test('exactly one of cron and every is taken, and an anchor with every only', () => {
  const said = (given: object): string => refusals(() => parseTiming(given, LIMITS)).join(' | ');
  assert.match(said({}), /^cron: is missing: give cron.*or every/);
  assert.match(said({ cron: '0 9 * * *', every: 60_000 }), /^every: does not go with cron/);
  assert.match(said({ cron: '0 9 * * *', anchor: '2027-01-01T00:00:00Z' }), /^anchor: goes with every only/);
  assert.match(said({ every: 60_000, anchor: 'noon' }), /^anchor: must be an ISO 8601 instant/);
  assert.match(said({ every: 60_000, anchor: '2027-01-01T00:00:00.5Z' }), /write 2027-01-01T00:00:00Z$/);
  assert.match(said({ cron: '61 * * * *', timezone: 'EST' }), /^timezone: .* \| cron: minute "61"/);
});

test('an interval is whole seconds, from the least that is allowed to a hundred years', () => {
  const said = (every: number): string => refusals(() => parseTiming({ every }, LIMITS)).join(' | ');
  assert.match(said(9_000), /^every: is 9s, and 10s is the least: write "10s"$/);
  for (const every of [10_500, Number.NaN, Number.POSITIVE_INFINITY]) assert.match(said(every), /whole seconds/);
  assert.match(said(36_501 * 86_400_000), /at most 36500d/);
  assert.ok(parseTiming({ every: 10_000 }, LIMITS));
});

test('a cron expression that comes more often than allowed is refused, wherever its nearest two fires lie', () => {
  const said = (cron: string, minutes: number): string =>
    refusals(() => parseTiming({ cron }, { minIntervalMs: minutes * 60_000, now: NOW })).join(' | ');
  assert.match(said('* * * * *', 2), /^cron: fires come 1m apart, and 2m is the least: write "\*\/2 \* \* \* \*"$/);
  assert.match(said('*/7 * * * *', 5), /4m apart/);
  assert.match(said('0,59 0,23 * * *', 5), /1m apart/);
  assert.match(said('0,30 * * * *', 45), /30m apart, and 45m is the least: write "0 \* \* \* \*"/);
  assert.match(said('0 9 * * 1,4', 4 * 1_440), /3d apart/);
  assert.match(said('0 0 1,31 * *', 2 * 1_440), /1d apart/);
});

test('what only seems to come too often is accepted', () => {
  const accepts = (cron: string, minutes: number): void =>
    void parseTiming({ cron }, { minIntervalMs: minutes * 60_000, now: NOW });
  accepts('* * * * *', 1);
  accepts('*/5 * * * *', 5);
  accepts('55 23 1 * *', 10);
  // 23:59 and 00:00 are of one day only, which has no neighbour.
  accepts('0 0,23 1 * *', 23 * 60);
  accepts('59,0 0,23 28 2 *', 59);
  accepts('0 9 * * 1', 7 * 1_440);
  accepts('0 0 29 2 *', 1_400 * 1_440);
});
