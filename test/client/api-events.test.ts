import assert from 'node:assert/strict';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Event, EventType } from '../../domain/contracts/events.ts';
import { type StoreApi, TOKEN, request, startStoreApi } from '../support/api.ts';

let service: StoreApi;
before(async () => {
  service = await startStoreApi({
    eventLimits: { pollMs: 20, tokenMs: 300, heartbeatMs: 200, unreadBytes: 256 * 1024 },
  });
});
after(() => service?.stop());

/** A client that keeps what comes. */
class Listener {
  readonly events: Event[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #pinged: Promise<unknown>;

  constructor(query = '', options: { protocols?: string[]; origin?: string; autoPong?: boolean } = {}) {
    const url = `${service.api.url.replace('http', 'ws')}/api/events${query}`;
    const { protocols = [], origin, autoPong = true } = options;
    this.socket = new WebSocket(url, protocols, { autoPong, ...(origin && { origin }) });
    this.socket.on('message', (data: Buffer) => this.events.push(JSON.parse(data.toString()) as Event));
    this.#pinged = once(this.socket, 'ping');
    this.#pinged.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on('error', () => undefined);
  }

  /** Open, and with a first message also admitted: the first ping says so. */
  async open(first?: object): Promise<this> {
    await once(this.socket, 'open');
    if (first) this.socket.send(JSON.stringify(first));
    if (first) await Promise.race([this.#pinged, this.closed]);
    return this;
  }

  async has(count: number): Promise<Event[]> {
    const deadline = performance.now() + 10_000;
    while (this.events.length < count) {
      assert.ok(performance.now() < deadline, `only ${this.events.length} of ${count} events came`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.events;
  }
}

let keys = 0;
const tell = (workspace: string, count = 1, data: object = {}, type: EventType = 'run.started'): Promise<void[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      service.store.events.append(workspace, {
        ...{ type, at: '2026-01-31T09:00:00.000Z', data },
        key: `key-${(keys += 1)}`,
      }),
    ),
  );

const seqs = (events: Event[]): number[] => events.map(({ seq }) => seq);
const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('events', () => {
  test('come from now on, in order and without gaps, as the contract has them', async () => {
    await tell('live', 3);
    const listener = await new Listener('?workspace=live').open({ token: TOKEN });
    await tell('live', 1, { scheduleId: 'live/nightly' });
    await tell('live', 20);
    assert.deepEqual(seqs(await listener.has(21)), upTo(24, 4));
    assert.deepEqual(listener.events[0], {
      ...{ seq: 4, type: 'run.started', workspace: 'live', at: '2026-01-31T09:00:00.000Z' },
      data: { scheduleId: 'live/nightly' },
    });
    listener.socket.close();
    await listener.closed;
  });

  test('are resumed after the last that came, however many were missed, and go on live', async () => {
    await tell('resume', 700);
    const listener = await new Listener('?workspace=resume').open({ token: TOKEN, lastSeq: 100 });
    await tell('resume', 5);
    assert.deepEqual(seqs(await listener.has(605)), upTo(705, 101));
    const other = await new Listener('?workspace=resume&lastSeq=0', { protocols: [`reveille.${TOKEN}`] }).open();
    await tell('resume', 5);
    assert.deepEqual(seqs(await other.has(710)), upTo(710));
    assert.deepEqual(seqs(await listener.has(610)), upTo(710, 101));
    for (const { socket } of [listener, other]) socket.terminate();
  });

  test('reach everyone who listens, and nobody of another workspace', async () => {
    const [one, two, other] = await Promise.all([
      new Listener('?workspace=shared').open({ token: TOKEN, lastSeq: 0 }),
      new Listener('?workspace=shared').open({ token: TOKEN, lastSeq: 0 }),
      new Listener('?workspace=elsewhere').open({ token: TOKEN, lastSeq: 0 }),
    ]);
    const shown = (await request(service.api, '/metrics')).text;
    assert.match(shown, /^reveille_event_subscribers [3-9]$/m);
    await tell('shared', 3);
    await tell('elsewhere', 1);
    assert.deepEqual(seqs(await one.has(3)), [1, 2, 3]);
    assert.deepEqual(seqs(await two.has(3)), [1, 2, 3]);
    assert.deepEqual((await other.has(1)).map(({ workspace }) => workspace), ['elsewhere']); // prettier-ignore
    for (const { socket } of [one, two, other]) socket.terminate();
  });

  test('that come while a listener reads up are not lost between what was and what is new', async () => {
    await tell('gap', 3);
    const one = await new Listener('?workspace=gap').open({ token: TOKEN });
    const { events } = service.store;
    const after = events.after.bind(events);
    let stage = 0;
    events.after = async (workspace, seq, limit) => {
      // The second read of the one that reads up: it comes before any poll can.
      const last = workspace === 'gap' && stage === 1;
      if (last) stage = 2;
      const found = await after(workspace, seq, limit);
      if (workspace === 'gap' && seq === 0) stage = 1;
      if (!last) return found;
      await tell('gap');
      await one.has(1);
      return [];
    };
    try {
      const two = await new Listener('?workspace=gap').open({ token: TOKEN, lastSeq: 0 });
      assert.deepEqual(seqs(await two.has(4)), [1, 2, 3, 4]);
      assert.equal(stage, 2);
      for (const { socket } of [one, two]) socket.terminate();
    } finally {
      events.after = after;
    }
  });

  test('while the store is away none is lost', async () => {
    const listener = await new Listener('?workspace=away').open({ token: TOKEN });
    const { events } = service.store;
    const after = events.after.bind(events);
    let failures = 0;
    events.after = async () => {
      failures += 1;
      throw new Error('away');
    };
    await tell('away', 2);
    while (failures < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    events.after = after;
    assert.deepEqual(seqs(await listener.has(2)), [1, 2]);
    listener.socket.terminate();
  });
});

describe('the token of a listener', () => {
  test('may be the subprotocol; the answer need not repeat it', async () => {
    const quiet = await new Listener('', { protocols: ['reveille', `reveille.${TOKEN}`] }).open();
    assert.equal(quiet.socket.protocol, 'reveille');
    const other = await new Listener('', { protocols: [`reveille.${TOKEN}`] }).open();
    assert.equal(other.socket.protocol, `reveille.${TOKEN}`);
    for (const { socket } of [quiet, other]) socket.terminate();
  });

  test('decides about the workspace and needs the scope read', async () => {
    const acme = (await service.token(['read'], 'acme')).token;
    const writer = (await service.token(['write'], 'acme')).token;
    const all = (await service.token(['read'], null)).token;
    const own = await new Listener().open({ token: acme, lastSeq: 0 });
    await tell('acme');
    assert.equal((await own.has(1))[0]?.workspace, 'acme');
    own.socket.terminate();
    const refused: [string, string, RegExp][] = [
      ['?workspace=other', acme, /another workspace/],
      ['', writer, /scope "read"/],
      ['', all, /workspace: must name/],
      ['', 'unknown', /Send a token/],
    ];
    for (const [query, token, why] of refused) {
      const { code, reason } = await (await new Listener(query).open({ token })).closed;
      assert.equal(code, 1008);
      assert.match(reason, why);
    }
  });

  test('ends the connection when it is revoked', async () => {
    const { token, tokenId } = await service.token(['read'], 'acme');
    const listener = await new Listener().open({ token });
    await request(service.api, `/api/tokens/${tokenId}`, { method: 'DELETE' });
    assert.equal((await listener.closed).code, 1008);
  });

  test('is waited for so long, and no longer', async () => {
    const { code, reason } = await (await new Listener().open()).closed;
    assert.deepEqual({ code, reason }, { code: 1008, reason: 'No token came in time' });
  });

  test('an event that is yet to come cannot have been the last', async () => {
    const { code, reason } = await (await new Listener('?workspace=new').open({ token: TOKEN, lastSeq: 9 })).closed;
    assert.deepEqual({ code, reason }, { code: 1008, reason: 'There is no event 9 yet; the last is 0' });
  });
});

describe('a listener that misbehaves', () => {
  /** The answer to a handshake that is refused. */
  async function handshake(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
    const call = httpRequest(`${service.api.url}${path}`, {
      agent: false,
      headers: {
        ...{ connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
        ...{ 'sec-websocket-key': Buffer.alloc(16).toString('base64'), ...headers },
      },
    });
    call.end();
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    call.once('response', (answer) => resolve(answer.resume().statusCode));
    call.once('upgrade', (answer: IncomingMessage, socket) => {
      socket.destroy();
      resolve(answer.statusCode);
    });
    call.once('error', reject);
    return promise;
  }

  test('from a page of another origin is refused before it is let in', async () => {
    const { host } = new URL(service.api.url);
    for (const origin of ['https://evil.example', `http://${host}.evil.example`, 'null', 'nonsense']) {
      assert.equal(await handshake('/api/events', { origin }), 403, origin);
    }
    const own = await new Listener('', { origin: service.api.url }).open({ token: TOKEN });
    assert.equal(own.socket.readyState, WebSocket.OPEN);
    own.socket.terminate();
  });

  test('is refused with what a URL may not say, and other paths have no sockets', async () => {
    assert.equal(await handshake(`/api/events?token=${TOKEN}`), 422);
    assert.equal(await handshake('/api/events?lastSeq=-1'), 422);
    assert.equal(await handshake('/api/nothing'), 404);
    assert.equal((await request(service.api, '/api/events')).status, 404);
  });

  const sent: [title: string, data: string | Buffer, code: number][] = [
    ['text that is no JSON', 'hello', 1008],
    ['an object without a token', '{"lastSeq":1}', 1008],
    ['an unknown field', JSON.stringify({ token: TOKEN, workspace: 'other' }), 1008],
    ['a place that is none', JSON.stringify({ token: TOKEN, lastSeq: -1 }), 1008],
    ['binary data', Buffer.from(JSON.stringify({ token: TOKEN })), 1003],
    ['a message that is too large', JSON.stringify({ token: 'x'.repeat(5_000) }), 1009],
  ];
  for (const [title, data, expected] of sent) {
    test(`by ${title} is closed with ${expected}`, async () => {
      const listener = await new Listener().open();
      listener.socket.send(data);
      assert.equal((await listener.closed).code, expected);
    });
  }

  test('by a flood of messages is closed at the second', async () => {
    const listener = await new Listener().open({ token: TOKEN });
    for (let count = 0; count < 1_000; count += 1) listener.socket.send('{}');
    const { code, reason } = await listener.closed;
    assert.deepEqual([code, reason], [1008, 'Only one message is read, the one with the token']);
  });

  test('by not answering pings is dropped', async () => {
    const listener = await new Listener('', { autoPong: false }).open({ token: TOKEN });
    assert.equal((await listener.closed).code, 1006);
  });

  test('by not reading is cut off, which costs those who do nothing', async () => {
    const slow = await new Listener('?workspace=slow').open({ token: TOKEN });
    const quick = await new Listener('?workspace=slow').open({ token: TOKEN });
    slow.socket.pause();
    const data = { text: 'x'.repeat(64 * 1024) };
    for (let round = 1; round <= 12; round += 1) {
      await tell('slow', 20, data);
      await quick.has(round * 20);
    }
    assert.deepEqual(seqs(quick.events), upTo(240));
    // Two pings later; it sees none of it, since it does not read.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    slow.socket.resume();
    const { code } = await slow.closed;
    assert.ok(code === 1013 || code === 1006, `closed with ${code}`);
    assert.ok(slow.events.length < 240);
    quick.socket.terminate();
  });
});

test('a service that stops says so', async () => {
  const own = await startStoreApi();
  const socket = new WebSocket(`${own.api.url.replace('http', 'ws')}/api/events`, [`reveille.${TOKEN}`]);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await own.stop();
  assert.equal((await closed)[0], 1001);
});
