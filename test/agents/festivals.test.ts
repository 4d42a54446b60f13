import assert from 'node:assert/strict';
import test from 'node:test';
import { FESTIVAL_DATES, FESTIVALS, festivalNear } from '../../agents/festivals.ts';

const DAY_MS = 86_400_000;
const hindi = { language: 'hi', country: 'India' };

test('a festival is near from 7 days before to 3 days after, to the day', () => {
  const diwali = Date.parse('2026-11-08T00:00:00Z');
  assert.equal(festivalNear(diwali - 7 * DAY_MS, hindi), 'diwali');
  assert.equal(festivalNear(diwali - 7 * DAY_MS - 1, hindi), null);
  assert.equal(festivalNear(diwali, hindi), 'diwali');
  assert.equal(festivalNear(diwali + 4 * DAY_MS - 1, hindi), 'diwali');
  assert.equal(festivalNear(diwali + 4 * DAY_MS, hindi), null);
});

test('it is chosen by language and country', () => {
  const at = (date: string, language: string | null, country: string | null) =>
    festivalNear(Date.parse(date), { language, country });
  assert.equal(at('2027-01-12', 'ta', 'India'), 'pongal');
  assert.equal(at('2027-01-12', 'te', 'Singapore'), 'makar_sankranti');
  assert.equal(at('2027-01-12', 'en', 'India'), null);
  assert.equal(at('2027-04-05', 'te', 'India'), 'ugadi');
  assert.equal(at('2027-04-12', 'ta', 'India'), 'puthandu');
  assert.equal(at('2027-04-12', 'bn', 'Bangladesh'), 'pohela_boishakh');
  assert.equal(at('2026-10-17', 'bn', 'India'), 'durga_puja');
  assert.equal(at('2026-10-17', 'bn', 'Bangladesh'), null);
  assert.equal(at('2027-09-10', 'ml', 'India'), 'onam');
  assert.equal(at('2027-03-20', 'hi-IN', 'India'), 'holi');
  assert.equal(at('2027-03-08', 'en', 'UAE'), 'eid_al_fitr');
  assert.equal(at('2027-03-08', 'hi', 'India'), null);
  assert.equal(at('2026-12-24', 'en', 'UK'), 'christmas');
  assert.equal(at('2026-12-24', 'ta', 'UK'), null);
  assert.equal(at('2026-12-30', 'ta', null), 'new_year');
  assert.equal(at('2026-12-30', null, null), 'new_year');
});

test('of two festivals the nearer one is wished for', () => {
  const english = { language: 'en', country: 'USA' };
  assert.equal(festivalNear(Date.parse('2026-12-28'), english), 'christmas');
  assert.equal(festivalNear(Date.parse('2026-12-29'), english), 'new_year');
});

test('every date is a real one, once a year at most, from 2025 to 2030', () => {
  for (const festival of FESTIVALS) {
    const dates = FESTIVAL_DATES[festival];
    const years = dates.map((date) => date.slice(0, 4));
    assert.equal(new Set(years).size, years.length);
    for (const date of dates) {
      assert.equal(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10), date);
      assert.ok(date >= '2025' && date < '2031');
    }
  }
});

test('years without a certain date have no festival', () => {
  assert.equal(festivalNear(Date.parse('2026-01-14'), { language: 'ta', country: 'India' }), null);
  assert.equal(festivalNear(Date.parse('2031-10-20'), hindi), null);
});
