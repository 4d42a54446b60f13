import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadOverDays } from '../../domain/slots/spread.ts';

const HOUR = 3_600_000;
const at = (instant: string) => ({ start: Date.parse(instant) });
/** Times of a day, an hour apart. */
const day = (date: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ start: Date.parse(`${date}T08:00:00Z`) + index * HOUR }));
const hoursOf = (days: { start: number }[][]) =>
  days.map((times) => times.map(({ start }) => new Date(start).getUTCHours()));
const UTC = { timezone: 'UTC', most: 6 };

test('of many times, each day gives as many as the others for as far as it has them', () => {
  const times = [...day('2027-03-01', 8), ...day('2027-03-02', 1), ...day('2027-03-03', 8)];
  assert.deepEqual(hoursOf(spreadOverDays(times, UTC)), [[9, 12, 14], [8], [10, 14]]);
});

test('few times are all there, in order', () => {
  const times = [...day('2027-03-01', 2), ...day('2027-03-02', 3)];
  assert.deepEqual(spreadOverDays(times, UTC), [times.slice(0, 2), times.slice(2)]);
  assert.deepEqual(spreadOverDays([], UTC), []);
});

test('of more days than there may be times, the soonest give one each', () => {
  const times = ['01', '02', '03', '04', '05', '06', '07', '08'].flatMap((date) => day(`2027-03-${date}`, 2));
  assert.deepEqual(hoursOf(spreadOverDays(times, UTC)), [[9], [9], [9], [9], [9], [9]]);
});

test('a day is that of the reader’s clock', () => {
  const times = [at('2027-03-01T17:00:00Z'), at('2027-03-01T19:00:00Z'), at('2027-03-02T03:00:00Z')];
  const counts = (timezone: string) => spreadOverDays(times, { timezone, most: 9 }).map(({ length }) => length);
  assert.deepEqual(counts('UTC'), [2, 1]);
  assert.deepEqual(counts('Asia/Kolkata'), [1, 2]);
  assert.deepEqual(counts('America/New_York'), [3]);
});
