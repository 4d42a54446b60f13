import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wantedChannels } from '../../domain/contacts/wanted-channels.ts';
import { type Channel, channel } from '../../domain/contracts/interventions.ts';

const order = (wanted: Channel[], configured: Channel[], reached: Channel[]): Channel[] =>
  wantedChannels(
    wanted,
    (name) => configured.includes(name),
    Object.fromEntries(reached.map((name) => [name, 'somewhere'])),
  );

test('a channel that is configured and reaches the contact goes before one that is or does not', () => {
  assert.deepEqual(order(['email', 'telegram'], ['telegram'], ['email', 'telegram']), ['telegram', 'email']);
  assert.deepEqual(order(['email', 'telegram'], ['email', 'telegram'], ['telegram']), ['telegram', 'email']);
  const all = ['sms', 'email', 'telegram'] as Channel[];
  assert.deepEqual(order(all, all, all), all);
  assert.deepEqual(order(all, [], []), all);
  assert.deepEqual(order([], [], []), []);
});

test('an empty address reaches nobody', () => {
  assert.deepEqual(
    wantedChannels(['email', 'sms'], () => true, { email: null, sms: '+919812345678' }),
    ['sms', 'email'],
  );
  assert.deepEqual(
    wantedChannels(['email', 'sms'], () => true, { email: '', sms: '+919812345678' }),
    ['sms', 'email'],
  );
});

test('in_app does not get ahead of a channel that was wanted more and has an address, configured or not', () => {
  assert.deepEqual(order(['email', 'in_app'], ['in_app'], ['email', 'in_app']), ['email', 'in_app']);
  assert.deepEqual(order(['email', 'in_app', 'sms'], ['in_app', 'sms'], ['email', 'in_app', 'sms']), [
    ...(['sms', 'email', 'in_app'] as const),
  ]);
  assert.deepEqual(order(['email', 'in_app'], ['in_app'], ['in_app']), ['in_app', 'email']);
  assert.deepEqual(order(['in_app', 'email'], ['in_app', 'email'], ['in_app', 'email']), ['in_app', 'email']);
});

test('a call does not get ahead of a letter that could be sent, and is made where there is no address for one', () => {
  assert.deepEqual(order(['email', 'phone', 'sms'], ['phone', 'in_app'], ['email', 'phone', 'sms']), [
    ...(['email', 'phone', 'sms'] as const),
  ]);
  assert.deepEqual(order(['email', 'phone'], ['phone'], ['phone']), ['phone', 'email']);
  assert.deepEqual(order(['phone', 'email'], ['phone', 'email'], ['phone', 'email']), ['phone', 'email']);
});

test('whatever is wanted is asked for once, and the order among equals stays', () => {
  const some = fc.array(fc.constantFrom(...channel.options), { maxLength: 10 });
  fc.assert(
    fc.property(some, some, some, (wanted, configured, reached) => {
      const asked = order(wanted, configured, reached);
      const once = [...new Set(wanted)];
      assert.deepEqual([...asked].sort(), [...once].sort());
      const goes = (name: Channel): boolean => configured.includes(name) && reached.includes(name);
      const behind = (name: Channel): boolean => name === 'in_app' || name === 'phone';
      const place = (name: Channel): number => asked.indexOf(name);
      for (const [index, one] of once.entries()) {
        for (const other of once.slice(index + 1)) {
          if (goes(one) === goes(other) && !behind(one) && !behind(other)) {
            assert.ok(place(one) < place(other));
          }
          if (behind(other) && reached.includes(one) && !behind(one)) assert.ok(place(one) < place(other));
          if (!goes(one) && goes(other) && !behind(other)) assert.ok(place(other) < place(one));
        }
      }
    }),
    { numRuns: 500 },
  );
});
