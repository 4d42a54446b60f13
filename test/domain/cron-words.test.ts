import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeTiming } from '../../domain/cron/index.ts';

const IN_WORDS: Record<string, string> = {
  '0 2 * * *': 'at 02:00 every day',
  '@daily': 'at 00:00 every day',
  '@hourly': 'every hour',
  '* * * * *': 'every minute',
  '*/5 * * * *': 'every 5 minutes',
  '0 */2 * * *': 'every 2 hours',
  '1 * * * *': 'at 1 minute past every hour',
  '15 * * * *': 'at 15 minutes past every hour',
  '0-29 * * * *': 'at 0 to 29 minutes past every hour',
  '5-59/15 * * * *': 'every 15 minutes from 00:05 to 23:50 every day',
  '15 */2 * * *': 'every 2 hours from 00:15 to 22:15 every day',
  '0 */5 * * *': 'at 00:00, 05:00, 10:00, 15:00 and 20:00 every day',
  '0 9,17 * * *': 'at 09:00 and 17:00 every day',
  '0 0-5,9,12 * * *': 'at 00:00, 01:00, 02:00, 03:00, 04:00, 05:00, 09:00 and 12:00 every day',
  '0 9-17 * * 1-5': 'every hour from 09:00 to 17:00 Monday to Friday',
  '*/15 9-17 * * mon-fri': 'every 15 minutes from 09:00 to 17:45 Monday to Friday',
  '5,20,50 9-17 * * *': 'at 5, 20 and 50 minutes past every hour from 09:00 to 17:00 every day',
  '5,20,50 0,1,2,9 * * *': 'at 5, 20 and 50 minutes past the hours 00 to 02 and 09 every day',
  '*/15 0,12 * * *': 'every 15 minutes in the hours 00 and 12 every day',
  '0-29 9 * * *': 'every minute from 09:00 to 09:29 every day',
  '*/5 * * * 1': 'every 5 minutes on Mondays',
  '0 9 * * 0,6': 'at 09:00 on Saturdays and Sundays',
  '0 9 * * 1,3,5': 'at 09:00 on Mondays, Wednesdays and Fridays',
  '0 9 * * 5-7': 'at 09:00 Friday to Sunday',
  '0 9 1 * *': 'at 09:00 on the 1st of every month',
  '0 9 2,3,11-13,22 * *': 'at 09:00 on the 2nd, 3rd, 11th to 13th and 22nd of every month',
  '0 9 31 * *': 'at 09:00 on the 31st of every month that has one',
  '0 9 29 2 *': 'at 09:00 on the 29th of February in leap years',
  '0 0 25 12 *': 'at 00:00 on the 25th of December',
  '0 0 1 */3 *': 'at 00:00 on the 1st of January, April, July and October',
  '0 9 * 6-8 *': 'at 09:00 every day in June to August',
  '*/5 * * 6 *': 'every 5 minutes every day in June',
  '0 9 * 1,7 1': 'at 09:00 on Mondays in January and July',
  '0 9 13 * 5': 'at 09:00 on the 13th of every month and on Fridays',
  '0 9 13 6 5': 'at 09:00 on the 13th of June and on Fridays in June',
  '0 9 1-31 * 1': 'at 09:00 every day',
  '0 9 1-7 * */2': 'at 09:00 on Tuesdays, Thursdays, Saturdays and Sundays that are the 1st to 7th of a month',
};

for (const [cron, words] of Object.entries(IN_WORDS)) {
  test(`"${cron}" reads: ${words}`, () => {
    assert.equal(describeTiming({ cron, timezone: 'America/New_York' }), `${words}, New York time`);
  });
}

test('the zone is named by its place', () => {
  const place = (timezone: string): string => describeTiming({ cron: '0 2 * * *', timezone }).split(', ')[1] ?? '';
  assert.equal(place('UTC'), 'UTC');
  assert.equal(place('America/Argentina/Buenos_Aires'), 'Buenos Aires time');
});

test('intervals are told in their largest unit, days only from two on', () => {
  const words = (every: number): string => describeTiming({ every, anchor: null, timezone: 'UTC' });
  assert.deepEqual([10_000, 60_000, 90_000, 300_000, 3_600_000, 5_400_000, 86_400_000, 604_800_000].map(words), [
    'every 10 seconds',
    'every minute',
    'every 90 seconds',
    'every 5 minutes',
    'every hour',
    'every 90 minutes',
    'every 24 hours',
    'every 7 days',
  ]);
});

test('an anchor is told on the clock of its zone', () => {
  const words = (anchor: string, timezone: string): string => describeTiming({ every: 300_000, anchor, timezone });
  assert.equal(words('2027-01-01T09:00:00.000Z', 'UTC'), 'every 5 minutes, counted from 2027-01-01 09:00, UTC');
  assert.equal(
    words('2027-01-01T09:00:05.000Z', 'Asia/Kolkata'),
    'every 5 minutes, counted from 2027-01-01 14:30:05, Kolkata time',
  );
});
