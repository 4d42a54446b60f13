import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, OutboxMessage } from '../../domain/contracts/interventions.ts';
import { type DeliveryChannel, DeliveryError, type OutgoingMessage } from '../../domain/ports/channels.ts';
import { createDialler } from '../../services/dialler.ts';
import { createOutboxChannel, openChannels, type StandInKind } from '../../services/notifications/outbox-channels.ts';
import { keyDigest } from '../../services/notifications/outcomes.ts';
import { messageTo } from './channels-suite/suite.ts';

const LOGGER = { info: () => undefined };
const never = new AbortController().signal;
const CONTACT = { contactId: 'C1', email: 'asha@example.com', phone: '+919812345678', telegram: '4242' };
const GATEWAY = { url: 'https://gateway.example.com', keys: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] };

/** An outbox that takes a message once, as the store's does. */
class Rows {
  readonly kept = new Map<string, OutboxMessage>();
  away = false;
  readonly put = async (workspace: string, message: OutboxMessage): Promise<void> => {
    if (this.away) throw new Error('canary: postgres is away');
    const key = `${workspace}/${message.messageId}`;
    if (!this.kept.has(key)) this.kept.set(key, message);
  };
}

const message = (key: string, address: string): OutgoingMessage => ({
  ...{ ...messageTo(address), key, contactId: 'C1', workspace: 'acme', subject: 'Hello', body: 'How are you?' },
});

async function keptBy(channel: DeliveryChannel, rows: Rows, key: string): Promise<OutboxMessage | undefined> {
  const address = channel.addressOf(CONTACT) ?? assert.fail('has no address');
  for (let times = 0; times < 2; times += 1) await channel.send(message(key, address), never);
  assert.equal(rows.kept.size, 1, 'one row, however often it is sent');
  const [row] = rows.kept.values();
  assert.ok(Math.abs(Date.parse(row?.createdAt ?? '') - Date.now()) < 60_000);
  return row && { ...row, createdAt: '' };
}

const row = (more: Partial<OutboxMessage>): OutboxMessage => ({
  ...{ messageId: '', kind: 'in_app', interventionId: null, customerId: null, contactId: 'C1', channel: 'in_app' },
  ...{ to: 'C1', subject: 'Hello', body: 'How are you?', reason: '', createdAt: '' },
  ...more,
});

test('messages in the application and calls to make are rows of the outbox', async () => {
  for (const [name, kept] of [
    ['in_app', { kind: 'in_app', to: 'C1', reason: 'Kept for the person to see in the application' }],
    ['phone', { kind: 'call', to: CONTACT.phone, reason: 'A call for somebody to make' }],
  ] as const) {
    const rows = new Rows();
    await using dialler = createDialler();
    const nothing = { smtp: null, telegram: null, gateways: {}, webhookKeys: [] };
    const { channels } = openChannels({ channels: nothing }, { store: { outbox: rows }, logger: LOGGER, dialler });
    assert.deepEqual([...channels.keys()].toSorted(), ['in_app', 'log', 'phone']);
    const messageId = keyDigest(message('follow-up/F1/message', ''));
    assert.match(messageId, /^[0-9a-f]{32}$/);
    assert.deepEqual(
      await keptBy(channels.get(name)!, rows, 'follow-up/F1/message'),
      row({ ...kept, channel: name, messageId }),
    );
  }
});

test('with a gateway calls go there, and are no rows', async () => {
  const rows = new Rows();
  await using dialler = createDialler();
  const configured = { smtp: null, telegram: null, gateways: { phone: GATEWAY }, webhookKeys: [] };
  const { channels } = openChannels({ channels: configured }, { store: { outbox: rows }, logger: LOGGER, dialler });
  const sent = channels.get('phone')!.send(message('k', CONTACT.phone), AbortSignal.abort());
  await assert.rejects(sent, DeliveryError);
  assert.equal(rows.kept.size, 0);
});

const ADDRESSES: Record<Channel, string> = {
  ...{ email: CONTACT.email, telegram: CONTACT.telegram, in_app: CONTACT.contactId },
  ...{ phone: CONTACT.phone, sms: CONTACT.phone, whatsapp: CONTACT.phone },
};
const ofWhat: [StandInKind, key: string, Partial<OutboxMessage>][] = [
  ['follow_up', 'follow-up/F1/message', {}],
  ['intervention', 'intervention/I-1/message', { interventionId: 'I-1', customerId: 'C1' }],
];
for (const [kind, key, more] of ofWhat) {
  test(`what no channel is configured for is kept as ${kind}, with the address it would have gone to`, async () => {
    for (const [name, to] of Object.entries(ADDRESSES) as [Channel, string][]) {
      const rows = new Rows();
      const channel = createOutboxChannel(name, rows, kind);
      assert.deepEqual([channel.name, channel.repeatable], [name, true]);
      const reason = 'No channel is configured to send it';
      const messageId = keyDigest(message(key, ''));
      assert.deepEqual(await keptBy(channel, rows, key), row({ kind, channel: name, to, reason, messageId, ...more }));
      const { result } = await channel.send(message(key, to), never);
      assert.deepEqual(result, { id: messageId, outbox: true });
    }
  });
}

test('a contact without an address has none there either', () => {
  const channel = createOutboxChannel('sms', new Rows(), 'follow_up');
  assert.equal(channel.addressOf({ ...CONTACT, phone: null }), null);
});

test('while the store is away, or once it was stopped, it has not gone and may be tried again', async () => {
  const rows = new Rows();
  const channel = createOutboxChannel('email', rows, 'follow_up');
  const outcomes: [AbortSignal, boolean][] = [
    [never, true],
    [AbortSignal.abort(), false],
  ];
  for (const [signal, away] of outcomes) {
    rows.away = away;
    await assert.rejects(channel.send(message('k', 'a@example.com'), signal), (error) => {
      assert.ok(error instanceof DeliveryError);
      assert.equal(error.outcome, 'later');
      assert.doesNotMatch(error.message, /canary/);
      return true;
    });
  }
  assert.equal(rows.kept.size, 0);
});
