import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OptOut, contact } from '../../../domain/contracts/contacts.ts';
import {
  EMPTY,
  NOW,
  type StoreUnderTest,
  beginGo,
  customer,
  daysAgo,
  deliveryOf,
  followUpOf,
  inMinutes,
  newWorkspace,
} from './fixtures.ts';

const NOTHING = {
  name: null,
  email: null,
  phone: null,
  telegram: null,
  timezone: null,
  language: null,
  marketing: false,
  optOuts: [],
};

const optOutOf = (channel: OptOut['channel'], purpose: OptOut['purpose'], at = NOW): OptOut => ({
  ...{ channel, purpose, at },
  actor: 'asha',
});

export function contactsSuite(open: StoreUnderTest): void {
  test('a contact is what was said of it: what is not said again stays, null takes away', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.equal(await store.contacts.get(workspace, 'p1'), null);
    const all = {
      name: 'Ärzte \ud800 नमस्ते',
      email: 'p1@example.com',
      phone: '+919812345678',
      telegram: '@p1_name',
      timezone: 'Asia/Kolkata',
      language: 'hi',
      marketing: true,
    };
    const kept = { contactId: 'p1', ...all, name: 'Ärzte \ufffd नमस्ते', optOuts: [] };
    assert.deepEqual(await store.contacts.put(workspace, 'p1', all, NOW), kept);
    assert.deepEqual(await store.contacts.put(workspace, 'p1', {}, NOW), kept);
    const changes = { phone: null, timezone: null, marketing: false, name: undefined };
    const changed = { ...kept, phone: null, timezone: null, marketing: false };
    assert.deepEqual(await store.contacts.put(workspace, 'p1', changes, NOW), changed);
    assert.deepEqual(await store.contacts.get(workspace, 'p1'), changed);
    assert.deepEqual(await store.contacts.put(workspace, 'p2', {}, NOW), { contactId: 'p2', ...NOTHING });
  });

  test('many at once are what each is alone, without those that are not there or elsewhere', async () => {
    const store = open();
    const [workspace, other] = [newWorkspace(), newWorkspace()];
    await store.customers.import(
      workspace,
      { ...EMPTY, customers: [customer('c1'), customer('c2')] },
      { merge: false },
    );
    await store.contacts.put(workspace, 'c2', { name: null, timezone: 'Asia/Kolkata' }, NOW);
    await store.contacts.put(workspace, 'p1', { email: 'p1@example.com' }, NOW);
    await store.contacts.optOut(workspace, 'p1', optOutOf('email', null));
    await store.contacts.optOut(workspace, 'p1', optOutOf('sms', 'promotion'));
    await store.contacts.put(other, 'p2', {}, NOW);
    const asked = ['p1', 'c2', 'nobody', 'c1', 'p2', 'p1'];
    const found = await store.contacts.getMany(workspace, asked);
    const alone = await Promise.all(['c1', 'c2', 'p1'].map((id) => store.contacts.get(workspace, id)));
    assert.deepEqual(found.toSorted((a, b) => a.contactId.localeCompare(b.contactId)), alone); // prettier-ignore
    assert.deepEqual(await store.contacts.getMany(workspace, []), []);
  });

  test('for what was not said of a contact, the customer of the same id steps in; not for what was taken away', async () => {
    const store = open();
    const workspace = newWorkspace();
    const asha = customer('c1', { phone: '+911234567890', language: 'ta' });
    const bare = customer('c2', { firstName: null, lastName: '', email: null, language: null, optInMarketing: false });
    await store.customers.import(workspace, { ...EMPTY, customers: [asha, bare] }, { merge: false });
    const known = {
      ...NOTHING,
      contactId: 'c1',
      name: 'Asha Rao',
      email: 'c1@example.com',
      phone: '+911234567890',
      language: 'ta',
      marketing: true,
    };
    assert.deepEqual(await store.contacts.get(workspace, 'c1'), known);
    assert.deepEqual(await store.contacts.get(workspace, 'c2'), { contactId: 'c2', ...NOTHING });
    const said = { email: 'other@example.com', phone: null, marketing: false };
    const merged = { ...known, ...said };
    assert.deepEqual(await store.contacts.put(workspace, 'c1', said, NOW), merged);
    assert.deepEqual(await store.contacts.put(workspace, 'c1', { timezone: 'Asia/Kolkata' }, NOW), {
      ...merged,
      timezone: 'Asia/Kolkata',
    });
    await store.contacts.put(workspace, 'c1', { phone: '+4930123456' }, NOW);
    await store.customers.import(workspace, EMPTY, { merge: false });
    assert.deepEqual(await store.contacts.get(workspace, 'c1'), {
      ...NOTHING,
      contactId: 'c1',
      email: 'other@example.com',
      phone: '+4930123456',
      timezone: 'Asia/Kolkata',
    });
    assert.equal(await store.contacts.get(workspace, 'c2'), null);
  });

  test('an opt-out counts once and is told once; opting in takes back those it names', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.equal(await store.contacts.optOut(workspace, 'c1', optOutOf(null, null)), null);
    assert.equal(
      await store.contacts.optIn(workspace, 'c1', { channel: null, purpose: null, at: NOW, actor: 'a' }),
      null,
    );
    await store.customers.import(
      workspace,
      { ...EMPTY, customers: [customer('c1', { optInMarketing: false })] },
      { merge: false },
    );
    const given = [
      optOutOf(null, 'promotion', daysAgo(4)),
      optOutOf('email', 'service', daysAgo(3)),
      optOutOf('email', 'promotion', daysAgo(2)),
      optOutOf('sms', null, daysAgo(1)),
      optOutOf(null, null, daysAgo(0.5)),
    ];
    for (const each of given) await store.contacts.optOut(workspace, 'c1', each);
    const again = await store.contacts.optOut(workspace, 'c1', optOutOf(null, 'promotion'));
    assert.deepEqual(again?.optOuts, given);
    const told = (await store.events.after(workspace, 0, 50)).filter(({ type }) => type === 'contact.opted_out');
    assert.deepEqual(
      told.map(({ data }) => contact.strict().parse(data).consent.optOuts),
      given.map((_each, index) => given.slice(0, index + 1)),
    );
    const optIn = async (channel: OptOut['channel'], purpose: OptOut['purpose']) =>
      (await store.contacts.optIn(workspace, 'c1', { channel, purpose, at: NOW, actor: 'a' }))!;
    const noEmailService = await optIn('email', 'service');
    assert.deepEqual(noEmailService.optOuts, [given[0], given[2], given[3], given[4]]);
    assert.equal(noEmailService.marketing, false);
    const noPromotion = await optIn(null, 'promotion');
    assert.deepEqual(noPromotion.optOuts, [given[3], given[4]]);
    assert.equal(noPromotion.marketing, true);
    assert.deepEqual((await optIn('sms', null)).optOuts, [given[4]]);
    assert.deepEqual((await optIn(null, null)).optOuts, []);
    const later = optOutOf(null, null, inMinutes(5));
    assert.deepEqual((await store.contacts.optOut(workspace, 'c1', later))?.optOuts, [later]);
  });

  test('a contact is shown with the newest ten messages and what is to come, its zone null where nobody said', async () => {
    const store = open();
    const workspace = newWorkspace();
    assert.equal(await store.contacts.show(workspace, 'c1'), null);
    await store.contacts.put(workspace, 'c1', { name: 'Asha', marketing: true }, NOW);
    await store.contacts.optOut(workspace, 'c1', optOutOf('sms', null));
    const minutes = Array.from({ length: 12 }, (_, index) => index);
    for (const minute of minutes) {
      const reply = { messageId: `m${minute}`, at: inMinutes(minute), channel: 'email' };
      await store.contacts.replied(workspace, 'c1', reply);
    }
    const ids = ['f1', 'f2', 'f3'];
    await store.followUps.schedule(workspace, [
      ...ids.map((id, index) => followUpOf(id, 'c1', { scheduledFor: inMinutes(30 - index) })),
      followUpOf('g1', 'c2'),
    ]);
    await beginGo(store, workspace, deliveryOf('f2'), inMinutes(40));
    const shown = await store.contacts.show(workspace, 'c1');
    assert.equal(shown?.timezone, null);
    assert.deepEqual(contact.strict().parse({ ...shown, timezone: 'UTC' }), { ...shown, timezone: 'UTC' });
    assert.deepEqual(shown.consent, { marketing: true, optOuts: [optOutOf('sms', null)] });
    assert.deepEqual(
      shown.lastMessages.map(({ messageId }) => messageId),
      minutes
        .toReversed()
        .map((minute) => `m${minute}`)
        .slice(0, 10),
    );
    assert.deepEqual(
      shown.pending.map(({ followUpId, state }) => [followUpId, state]),
      [
        ['f3', 'pending'],
        ['f1', 'pending'],
      ],
    );
  });

  test('opt-outs of one contact at once are one, told once, and outlive an import that drops the customer', async () => {
    const store = open();
    const workspace = newWorkspace();
    const data = { ...EMPTY, customers: [customer('c1')] };
    await store.customers.import(workspace, data, { merge: false });
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        store.contacts.optOut(workspace, 'c1', optOutOf(null, null, inMinutes(index))),
      ),
    );
    assert.equal(await store.events.last(workspace), 1);
    await store.customers.import(workspace, EMPTY, { merge: false });
    assert.equal(await store.contacts.get(workspace, 'c1'), null);
    await store.customers.import(workspace, data, { merge: false });
    assert.equal((await store.contacts.get(workspace, 'c1'))?.optOuts.length, 1);
  });
}
