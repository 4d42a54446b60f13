import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarSettings } from '../../domain/contracts/calendars.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import { PLACES } from '../../domain/cron/zone-table.ts';
import { TEXT_LANGUAGES, type TextLanguage } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import { SLOT_TEXTS, slotsMessage } from '../../domain/slots/message.ts';
import { slotRules } from '../../domain/slots/rules.ts';
import { toSlot } from '../../domain/slots/slots.ts';
import { timeWords } from '../../domain/slots/time-in-words.ts';

const MINUTE = 60_000;
const RULES = slotRules('demo', calendarSettings.parse({}), null, {
  timezone: 'America/New_York',
  holidays: new Set(),
});

const free = (start: string, available = true): Slot => toSlot(RULES, Date.parse(start), available, 'generated');
const NINE = free('2027-03-15T13:00:00Z');
const TEN = free('2027-03-15T14:00:00Z');
const LATE = free('2027-03-16T03:30:00Z');

const SCRIPTS = {
  en: /\p{Script=Latin}/u,
  hi: /\p{Script=Devanagari}/u,
  ta: /\p{Script=Tamil}/u,
  te: /\p{Script=Telugu}/u,
  bn: /\p{Script=Bengali}/u,
};

function isIn(language: TextLanguage, text: string): void {
  const letters = text.match(/\p{L}/gu) ?? [];
  assert.ok(letters.length > 4 && letters.every((letter) => SCRIPTS[language].test(letter)), text);
  assert.doesNotMatch(text, /[{}<>]|undefined|null|(?!\n)\p{Cc}/u);
  assert.equal(text, text.normalize('NFC').trim());
}

const inNewYork = { max: 5, timezone: 'America/New_York', language: 'en' };

test('one time, several and none are each said in a whole message', () => {
  assert.equal(
    slotsMessage([NINE], inNewYork),
    'This time is free (Eastern Time):\n- Monday, 15 March 2027, 09:00–09:30\nDoes it suit you?',
  );
  assert.equal(
    slotsMessage([NINE, TEN], inNewYork),
    [
      'These times are free (Eastern Time):',
      '- Monday, 15 March 2027, 09:00–09:30',
      '- Monday, 15 March 2027, 10:00–10:30',
      'Which one suits you best?',
    ].join('\n'),
  );
  assert.equal(slotsMessage([], inNewYork), 'I am sorry, there is no free time at the moment. Please ask again later.');
});

test('the soonest are named, at most so many, each time once, and none that is taken or over', () => {
  const named = (slots: Slot[], more: object = {}): string[] =>
    slotsMessage(slots, { ...inNewYork, ...more })
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .map((line) => / (\d\d:\d\d)/.exec(line)?.[1] ?? '');
  assert.deepEqual(named([LATE, TEN, NINE]), ['09:00', '10:00', '23:30']);
  assert.deepEqual(named([LATE, TEN, NINE], { max: 2 }), ['09:00', '10:00']);
  assert.deepEqual(named([LATE, TEN, NINE], { max: 1 }), ['09:00']);
  assert.deepEqual(named([NINE, { ...NINE, id: 'other-20270315T130000Z', calendar: 'other' }, TEN], { max: 2 }), [
    '09:00',
    '10:00',
  ]);
  assert.deepEqual(named([free('2027-03-15T13:00:00Z', false), TEN]), ['10:00']);
  const now = Date.parse(NINE.start);
  assert.deepEqual(named([NINE, TEN], { now }), ['10:00']);
  assert.deepEqual(named([NINE, TEN], { now: now - 1 }), ['09:00', '10:00']);
  for (const none of [{ max: 0 }, { now: Date.parse(TEN.start) }]) {
    assert.equal(slotsMessage([NINE, TEN], { ...inNewYork, ...none }), SLOT_TEXTS.en.none);
  }
});

test('a reader elsewhere reads their own day and time', () => {
  const reads = (timezone: string, slot: Slot): string =>
    slotsMessage([slot], { ...inNewYork, timezone })
      .split('\n')
      .slice(0, 2)
      .join(' ');
  assert.equal(
    reads('Asia/Kolkata', LATE),
    'This time is free (India Standard Time): - Tuesday, 16 March 2027, 09:00–09:30',
  );
  assert.equal(
    reads('America/New_York', LATE),
    'This time is free (Eastern Time): - Monday, 15 March 2027, 23:30 – Tuesday, 16 March 2027, 00:00',
  );
  assert.equal(
    reads('Pacific/Auckland', NINE),
    'This time is free (New Zealand Time): - Tuesday, 16 March 2027, 02:00–02:30',
  );
  assert.match(reads('UTC', NINE), /\(Coordinated Universal Time\).* 13:00–13:30/);
});

test('of a time that the reader’s clocks show twice, it says which one', () => {
  const lines = slotsMessage(
    ['04:30', '05:00', '05:30', '06:30', '07:00'].map((time) => free(`2027-11-07T${time}:00Z`)),
    inNewYork,
  ).split('\n');
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.replace('- Sunday, 7 November 2027, ', '')),
    [
      '00:30–01:00',
      ...['01:00–01:30 (Eastern Daylight Time)', '01:30–01:00 (Eastern Daylight Time)'],
      ...['01:30–02:00 (Eastern Standard Time)', '02:00–02:30'],
    ],
  );
});

test('every language has its whole message in its own script, dates and zones included', () => {
  const said = new Set<string>();
  for (const language of TEXT_LANGUAGES) {
    for (const slots of [[], [NINE], [NINE, TEN, LATE]]) {
      for (const timezone of ['America/New_York', 'Asia/Kolkata', 'UTC']) {
        const message = slotsMessage(slots, { max: 5, timezone, language });
        isIn(language, message);
        said.add(message);
      }
    }
  }
  assert.equal(said.size, TEXT_LANGUAGES.length * 7);
  assert.match(slotsMessage([NINE], { ...inNewYork, language: 'hi-IN' }), /सोमवार, 15 मार्च 2027, 09:00–09:30/);
  assert.match(slotsMessage([NINE], { ...inNewYork, language: 'bn' }), /সোমবার, ১৫ মার্চ, ২০২৭, ০৯:০০–০৯:৩০/);
  for (const language of ['fr', '', null]) {
    assert.equal(slotsMessage([NINE], { ...inNewYork, language }), slotsMessage([NINE], inNewYork));
  }
});

test('every zone has a name in words, in every language', () => {
  for (const language of TEXT_LANGUAGES) {
    for (const timezone of [...PLACES, 'UTC']) {
      const words = timeWords(timezone, language);
      for (const instant of [Date.UTC(2027, 0, 15), Date.UTC(2027, 6, 15)]) {
        isIn(language, words.zone(instant));
        assert.doesNotMatch(words.zone(instant), /\d/);
        assert.equal(
          words.timeAndZone(instant, instant + MINUTE),
          `${words.time(instant, instant + MINUTE)} (${words.zone(instant)})`,
        );
      }
    }
  }
});

test('a zone that is none is told', () => {
  assert.throws(() => slotsMessage([NINE], { ...inNewYork, timezone: 'Mars/Olympus' }), RangeError);
});
