import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, isIP, type Server } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAllowEntry, isPublic } from '../../services/address-rules.ts';
import { AddressRefused, createDialler, type Dialler } from '../../services/dialler.ts';

const PUBLIC = '93.184.215.14';

/** A server that greets and counts who comes. */
async function listening(http = false, answer: { status: number; location?: string } = { status: 200 }) {
  let connections = 0;
  const server: Server = http
    ? createHttpServer((_request, response) => {
        response.writeHead(answer.status, answer.location ? { location: answer.location } : {});
        response.end('hello');
      })
    : createServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('hello'),
      );
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const refusedBy = async (dialler: Dialler, host: string, port: number): Promise<void> => {
  await assert.rejects(dialler.connect({ host, port }), AddressRefused);
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`;
  await assert.rejects(dialler.fetch(url), ({ cause }: Error) => cause instanceof AddressRefused);
};

const greeting = async (dialler: Dialler, host: string, port: number): Promise<string> => {
  const socket = await dialler.connect({ host, port });
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

const ranges: Record<string, string[]> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '::ffff:10.0.0.1', 'fc00::1', 'fd12:3456::1'],
  'link-local and metadata': [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
  ],
  'shared (CGNAT)': ['100.64.0.1', '100.127.255.254'],
  'multicast and broadcast': ['224.0.0.1', '239.255.255.250', 'ff02::1', '255.255.255.255'],
  'reserved, and IPv6 that wraps IPv4': [
    '192.0.2.1',
    '240.0.0.1',
    '2001:db8::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
  ],
};

for (const [range, addresses] of Object.entries(ranges)) {
  test(`${range} addresses are not public: ${addresses.join(' ')}`, () => {
    assert.deepEqual(addresses.filter(isPublic), []);
  });
}

test('addresses of the Internet are public, and what is no address is not', () => {
  assert.deepEqual([PUBLIC, '1.1.1.1', '2606:4700::1111', '::ffff:1.1.1.1'].filter(isPublic).length, 4);
  assert.deepEqual(['', 'localhost', '127.1', '0x7f.1', '2130706433', '1.2.3'].filter(isPublic), []);
  fc.assert(
    fc.property(fc.ipV4(), (address) => isPublic(address) === isPublic(`::ffff:${address}`)),
    { numRuns: 300 },
  );
});

test('loopback is refused by default by name, by number and wrapped in IPv6, and nobody is called', async () => {
  await using server = await listening();
  await using dialler = createDialler();
  for (const host of ['localhost', '127.0.0.1', '::ffff:127.0.0.1', '::1']) await refusedBy(dialler, host, server.port);
  // Spellings that a resolver or a URL parser would turn into 127.0.0.1.
  for (const host of ['127.1', '2130706433', '0x7f000001', '0177.0.0.1']) {
    await assert.rejects(
      dialler.fetch(`http://${host}:${server.port}/`),
      ({ cause }: Error) => cause instanceof AddressRefused,
    );
    await assert.rejects(dialler.connect({ host, port: server.port }));
  }
  assert.equal(server.connections(), 0);
});

test('what the configuration allows is connected to, by host, host and port, or range, and nothing beside it', async () => {
  await using server = await listening();
  for (const entry of ['localhost', `localhost:${server.port}`, 'LOCALHOST.', '127.0.0.0/8']) {
    await using dialler = createDialler({
      allowPrivateHosts: [entry],
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    assert.equal(await greeting(dialler, 'localhost', server.port), 'hello', entry);
  }
  for (const entry of ['localhost:1', '10.0.0.0/8', 'other', '::1', 'fd00::/8']) {
    await using dialler = createDialler({ allowPrivateHosts: [entry] });
    await refusedBy(dialler, 'localhost', server.port);
  }
  assert.equal(server.connections(), 4);
});

test('allowing a host for one purpose does not allow it for others', async () => {
  await using server = await listening();
  await using dialler = createDialler();
  assert.equal(await greeting(dialler.allowing([`127.0.0.1:${server.port}`]), '127.0.0.1', server.port), 'hello');
  await refusedBy(dialler, '127.0.0.1', server.port);
});

test('one private address among several refuses them all', async () => {
  for (const addresses of [
    [PUBLIC, '10.0.0.1'],
    ['10.0.0.1', PUBLIC],
    [PUBLIC, '::ffff:169.254.169.254'],
  ]) {
    const lookup = async () => addresses.map((address) => ({ address, family: isIP(address) }));
    await using dialler = createDialler({ lookup });
    await refusedBy(dialler, 'mixed.example', 443);
  }
});

test('a name that changes its answer after the check gains nothing: the checked address is the one that is called', async () => {
  await using server = await listening();
  await using other = await listening(true);
  const asked: string[] = [];
  // The first answer of each pair is allowed; a second look-up for the same connection would get the other one.
  const lookup = async (host: string) => {
    asked.push(host);
    return [{ address: asked.length % 2 === 1 ? '127.0.0.1' : '10.255.255.1', family: 4 }];
  };
  await using dialler = createDialler({ lookup, allowPrivateHosts: ['127.0.0.0/8'] });
  assert.equal(await greeting(dialler, 'rebinding.example', server.port), 'hello');
  assert.deepEqual(asked, ['rebinding.example']);
  asked.length = 0;
  const answer = await dialler.fetch(`http://rebinding.example:${other.port}/`);
  assert.deepEqual([await answer.text(), asked.length], ['hello', 1]);
});

test('every new connection is checked again', async () => {
  await using server = await listening();
  let address = '127.0.0.1';
  await using dialler = createDialler({
    lookup: async () => [{ address, family: 4 }],
    allowPrivateHosts: ['127.0.0.0/8'],
  });
  assert.equal(await greeting(dialler, 'moving.example', server.port), 'hello');
  address = '10.0.0.1';
  await refusedBy(dialler, 'moving.example', server.port);
});

test('a redirect is given back, not followed, even where the caller asks for that', async () => {
  await using target = await listening(true);
  await using server = await listening(true, { status: 302, location: `http://127.0.0.1:${target.port}/` });
  await using dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const answer = await dialler.fetch(`http://127.0.0.1:${server.port}/`, { redirect: 'follow' });
  assert.equal(answer.status, 302);
  await answer.body?.cancel();
  assert.equal(target.connections(), 0);
});

test('an answer without end is cut off at 10 MB', { timeout: 30_000 }, async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const server = createHttpServer((_request, response) => {
    const push = (): void => {
      while (!response.destroyed && response.write(chunk));
      response.once('drain', push);
    };
    push();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'] });
  const answer = await dialler.fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await assert.rejects(answer.arrayBuffer());
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a connection that is not made in time, or no longer wanted, is given up', { timeout: 20_000 }, async () => {
  await using dialler = createDialler({ lookup: () => new Promise(() => undefined) });
  await assert.rejects(dialler.connect({ host: 'silent.example', port: 25, timeoutMs: 50 }), { name: 'TimeoutError' });
  const stop = new AbortController();
  const asked = dialler.connect({ host: 'silent.example', port: 25, signal: stop.signal });
  stop.abort();
  await assert.rejects(asked, { name: 'AbortError' });
});

test(
  'a service that takes the request and says nothing is given up after the time it was given',
  { timeout: 20_000 },
  async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using dialler = createDialler({ allowPrivateHosts: ['127.0.0.1'], silenceMs: 200 });
    const { port } = server.address() as AddressInfo;
    for (const each of [dialler, dialler.allowing(['10.0.0.1'])]) {
      await assert.rejects(each.fetch(`http://127.0.0.1:${port}/`), ({ cause }: Error) => {
        return (cause as { code?: string }).code === 'UND_ERR_HEADERS_TIMEOUT';
      });
    }
    server.close();
  },
);

test('entries of the allowed list are hosts, host:port, addresses and ranges, and nothing else', () => {
  const good = [
    'mail',
    'mail.internal:25',
    '10.0.0.1',
    '10.0.0.1:25',
    '::1',
    '[::1]',
    '[::1]:25',
    '10.0.0.0/8',
    'fd00::/8',
  ];
  const bad = [
    '',
    'http://mail',
    'mail:0',
    'mail:65536',
    'mail:x',
    '10.0.0.0/33',
    '[mail]:25',
    'a b',
    '*',
    '::g',
    '10.0.0/8',
  ];
  assert.deepEqual(
    good.filter((entry) => !isAllowEntry(entry)),
    [],
  );
  assert.deepEqual(bad.filter(isAllowEntry), []);
  assert.throws(() => createDialler({ allowPrivateHosts: ['http://mail'] }));
});
