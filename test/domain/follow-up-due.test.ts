import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { identifier } from '../../domain/contracts/names.ts';
import { scheduleFollowUpMessage } from '../../domain/contracts/follow-ups.ts';
import { dueInstant, followUpIdFor, soonestFirst, whatIsDue } from '../../domain/follow-ups/due.ts';

const NOW = '2026-05-06T10:00:00.000Z';

test('a follow-up is due when it was said, or so long from now', () => {
  const due = (scheduledFor: string): string =>
    dueInstant(scheduleFollowUpMessage.parse({ type: 'reminder', scheduledFor, actor: 'a' }).scheduledFor, NOW);
  assert.equal(due('2h'), '2026-05-06T12:00:00.000Z');
  assert.equal(due('2026-05-06T15:30:00.001+05:30'), '2026-05-06T10:00:00.001Z');
  assert.equal(due('2026-05-06T09:59:00Z'), '2026-05-06T09:59:00.000Z');
  assert.throws(() => due('2026-05-06T09:58:59.999Z'), /scheduledFor: must not lie in the past: it is 2026-05-06T10/);
  assert.throws(() => due('999999999d'), /scheduledFor: must not lie more than ten years ahead/);
  assert.throws(() => due('2036-05-07T10:00:00.001Z'), /ten years/);
});

test('what is due is all that and never early, soonest first, and the wait ends with the next', () => {
  const start = Date.parse(NOW);
  const pending = fc.uniqueArray(fc.tuple(fc.nat(99), fc.integer({ min: -50, max: 50 })), { selector: ([id]) => id });
  fc.assert(
    fc.property(pending, (all) => {
      const followUps = all.map(([id, offset]) => ({
        followUpId: `F${id}`,
        scheduledFor: new Date(start + offset).toISOString(),
      }));
      const { due, nextInMs } = whatIsDue(followUps, NOW);
      const later = followUps.filter(({ scheduledFor }) => scheduledFor > NOW);
      assert.equal(due.length + later.length, followUps.length);
      assert.ok(due.every(({ scheduledFor }) => scheduledFor <= NOW));
      assert.deepEqual(due, due.toSorted(soonestFirst));
      assert.ok(due.every((one, index) => index === 0 || (due[index - 1]?.scheduledFor ?? '') <= one.scheduledFor));
      if (nextInMs === null) assert.equal(later.length, 0);
      else {
        assert.ok(nextInMs > 0);
        assert.equal(whatIsDue(later, new Date(start + nextInMs - 1).toISOString()).due.length, 0);
        assert.ok(whatIsDue(later, new Date(start + nextInMs).toISOString()).due.length > 0);
      }
    }),
  );
});

test('an update makes one id, another contact or update another, or none that would not be an id', () => {
  assert.equal(followUpIdFor('C00012', 'once'), 'F6-C00012-once');
  assert.notEqual(followUpIdFor('a-b', 'c'), followUpIdFor('a', 'b-c'));
  assert.equal(followUpIdFor('C1', 'two words'), null);
  assert.equal(followUpIdFor('C'.repeat(30), 'u'.repeat(31)), null);
  const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  const pair = fc.tuple(part, part);
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      const [id, second] = [followUpIdFor(...one), followUpIdFor(...other)];
      identifier.parse(id);
      assert.equal(id === second, one.join(' ') === other.join(' '));
    }),
  );
});
