import assert from 'node:assert/strict';
import { test } from 'node:test';
import ICAL from 'ical.js';
import type { CalendarEvent } from '../../domain/ports/calendars.ts';
import { eventIcs, eventIdOf } from '../../services/calendars/ics.ts';
import { IcsError, occurrencesIn } from '../../services/calendars/ics-events.ts';

const WINDOW = { from: Date.parse('2026-10-19T00:00:00Z'), to: Date.parse('2026-11-09T00:00:00Z') };
const NOW = Date.parse('2026-10-01T12:00:00Z');

const calendar = (...parts: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n');
const vevent = (...lines: string[]): string => ['BEGIN:VEVENT', 'UID:one', ...lines, 'END:VEVENT'].join('\r\n');

/** Starts and ends, in order, as `10-26T08:00 to 09:00`. */
function times(text: string, timezone = 'Europe/Berlin', window = WINDOW): string[] {
  const minute = (at: number): string => new Date(at).toISOString().slice(5, 16);
  return occurrencesIn([text], window, timezone)
    .map(({ start, end }) => `${minute(start)} to ${minute(end)}`)
    .toSorted();
}

test('a repeated event stays at its local time through a clock change, by the name of its zone or by what is said of it', () => {
  const expected = ['10-20T07:00 to 10-20T08:00', '10-27T08:00 to 10-27T09:00', '11-03T08:00 to 11-03T09:00'];
  const named = vevent('DTSTART;TZID=Europe/Berlin:20260106T090000', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY');
  assert.deepEqual(times(calendar(named)), expected);
  const zone = [
    'BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time',
    'BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100',
    'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD',
    'BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200',
    'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE',
  ];
  const described = vevent(
    'DTSTART;TZID=W. Europe Standard Time:20260106T090000',
    'DURATION:PT1H',
    'RRULE:FREQ=WEEKLY',
  );
  assert.deepEqual(times(calendar(...zone, described), 'Asia/Kolkata'), expected);
});

test('a time without a zone, or with one that nobody knows, is on the clock of the calendar, and UTC is UTC', () => {
  for (const start of ['DTSTART:20261021T090000', 'DTSTART;TZID=Nowhere/At_All:20261021T090000']) {
    const text = calendar(vevent(start, 'DURATION:PT30M'));
    assert.deepEqual(times(text, 'Asia/Kolkata'), ['10-21T03:30 to 10-21T04:00'], start);
  }
  const utc = calendar(vevent('DTSTART:20261021T090000Z', 'DTEND:20261021T100000Z'));
  assert.deepEqual(times(utc, 'Asia/Kolkata'), ['10-21T09:00 to 10-21T10:00']);
});

test('a time that comes twice is the first, and one that is skipped comes an hour later on the clock', () => {
  const twice = calendar(vevent('DTSTART;TZID=Europe/Berlin:20261025T023000', 'DURATION:PT15M'));
  assert.deepEqual(times(twice), ['10-25T00:30 to 10-25T00:45']);
  const skipped = calendar(vevent('DTSTART;TZID=Europe/Berlin:20260329T023000', 'DURATION:PT15M'));
  const march = { from: Date.parse('2026-03-28T00:00:00Z'), to: Date.parse('2026-03-30T00:00:00Z') };
  assert.deepEqual(times(skipped, 'UTC', march), ['03-29T01:30 to 03-29T01:45']);
});

test('a repetition over a clock change lasts as long as the first, one of a day lasts a day', () => {
  const night = (end: string) =>
    calendar(vevent('DTSTART;TZID=Europe/Berlin:20261017T230000', end, 'RRULE:FREQ=WEEKLY;COUNT=2'));
  assert.deepEqual(times(night('DTEND;TZID=Europe/Berlin:20261018T050000')), ['10-24T21:00 to 10-25T03:00']);
  assert.deepEqual(times(night('DURATION:P1D')), ['10-24T21:00 to 10-25T22:00']);
});

test('whole days begin and end on the clock of the calendar, and a day without an end is one', () => {
  const [day] = occurrencesIn([calendar(vevent('DTSTART;VALUE=DATE:20261025'))], WINDOW, 'Europe/Berlin');
  assert.ok(day);
  assert.deepEqual(day.days, { from: '2026-10-25', to: '2026-10-26' });
  assert.equal(day.end - day.start, 25 * 3_600_000);
  const trip = calendar(vevent('DTSTART;VALUE=DATE:20261020', 'DTEND;VALUE=DATE:20261023'));
  assert.deepEqual(times(trip, 'America/New_York'), ['10-20T04:00 to 10-23T04:00']);
});

test('dates are added and left out, in whichever zone or as whole days', () => {
  const lines = [
    'DTSTART;TZID=Europe/Berlin:20261020T090000',
    'DURATION:PT1H',
    'RRULE:FREQ=DAILY;UNTIL=20261024T070000Z',
  ];
  const of = (...more: string[]) => times(calendar(vevent(...lines, ...more))).map((time) => time.slice(0, 11));
  assert.deepEqual(of(), ['10-20T07:00', '10-21T07:00', '10-22T07:00', '10-23T07:00', '10-24T07:00']);
  assert.deepEqual(of('EXDATE:20261021T070000Z', 'EXDATE;TZID=America/New_York:20261022T030000'), [
    ...['10-20T07:00', '10-23T07:00', '10-24T07:00'],
  ]);
  assert.deepEqual(of('EXDATE;VALUE=DATE:20261021,20261022,20261023'), ['10-20T07:00', '10-24T07:00']);
  const added = of(
    'RDATE;TZID=Europe/Berlin:20261020T090000,20261101T150000',
    'RDATE;VALUE=PERIOD:20261102T100000Z/PT2H',
  );
  assert.deepEqual(added.slice(-2), ['11-01T14:00', '11-02T10:00']);
  assert.equal(added.length, 7);
});

test('a changed repetition is where it was moved to, a cancelled one is gone, and one may change all after it', () => {
  const series = vevent('DTSTART;TZID=Europe/Berlin:20261020T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=4');
  const moved = vevent(
    'RECURRENCE-ID:20261021T070000Z',
    'DTSTART:20261104T120000Z',
    'DURATION:PT2H',
    'STATUS:TENTATIVE',
  );
  const gone = vevent('RECURRENCE-ID:20261022T070000Z', 'DTSTART:20261022T070000Z', 'STATUS:CANCELLED');
  const expected = ['10-20T07:00 to 10-20T08:00', '10-23T07:00 to 10-23T08:00', '11-04T12:00 to 11-04T14:00'];
  // Changes may come before what they change, and moved out of a window they are not in it.
  assert.deepEqual(times(calendar(moved, gone, series)), expected);
  const october = { ...WINDOW, to: Date.parse('2026-11-01T00:00:00Z') };
  assert.deepEqual(times(calendar(series, moved, gone), 'UTC', october), expected.slice(0, 2));
  const later = vevent(
    'RECURRENCE-ID;RANGE=THISANDFUTURE:20261022T070000Z',
    'DTSTART:20261022T100000Z',
    'DURATION:PT2H',
  );
  assert.deepEqual(times(calendar(series, later)), [
    ...['10-20T07:00 to 10-20T08:00', '10-21T07:00 to 10-21T08:00'],
    ...['10-22T10:00 to 10-22T12:00', '10-23T10:00 to 10-23T12:00'],
  ]);
});

test('a rule is followed from any distance as from near by, and only a counted one ends by its count', () => {
  const rules = [
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=HOURLY;INTERVAL=7',
  ];
  for (const rule of [...rules, 'FREQ=YEARLY;BYMONTH=10,11;BYDAY=1MO', 'FREQ=WEEKLY;BYDAY=SU;WKST=SU;INTERVAL=3']) {
    const of = (text: string) => calendar(vevent('DTSTART:20210107T090000Z', 'DURATION:PT1H', `RRULE:${text}`));
    // One that is counted is followed from its start, step by step.
    assert.deepEqual(times(of(rule)), times(of(`${rule};COUNT=100000`)), rule);
    assert.ok(times(of(rule)).length > 0, rule);
    assert.deepEqual(times(of(`${rule};COUNT=5`)), [], rule);
  }
});

test('what was cancelled is left out; tentative, free and of no length are said to be so', () => {
  const at = ['DTSTART:20261021T090000Z', 'DTEND:20261021T100000Z'];
  const read = (...lines: string[]) => occurrencesIn([calendar(vevent(...at, ...lines))], WINDOW, 'UTC');
  assert.deepEqual(read('STATUS:CANCELLED'), []);
  assert.deepEqual(
    read('STATUS:TENTATIVE', 'TRANSP:OPAQUE').map(({ tentative, transparent }) => [tentative, transparent]),
    [[true, false]],
  );
  assert.deepEqual(
    read('TRANSP:transparent').map(({ tentative, transparent }) => [tentative, transparent]),
    [[false, true]],
  );
  assert.deepEqual(times(calendar(vevent('SUMMARY:no time at all'))), []);
});

test('a text that is no calendar, or whose rule has no end of times or no time at all, is refused and quoted by nobody', () => {
  const of = (rule: string) => calendar(vevent('DTSTART:20200101T090000Z', 'DURATION:PT1M', `RRULE:${rule}`));
  const canary = 'canary-of-an-appointment';
  const unfit = ['', '<html></html>', `BEGIN:VCALENDAR\r\n${canary}`, 'BEGIN:VCARD\r\nEND:VCARD', of(`FREQ=${canary}`)];
  const started = performance.now();
  for (const text of [...unfit, of('FREQ=MINUTELY'), of('FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31')]) {
    assert.throws(
      () => occurrencesIn([text], WINDOW, 'UTC'),
      (error) => error instanceof IcsError && !error.message.includes(canary),
      text,
    );
  }
  // One of them would be followed for ever.
  assert.ok(performance.now() - started < 30_000);
});

const EVENT: CalendarEvent = {
  eventId: '0123abcdefv',
  summary: 'Call; with\r\n Asha, "today"\u0007',
  description: 'One\r\nTwo\u0000\u0085 \ud800end',
  location: 'https://example.com/j/1?a=b,c',
  start: '2026-10-20T09:00:00+02:00',
  end: '2026-10-20T07:30:00.000Z',
  timezone: 'Europe/Berlin',
  attendee: { email: 'asha@example.com', name: 'Asha "A" Rao\nBEGIN:VALARM' },
  organizer: { email: 'rep@example.com', name: '' },
  sequence: 2,
};

test('an invitation says who, when and which change, in UTC, in folded lines and without control characters', () => {
  const text = eventIcs(EVENT, { method: 'REQUEST', now: NOW });
  assert.ok(text.endsWith('END:VCALENDAR\r\n'));
  for (const line of text.split('\r\n')) {
    assert.ok(Buffer.byteLength(line) <= 75, line);
    assert.doesNotMatch(line, /\p{Cc}/u);
  }
  const read = new ICAL.Component(ICAL.parse(text));
  assert.equal(read.getFirstPropertyValue('method'), 'REQUEST');
  const [event, ...more] = read.getAllSubcomponents('vevent');
  assert.ok(event && more.length === 0 && event.getAllSubcomponents().length === 0);
  const value = (name: string) => String(event.getFirstPropertyValue(name));
  assert.deepEqual(
    ['uid', 'sequence', 'status', 'dtstamp', 'dtstart', 'dtend', 'summary', 'description', 'location'].map(value),
    [
      ...['0123abcdefv@reveille', '2', 'CONFIRMED', '2026-10-01T12:00:00Z', '2026-10-20T07:00:00Z'],
      ...['2026-10-20T07:30:00Z', 'Call; with  Asha, "today"', 'One\nTwo \ufffdend', 'https://example.com/j/1?a=b,c'],
    ],
  );
  const attendee = event.getFirstProperty('attendee');
  assert.equal(String(attendee?.getFirstValue()).toLowerCase(), 'mailto:asha@example.com');
  assert.equal(attendee?.getFirstParameter('rsvp'), 'TRUE');
  assert.equal(attendee.getFirstParameter('schedule-agent'), undefined);
  assert.equal(event.getFirstProperty('organizer')?.getFirstParameter('cn'), 'rep@example.com');
});

test('the end of an invitation is of the same event; an object for a calendar has no method and lets its server write to nobody', () => {
  const ended = eventIcs({ ...EVENT, sequence: 3 }, { method: 'CANCEL', now: NOW });
  for (const line of ['METHOD:CANCEL', 'STATUS:CANCELLED', 'SEQUENCE:3', 'UID:0123abcdefv@reveille']) {
    assert.ok(ended.split('\r\n').includes(line), line);
  }
  const object = eventIcs({ ...EVENT, location: null }, { now: NOW });
  assert.doesNotMatch(object, /METHOD|LOCATION/);
  assert.match(object.replaceAll('\r\n ', ''), /ATTENDEE;.*SCHEDULE-AGENT=CLIENT/);
});

test('only a UID of ours is an event of ours', () => {
  assert.equal(eventIdOf('0123abcdefv@reveille'), '0123abcdefv');
  for (const uid of [
    '',
    '0123abcdefv',
    '0123abcdefv@reveille.example',
    'ABCDEF@reveille',
    'abc@reveille',
    'x abcde@reveille',
  ]) {
    assert.equal(eventIdOf(uid), null, uid);
  }
});
