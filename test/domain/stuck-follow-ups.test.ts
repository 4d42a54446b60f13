import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EFFECT_STATES, type Effect } from '../../domain/contracts/effects.ts';
import { whyStuck } from '../../domain/follow-ups/stuck.ts';

const SINCE = '2026-05-06T10:00:00.000Z';
const NOW = '2026-05-06T10:02:00.000Z';
const FOLLOW_UP = { followUpId: 'F1', contactId: 'C1', processingSince: SINCE, nextAt: '2026-05-06T09:59:59.000Z' };

const effect = (changes: Partial<Effect>): Effect => ({
  ...{ effectId: 'E1', key: 'follow-up/F1/message', kind: 'message', channel: 'email', contactId: 'C1' },
  ...{ state: 'attempting', attempts: 1, plannedAt: SINCE, attemptedAt: '2026-05-06T10:01:00.000Z', endedAt: null },
  ...{ result: null, error: null, resolvedBy: null, note: null },
  ...changes,
});
const said = (of: Effect | null, now = NOW) => whyStuck(FOLLOW_UP, of, now);

test('one of which nobody knows whether it was sent is for a person to settle, with the command that does it', () => {
  const unknown = effect({ state: 'unknown', error: 'The connection was cut after DATA.' });
  assert.deepEqual(said(unknown), {
    ...{ followUpId: 'F1', contactId: 'C1', since: SINCE },
    why: 'Whether it was sent by email is not known: The connection was cut after DATA.',
    whatToDo:
      'Look whether it arrived, then settle it with: reveille effects resolve E1 --as done|failed --note "what you found".',
  });
  assert.equal(said(effect({ state: 'unknown', channel: null })).why, 'Whether it was sent is not known.');
});

test('an attempt that is under way is let be, until it takes longer than any does', () => {
  const fresh = said(effect({ attempts: 1 }));
  assert.equal(fresh.why, 'An attempt to send it by email is under way since 2026-05-06T10:01:00.000Z.');
  assert.match(fresh.whatToDo, /^Nothing: /);
  const old = said(effect({ attempts: 3 }), '2026-05-06T10:11:00.000Z');
  assert.match(old.why, /^Attempt 3 to send it by email is under way since /);
  assert.match(old.whatToDo, /should be over by now.*reveille doctor/);
});

test('one whose attempt was lost and may be made again says that, and so does one that nobody began', () => {
  const lost = said(effect({ state: 'planned', attempts: 2, error: 'The attempt was lost.' }));
  assert.match(lost.why, /was lost: The attempt was lost; it is to be made again, with the same key\.$/);
  assert.match(said(effect({ state: 'planned', attempts: 0 })).why, /no attempt has begun/);
  assert.match(lost.whatToDo, /reveille doctor/);
});

test('without an effect it was not taken by us, and can be put back', () => {
  const { why, whatToDo } = said(null);
  assert.match(why, /no message was ever planned/);
  assert.match(whatToDo, /set status = 'pending', processing_since = null where id = 'F1'/);
});

test('whatever state its effect is in, it is said since when, why and what to do, in sentences', () => {
  for (const state of EFFECT_STATES) {
    for (const followUp of [FOLLOW_UP, { ...FOLLOW_UP, processingSince: null }]) {
      const stuck = whyStuck(followUp, effect({ state }), NOW);
      assert.ok(!Number.isNaN(Date.parse(stuck.since)));
      for (const sentence of [stuck.why, stuck.whatToDo]) assert.match(sentence, /^[A-Z].*[^.]\.$/);
    }
  }
});
