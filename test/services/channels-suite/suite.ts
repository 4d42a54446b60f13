import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { type DeliveryChannel, DeliveryError, type OutgoingMessage } from '../../../domain/ports/channels.ts';
import type { AcceptedEffect } from '../../support/accepted-effects.ts';

/** How long a channel waits for the other side: for one that will never answer, and for one that will. */
const PATIENCE_MS = { short: 1_000, long: 15_000 };
export const BODY = 'canary-body-5c1e: your order has shipped';
const ADDRESS_CANARY = 'canary-address';

/** Everything that may go wrong at the other side. Each leaves the service saying for itself what it did. */
export const FAULTS = [
  'down',
  'refused',
  'later',
  'later, with the time to wait',
  'no answer, not accepted',
  'no answer, accepted',
  'cut off after accepting',
  'garbage for an answer',
  'an answer of 10 MB',
  'a slow drip for an answer',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What a channel makes of a fault: its outcome, and how many effects there are then. */
export interface Expected {
  outcome: DeliveryError['outcome'] | 'delivered';
  effects: number;
  retryAfterMs?: number | null;
}

/** A channel with the service behind it. */
export interface Rig extends AsyncDisposable {
  channel: DeliveryChannel;
  address: string;
  effects(): AcceptedEffect[];
  /** Makes the service misbehave from now on. */
  cause(fault: Fault): Promise<void> | void;
  /** Resolves when the service has the message and is silent. */
  reached(): Promise<void>;
  /** Values that no error may show. */
  secrets: readonly string[];
}

export interface ChannelCase {
  name: string;
  open(timeoutMs: number): Promise<Rig>;
  /** Faults that the service behind can have. */
  faults: Partial<Record<Fault, Expected>>;
  /** What stopping a send does that the service is silent about. Absent: it cannot be silent. */
  stopped?: Expected;
}

export const messageTo = (address: string, key = 'follow-up/F1/message'): OutgoingMessage => ({
  workspace: 'default',
  key,
  contactId: 'c1',
  to: { name: 'Asha Rao', address },
  subject: 'Your order',
  body: address.startsWith('http') ? JSON.stringify({ type: 'run.completed', data: BODY }) : BODY,
  language: 'en',
  purpose: 'service',
});

const never = (): AbortSignal => new AbortController().signal;

/** What every channel does, whatever is behind it. */
export function channelSuite({ name, open, faults, stopped }: ChannelCase): void {
  test(`${name}: a message is sent once, to the address, as it is`, { timeout: 20_000 }, async () => {
    await using rig = await open(PATIENCE_MS.long);
    const message = messageTo(rig.address);
    const { result } = await rig.channel.send(message, never());
    assert.ok(Object.values(result).every((value) => typeof value !== 'object'));
    const [effect, ...more] = rig.effects();
    assert.deepEqual([effect?.text, more.length], [message.body, 0]);
    assert.ok(message.to.address.endsWith(effect?.to ?? '-'), `${effect?.to}`);
  });

  test(`${name}: the same key again is one effect where the channel says so, and has the same mark`, async () => {
    await using rig = await open(PATIENCE_MS.long);
    for (const key of ['a', 'a', 'b']) await rig.channel.send(messageTo(rig.address, key), never());
    const effects = rig.effects();
    assert.equal(effects.length, rig.channel.repeatable ? 2 : 3);
    const [first, second] = effects.map(({ key }) => key);
    if (!rig.channel.repeatable) assert.equal(first, second);
    assert.ok(effects.at(-1)?.key === null || effects.at(-1)?.key !== first);
  });

  test(`${name}: the same key in another workspace is another message`, async () => {
    await using rig = await open(PATIENCE_MS.long);
    const message = messageTo(rig.address);
    await rig.channel.send(message, never());
    await rig.channel.send({ ...message, workspace: 'other' }, never());
    const [first, second] = rig.effects();
    assert.ok(first && second);
    assert.ok(first.key === null || first.key !== second.key);
  });

  test(`${name}: stopped before it began, it has not happened`, async () => {
    await using rig = await open(PATIENCE_MS.long);
    const error = await failure(rig, AbortSignal.abort());
    assert.deepEqual([error?.outcome, rig.effects().length], ['later', 0]);
  });

  for (const fault of FAULTS) {
    const expected = faults[fault];
    if (expected === undefined) continue;
    test(`${name}: ${fault} is ${expected.outcome}`, { timeout: 20_000 }, async () => {
      await using rig = await open(PATIENCE_MS[/no answer|drip/.test(fault) ? 'short' : 'long']);
      await rig.cause(fault);
      const error = await failure(rig, never());
      assert.equal(error?.outcome ?? 'delivered', expected.outcome, error?.message);
      assert.equal(rig.effects().length, expected.effects);
      if (expected.retryAfterMs !== undefined) assert.equal(error?.retryAfterMs, expected.retryAfterMs);
      if (error) withoutSecrets(error, rig);
    });
  }

  if (stopped) {
    test(
      `${name}: stopped while the other side is silent is ${stopped.outcome}, at once`,
      { timeout: 20_000 },
      async () => {
        await using rig = await open(PATIENCE_MS.long);
        await rig.cause('no answer, accepted');
        const stop = new AbortController();
        const sending = failure(rig, stop.signal);
        await rig.reached();
        stop.abort();
        const error = await sending;
        assert.deepEqual([error?.outcome, rig.effects().length], [stopped.outcome, stopped.effects]);
      },
    );
  }
}

async function failure(rig: Rig, signal: AbortSignal): Promise<DeliveryError | null> {
  const error = await rig.channel.send(messageTo(rig.address), signal).then(
    () => null,
    (caught: unknown) => caught,
  );
  assert.ok(error === null || error instanceof DeliveryError, inspect(error));
  return error;
}

function withoutSecrets(error: DeliveryError, { secrets, address }: Rig): void {
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [...secrets, address, ADDRESS_CANARY, 'canary-body']) {
    assert.ok(!shown.includes(secret), shown);
  }
}
