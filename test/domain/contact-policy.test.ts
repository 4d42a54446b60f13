import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DEFAULT_SEND_POLICY,
  type SendFacts,
  type SendPolicy,
  type SendQuestion,
  maySend,
  promotionWindowStart,
} from '../../domain/contacts/policy.ts';
import { isQuiet } from '../../domain/contacts/quiet-hours.ts';
import { type SendDecision, sendDecision } from '../../domain/contracts/contacts.ts';
import { channel } from '../../domain/contracts/interventions.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 15:30 in Kolkata. */
const NOON = '2026-05-06T10:00:00.000Z';
const NIGHT = '2026-05-06T17:00:00.000Z';

const iso = (instant: number): string => new Date(instant).toISOString();
const ago = (milliseconds: number): string => iso(Date.parse(NOON) - milliseconds);

const question = (changes: Partial<SendQuestion> = {}): SendQuestion => ({
  channels: ['email', 'sms'],
  purpose: 'promotion',
  plannedAt: ago(DAY),
  ...changes,
});

const facts = (changes: Partial<SendFacts> = {}): SendFacts => ({
  timezone: 'Asia/Kolkata',
  marketing: true,
  optOuts: [],
  addresses: { email: 'asha@example.com', sms: '+919812345678', phone: null },
  lastReplyAt: null,
  promotionsAt: [],
  heldOut: false,
  ...changes,
});

const out = (channelName: 'email' | 'sms' | null, purpose: 'promotion' | 'service' | null) => ({
  channel: channelName,
  purpose,
  at: ago(2 * DAY),
  actor: 'asha',
});

const shown = ({ decision, at, channel: by, reason }: SendDecision) => [decision, at, by, reason];

test('with nothing against it a message goes now, by the first wanted channel that reaches the contact', () => {
  const answer = maySend(question(), facts(), NOON);
  assert.deepEqual(shown(answer), ['now', null, 'email', 'allowed']);
  assert.equal(answer.detail, 'May go by email at 2026-05-06 15:30 (Asia/Kolkata).');
  const bySms = maySend(
    question({ channels: ['phone', 'email', 'sms'] }),
    facts({ optOuts: [out('email', 'promotion')] }),
    NOON,
  );
  assert.deepEqual(shown(bySms), ['now', null, 'sms', 'allowed']);
  assert.equal(
    bySms.detail,
    'May go by sms at 2026-05-06 15:30 (Asia/Kolkata), since there is no address for phone; ' +
      'the contact opted out of promotion by email at 2026-05-04 15:30 (Asia/Kolkata).',
  );
});

test('an opt-out holds for the channels and purposes it names, and null names all', () => {
  const reasons = (optOut: ReturnType<typeof out>, purpose: 'promotion' | 'service') =>
    shown(maySend(question({ purpose }), facts({ optOuts: [optOut] }), NOON)).slice(2);
  assert.deepEqual(reasons(out(null, null), 'service'), [null, 'opted_out']);
  assert.deepEqual(reasons(out(null, 'promotion'), 'promotion'), [null, 'opted_out']);
  assert.deepEqual(reasons(out(null, 'promotion'), 'service'), ['email', 'allowed']);
  assert.deepEqual(reasons(out('email', null), 'service'), ['sms', 'allowed']);
  assert.deepEqual(reasons(out('email', 'service'), 'promotion'), ['email', 'allowed']);
  const everywhere = maySend(question(), facts({ optOuts: [out(null, null)] }), NOON);
  assert.equal(
    everywhere.detail,
    'Not sent: the contact opted out of all messages at 2026-05-04 15:30 (Asia/Kolkata).',
  );
});

test('promotion needs consent, service does not', () => {
  const answer = maySend(question(), facts({ marketing: false }), NOON);
  assert.deepEqual(shown(answer), ['never', null, null, 'no_consent']);
  assert.equal(maySend(question({ purpose: 'service' }), facts({ marketing: false }), NOON).decision, 'now');
});

test('without an address on any channel that is left, it never goes, and each is named without an address', () => {
  const optOuts = [out('email', null)];
  const answer = maySend(question({ channels: ['email', 'phone'] }), facts({ optOuts }), NOON);
  assert.deepEqual(shown(answer), ['never', null, null, 'no_address']);
  assert.match(
    answer.detail,
    /^Not sent: the contact opted out of all messages by email at .*; there is no address for phone\.$/,
  );
  assert.doesNotMatch(answer.detail, /@|\+91/);
});

test('a reply after it was planned makes it needless, one before or at the same instant does not', () => {
  const decide = (lastReplyAt: string, plannedAt: string | null) =>
    maySend(question({ plannedAt }), facts({ lastReplyAt }), NOON);
  assert.deepEqual(shown(decide(ago(HOUR), ago(2 * HOUR))), ['never', null, null, 'replied']);
  assert.equal(
    decide(ago(HOUR), ago(2 * HOUR)).detail,
    'Not sent: the contact replied at 2026-05-06 14:30, after this was planned at 2026-05-06 13:30 (Asia/Kolkata).',
  );
  assert.equal(decide(ago(2 * HOUR), ago(HOUR)).decision, 'now');
  assert.equal(decide(ago(HOUR), ago(HOUR)).decision, 'now');
  assert.equal(decide(ago(HOUR), null).decision, 'now');
});

test('what is to be sent in quiet hours waits for the next opening, service too unless its moment is fixed', () => {
  for (const purpose of ['promotion', 'service'] as const) {
    const answer = maySend(question({ purpose }), facts(), NIGHT);
    assert.deepEqual(shown(answer), ['later', '2026-05-07T02:30:00.000Z', 'email', 'quiet_hours']);
    assert.equal(
      answer.detail,
      'Waits until 2026-05-07 08:00 (Asia/Kolkata): it is 2026-05-06 22:30 there, within quiet hours 21:00-08:00.',
    );
  }
  const reminder = maySend(question({ purpose: 'service', atFixedMoment: true }), facts(), NIGHT);
  assert.deepEqual(shown(reminder), ['now', null, 'email', 'allowed']);
  assert.match(reminder.detail, /within quiet hours, which a message at a fixed moment need not keep/);
  assert.equal(maySend(question({ atFixedMoment: true }), facts(), NIGHT).reason, 'quiet_hours');
  assert.equal(maySend(question(), facts(), NIGHT, { ...DEFAULT_SEND_POLICY, quietHours: null }).decision, 'now');
});

test('a third promotion within a week waits until the oldest is a week old, and then for quiet hours', () => {
  const soon = maySend(question(), facts({ promotionsAt: [ago(7 * DAY - HOUR), ago(DAY)] }), NOON);
  assert.deepEqual(shown(soon), ['later', iso(Date.parse(NOON) + HOUR), 'email', 'cap']);
  assert.match(
    soon.detail,
    /^Waits until 2026-05-06 16:30 \(Asia\/Kolkata\): 2 promotion messages were sent within 7d/,
  );
  const atNight = maySend(question(), facts({ promotionsAt: [ago(DAY), ago(7 * DAY - 7 * HOUR)] }), NOON);
  assert.deepEqual(shown(atNight), ['later', '2026-05-07T02:30:00.000Z', 'email', 'cap']);
  assert.equal(maySend(question(), facts({ promotionsAt: [ago(7 * DAY), ago(DAY)] }), NOON).decision, 'now');
  const three = maySend(question(), facts({ promotionsAt: [ago(DAY), ago(3 * DAY), ago(2 * DAY)] }), NOON);
  assert.equal(three.at, iso(Date.parse(NOON) + 5 * DAY));
  assert.equal(
    maySend(question({ purpose: 'service' }), facts({ promotionsAt: [ago(1), ago(2)] }), NOON).decision,
    'now',
  );
});

test('a cap of none is never', () => {
  const policy = { ...DEFAULT_SEND_POLICY, cap: { messages: 0, windowMs: DAY } };
  assert.deepEqual(shown(maySend(question(), facts(), NOON, policy)), ['never', null, null, 'cap']);
});

test('of several reasons the first in the order is told: for good before waiting', () => {
  const everything = facts({
    ...{ marketing: false, optOuts: [out(null, null)], addresses: {}, lastReplyAt: ago(HOUR), heldOut: true },
    promotionsAt: [ago(DAY), ago(DAY)],
  });
  const taken: Partial<SendFacts>[] = [
    { optOuts: [] },
    { marketing: true },
    { addresses: { email: 'asha@example.com' } },
    { lastReplyAt: null },
    { heldOut: false },
    { promotionsAt: [] },
  ];
  const reasons: string[] = [];
  let known = everything;
  for (const change of [{}, ...taken]) {
    known = { ...known, ...change };
    reasons.push(maySend(question(), known, NIGHT).reason);
  }
  assert.deepEqual(reasons, ['opted_out', 'no_consent', 'no_address', 'replied', 'hold_out', 'cap', 'quiet_hours']);
});

const ZONES = ['Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Casablanca', 'UTC'];
const START = Date.UTC(2026, 0);
const minute = fc.integer({ min: 0, max: 1_439 });
const policies: fc.Arbitrary<SendPolicy> = fc.record({
  quietHours: fc.option(
    fc.record({ start: minute, end: minute }).filter(({ start, end }) => start !== end),
    { freq: 5 },
  ),
  cap: fc.record({ messages: fc.integer({ min: 1, max: 3 }), windowMs: fc.integer({ min: HOUR, max: 10 * DAY }) }),
});
const channels = fc.uniqueArray(fc.constantFrom(...channel.options), { minLength: 1 });
const questions = fc.record({
  channels,
  purpose: fc.constantFrom('promotion' as const, 'service' as const),
  plannedAt: fc.option(fc.integer({ min: START, max: START + 400 * DAY }).map(iso)),
  atFixedMoment: fc.boolean(),
});
const instants = fc.integer({ min: START, max: START + 400 * DAY });
const someFacts: fc.Arbitrary<SendFacts> = fc.record({
  timezone: fc.constantFrom(...ZONES),
  marketing: fc.constantFrom(true, true, true, false),
  optOuts: fc.array(
    fc.record({
      channel: fc.option(fc.constantFrom(...channel.options)),
      purpose: fc.option(fc.constantFrom('promotion' as const, 'service' as const)),
      at: instants.map(iso),
      actor: fc.constant('asha'),
    }),
    { maxLength: 2 },
  ),
  addresses: channels.map((reachable) => Object.fromEntries(reachable.map((name) => [name, 'somewhere']))),
  lastReplyAt: fc.option(instants.map(iso), { freq: 1 }),
  promotionsAt: fc.array(instants.map(iso), { maxLength: 30 }),
  heldOut: fc.constantFrom(false, false, false, true),
});

test('whatever is asked, "now" is never quiet or above the cap, and "later" is the first instant that is allowed', () => {
  const seen = { now: 0, later: 0, never: 0 };
  const ask = fc.record({ asked: questions, known: someFacts, policy: policies, now: instants });
  fc.assert(
    fc.property(ask, ({ asked, known, policy, now }) => {
      const answer = maySend(asked, known, iso(now), policy);
      seen[answer.decision] += 1;
      sendDecision.parse(answer);
      assert.ok(answer.detail.endsWith('.') && !answer.detail.includes('somewhere'), answer.detail);
      if (answer.decision === 'never') {
        assert.deepEqual([answer.at, answer.channel], [null, null]);
        return;
      }
      const at = answer.decision === 'now' ? now : Date.parse(answer.at ?? '');
      if (asked.purpose === 'promotion' || !asked.atFixedMoment) {
        assert.equal(isQuiet(policy.quietHours, known.timezone, at), false);
      }
      const inWindow = known.promotionsAt.filter((sent) => at - Date.parse(sent) < policy.cap.windowMs).length;
      if (asked.purpose === 'promotion') assert.ok(inWindow < policy.cap.messages);
      if (answer.decision === 'now') return;
      assert.ok(at > now);
      assert.equal(maySend(asked, known, iso(at), policy).decision, 'now');
      for (const before of [1, (at - now) / 2, at - now]) {
        const sooner = maySend(asked, known, iso(Math.floor(at - before)), policy);
        assert.equal(sooner.decision, 'later');
        assert.equal(sooner.at, answer.at);
      }
    }),
    { numRuns: 2_000 },
  );
  for (const [decision, times] of Object.entries(seen)) assert.ok(times > 100, `${decision} ${times} times`);
});

test('the messages since the start of the window are all that the cap depends on', () => {
  assert.equal(promotionWindowStart(DEFAULT_SEND_POLICY, NOON), ago(7 * DAY));
  const forEver = { ...DEFAULT_SEND_POLICY, cap: { messages: 1, windowMs: 999_999_999 * DAY } };
  assert.equal(promotionWindowStart(forEver, NOON), '1970-01-01T00:00:00.000Z');
  fc.assert(
    fc.property(someFacts, policies, instants, (known, policy, now) => {
      const since = Date.parse(promotionWindowStart(policy, iso(now)));
      const sent = known.promotionsAt.filter((at) => Date.parse(at) <= now);
      const recent = sent.filter((at) => Date.parse(at) >= since);
      const ask = (promotionsAt: string[]) => maySend(question(), { ...known, promotionsAt }, iso(now), policy);
      assert.deepEqual(ask(recent), ask(sent));
    }),
  );
});

test('of two moments the later is never answered with an earlier instant', () => {
  const ask = fc.record({ asked: questions, known: someFacts, policy: policies, now: instants, more: fc.nat(9 * DAY) });
  fc.assert(
    fc.property(ask, ({ asked, known, policy, now, more }) => {
      const [first, second] = [now, now + more].map((at) => {
        const answer = maySend(asked, known, iso(at), policy);
        return answer.decision === 'now' ? at : Date.parse(answer.at ?? iso(0));
      });
      assert.ok((first ?? 0) <= (second ?? 0));
    }),
    { numRuns: 1_000 },
  );
});

test('senders that do as they are told never exceed the cap in any window, nor send in quiet hours', () => {
  const senders = fc.array(fc.integer({ min: 0, max: 30 * DAY }), { minLength: 5, maxLength: 60 });
  fc.assert(
    fc.property(senders, policies, fc.constantFrom(...ZONES), (planned, policy, timezone) => {
      const due = planned.map((offset) => START + 60 * DAY + offset).sort((a, b) => a - b);
      const sent: number[] = [];
      for (let turn = 0; due.length > 0; turn += 1) {
        assert.ok(turn < 5_000, 'all are sent in the end');
        const now = due.shift() ?? 0;
        const known = facts({ timezone, promotionsAt: sent.map(iso) });
        const answer = maySend(question({ plannedAt: null }), known, iso(now), policy);
        assert.notEqual(answer.decision, 'never');
        if (answer.decision === 'now') sent.push(now);
        else due.push(Date.parse(answer.at ?? ''));
        due.sort((a, b) => a - b);
      }
      assert.equal(sent.length, planned.length);
      for (const at of sent) {
        assert.equal(isQuiet(policy.quietHours, timezone, at), false);
        const window = sent.filter((other) => other >= at && other < at + policy.cap.windowMs);
        assert.ok(window.length <= policy.cap.messages, `${window.length} from ${iso(at)}`);
      }
    }),
    { numRuns: 100 },
  );
});
