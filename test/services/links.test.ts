import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { PURPOSES } from '../../domain/contracts/contacts.ts';
import { channel } from '../../domain/contracts/interventions.ts';
import { createLinks, type Unsubscription } from '../../services/links.ts';

const KEY = 'k'.repeat(32);
const publicUrl = 'https://example.com/reveille';
const PREFIX = `${publicUrl}/unsubscribe/`;
const links = createLinks({ publicUrl, key: KEY });
const C1: Unsubscription = { workspace: 'default', contactId: 'C1', channel: 'email', purpose: 'promotion' };

const tokenOf = (of: Unsubscription, made = links): string => made.unsubscribeUrl(of).slice(PREFIX.length);

const unsubscriptions = fc.record(
  {
    workspace: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
    contactId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    channel: fc.constantFrom(...channel.options, null),
    purpose: fc.constantFrom(...PURPOSES, null),
  },
  { noNullPrototype: true },
);

test('a link says what it was made for, in characters that every mail program takes', () => {
  fc.assert(
    fc.property(unsubscriptions, (of) => {
      const url = links.unsubscribeUrl(of);
      assert.ok(url.startsWith(PREFIX));
      assert.match(url.slice(PREFIX.length), /^[\w-]+\.[\w-]{43}$/);
      assert.deepEqual(links.readUnsubscribe(tokenOf(of)), of);
    }),
  );
});

test('a token with any character changed, left out or added is nobody’s', () => {
  const anyPlace = fc.nat({ max: tokenOf(C1).length });
  fc.assert(
    fc.property(anyPlace, fc.nat({ max: 1 }), fc.string({ maxLength: 2 }), (at, left, put) => {
      const token = tokenOf(C1);
      const forged = token.slice(0, at) + put + token.slice(at + left);
      fc.pre(forged !== token);
      assert.equal(links.readUnsubscribe(forged), null);
    }),
    { numRuns: 2_000 },
  );
});

test('the last character of the signature is checked to its last bit', () => {
  const token = tokenOf(C1);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const accepted = alphabet.split('').filter((last) => links.readUnsubscribe(token.slice(0, -1) + last) !== null);
  assert.deepEqual(accepted, [token.at(-1)]);
});

test('another key, another purpose of the link, and a payload that is none are refused', () => {
  assert.equal(links.readUnsubscribe(tokenOf(C1, createLinks({ publicUrl, key: 'x'.repeat(32) }))), null);
  const signed = (linkPurpose: string, payload: unknown): string => {
    const encoded = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return `${encoded}.${createHmac('sha256', KEY).update(`${linkPurpose}.${encoded}`).digest('base64url')}`;
  };
  const right = ['default', 'C1', 'email', 'promotion'];
  assert.deepEqual(links.readUnsubscribe(signed('unsubscribe', right)), C1);
  assert.equal(links.readUnsubscribe(signed('booking', right)), null);
  for (const payload of [null, {}, [], right.slice(1), [...right, 1], ['default', 'C1', 'fax', 'promotion']]) {
    assert.equal(links.readUnsubscribe(signed('unsubscribe', payload)), null, JSON.stringify(payload));
  }
  for (const odd of ['', '.', '..', 'a.b', 'a'.repeat(100_000)]) assert.equal(links.readUnsubscribe(odd), null);
});
