import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Observed, checkEffects, findings, marked, messageKey } from '../support/effect-checker.ts';

type State = Observed['followUps'][number]['state'];
type EffectState = Observed['effects'][number]['state'];

/** One follow-up that was scheduled, sent, and says so; changed as told. */
function observed(changes: {
  state?: State;
  effect?: EffectState | null;
  accepted?: number;
  result?: Record<string, unknown>;
  resolvedBy?: string;
  told?: Partial<Observed['told']>;
  workflow?: string;
}): Observed {
  const { state = 'executed', effect = 'done', accepted = 1, told, workflow = 'COMPLETED' } = changes;
  const sent = { service: 'telegram', key: null, to: '1', text: marked('F1') };
  const ended = { result: changes.result ?? null, resolvedBy: changes.resolvedBy ?? null };
  return {
    accepted: Array.from({ length: accepted }, () => sent),
    effects: effect === null ? [] : [{ key: messageKey('F1'), state: effect, ...ended }],
    followUps: [{ followUpId: 'F1', contactId: 'C1', state }],
    workflows: [{ contactId: 'C1', status: workflow }],
    told: { scheduled: ['F1'], cancelled: [], ...told },
  };
}

const found = (changes: Parameters<typeof observed>[0]): string[] => findings(checkEffects(observed(changes)));

test('what was sent once and says so is counted, and nothing is found', () => {
  const verdict = checkEffects(observed({}));
  assert.deepEqual(findings(verdict), []);
  assert.deepEqual(verdict.inReview, []);
  assert.deepEqual(verdict.counts, { scheduled: 1, accepted: 1, executed: 1, cancelled: 0, failed: 0 });
});

test('nothing is wrong with what was called off in time, failed unsent, or was kept in the outbox', () => {
  assert.deepEqual(found({ state: 'cancelled', effect: 'cancelled', accepted: 0, told: { cancelled: ['F1'] } }), []);
  assert.deepEqual(found({ state: 'cancelled', effect: null, accepted: 0 }), []);
  assert.deepEqual(found({ state: 'failed', effect: 'failed', accepted: 0 }), []);
  assert.deepEqual(found({ accepted: 0, result: { outbox: true } }), []);
});

test('an unknown outcome is in review, sent or not, and is no fault', () => {
  for (const accepted of [0, 1]) {
    const verdict = checkEffects(observed({ state: 'processing', effect: 'unknown', accepted, workflow: 'RUNNING' }));
    assert.deepEqual(findings(verdict), []);
    assert.deepEqual(verdict.inReview, ['F1']);
  }
});

test("a person's word on what nobody knew stands, whatever the other side has", () => {
  assert.deepEqual(found({ state: 'failed', effect: 'failed', accepted: 1, resolvedBy: 'asha' }), []);
  assert.deepEqual(found({ accepted: 0, resolvedBy: 'asha' }), []);
});

const WRONG: [what: string, changes: Parameters<typeof observed>[0], finding: RegExp][] = [
  ['still pending at the end', { state: 'pending', effect: null, accepted: 0 }, /^lost: F1 is pending/],
  ['given back and then forgotten', { state: 'pending', effect: 'planned', accepted: 0 }, /^lost: F1 is pending/],
  ['stuck in processing', { state: 'processing', effect: 'attempting', accepted: 0 }, /^lost: F1 is processing/],
  ['sent, and stuck in processing', { state: 'processing', effect: 'done' }, /^lost: F1 is processing/],
  ['answered, and without a row', { told: { scheduled: ['F1', 'F2'] } }, /^lost: F2 was scheduled and is not there/],
  ['left by its workflow', { workflow: 'FAILED' }, /^lost: C1: its workflow ended as FAILED/],
  ['accepted twice', { accepted: 2 }, /^doubled: F1 was accepted 2 times/],
  ['accepted twice and in review', { state: 'processing', effect: 'unknown', accepted: 2 }, /^doubled: F1/],
  ['cancelled and sent', { state: 'cancelled', effect: 'cancelled' }, /^untrue: F1 is cancelled, and it was sent/],
  ['failed and sent', { state: 'failed', effect: 'failed' }, /^untrue: F1 is failed, and it was sent/],
  ['executed and never sent', { accepted: 0 }, /^untrue: F1 is executed and never left/],
  ['executed with nothing in the ledger', { effect: null }, /^untrue: F1 is executed, its effect not planned/],
  ['executed while nobody knows', { effect: 'unknown' }, /^untrue: F1 is executed, its effect unknown/],
  ['cancelled while it may have been sent', { state: 'cancelled', effect: 'unknown', accepted: 0 }, /^untrue: F1/],
  ['reported as cancelled and sent', { told: { cancelled: ['F1'] } }, /^untrue: F1 was reported as cancelled/],
];

for (const [what, changes, finding] of WRONG) {
  test(`found: ${what}`, () => {
    const all = found(changes);
    assert.ok(all.length > 0, 'nothing was found');
    for (const each of all) assert.match(each, finding);
  });
}

test('found: an effect that is done in the ledger and never happened, while its follow-up is still on its way', () => {
  const all = found({ state: 'processing', effect: 'done', accepted: 0 });
  assert.equal(all.length, 2);
  assert.match(all[1]!, /^untrue: F1 is done in the ledger and never left/);
});

test('found: an effect called off in the ledger and sent, while its follow-up is still on its way', () => {
  assert.ok(
    found({ state: 'processing', effect: 'cancelled' }).some((each) => each.startsWith('untrue: F1 is cancelled in')),
  );
});

test('found: a message that nobody asked for', () => {
  const stranger = { service: 'sms', key: null, to: '+911', text: marked('F9') };
  const verdict = checkEffects({ ...observed({}), accepted: [...observed({}).accepted, stranger] });
  assert.deepEqual(verdict.untrue, ['F9 was sent, and nobody asked for it']);
});

test('found: one Message-ID on two mails, whatever they say', () => {
  const mail = (text: string) => ({ service: 'mail', key: '<1@example.com>', to: 'c@example.com', text });
  const verdict = checkEffects({ ...observed({}), accepted: [mail(marked('F1')), mail('something else')] });
  assert.deepEqual(verdict.doubled, ['mail <1@example.com>: one key was accepted more than once']);
});

test('a run that did nothing has no successes to show', () => {
  const nothing = checkEffects({
    accepted: [],
    effects: [],
    followUps: [],
    workflows: [],
    told: { scheduled: [], cancelled: [] },
  });
  assert.deepEqual(nothing.counts, { scheduled: 0, accepted: 0, executed: 0, cancelled: 0, failed: 0 });
});
