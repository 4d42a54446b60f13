import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { ReveilleError } from '../../domain/errors.ts';
import { acquireTemporalCli, atLeast } from '../../services/temporal/server/acquire-cli.ts';
import type { CommandOptions, CommandResult } from '../../services/temporal/server/command.ts';

const CURRENT = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';
const BUILT = 'temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)';
const missing: CommandResult = { ok: false, output: 'spawn temporal ENOENT' };

interface Machine {
  /** What `temporal --version` on the PATH says. */
  onPath?: string;
  downloads?: boolean;
  go?: 'works' | 'fails' | 'absent';
}

/** A machine as far as programs that are run there go; executables are files that hold what `--version` says. */
function machine({ onPath, downloads = false, go = 'absent' }: Machine) {
  const cacheDir = mkdtempSync(join(tmpdir(), 'reveille-acquire-'));
  const ran: string[] = [];
  const lines: string[] = [];
  const cached = new Map<string, string>();
  async function run(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
    ran.push([basename(file), ...args.map((each) => basename(each))].join(' '));
    if (args[0] === '--version') {
      const says = file === 'temporal' ? onPath : cached.get(basename(dirname(file)));
      return says ? { ok: true, output: says } : missing;
    }
    if (file === 'go' && args[0] === 'version') return { ok: go !== 'absent', output: 'go version' };
    if (file === 'go') {
      if (go === 'fails') return { ok: false, output: 'go: downloading\nno such host' };
      writeFileSync(join(options.env?.['GOBIN'] ?? '', 'temporal'), '');
      cached.set('temporal-cli-1.5.1', BUILT);
      return { ok: true, output: '' };
    }
    if (!downloads) return { ok: false, output: 'dns error' };
    writeFileSync(join(args.at(-1)!, 'temporal-cli'), '');
    cached.set('temporal-cli-1.5.1', CURRENT);
    return { ok: true, output: '' };
  }
  const acquire = () => acquireTemporalCli({ cacheDir, report: (line) => lines.push(line), env: {}, run });
  return { acquire, cacheDir, ran, lines };
}

test('a recent temporal on the PATH is used as it is', async () => {
  const { acquire, ran, lines } = machine({ onPath: 'temporal version 1.6.0 (Server 1.30.0, UI 2.50.0)' });
  assert.deepEqual(await acquire(), { path: 'temporal', version: '1.6.0', how: 'path' });
  assert.deepEqual(ran, ['temporal --version']);
  assert.deepEqual(lines, []);
});

test('one built by go install, which has no version, is told by its server', async () => {
  assert.equal((await machine({ onPath: BUILT }).acquire()).how, 'path');
  const old = machine({ onPath: 'temporal version 0.0.0-DEV (Server 1.25.0, UI 2.30.0)', downloads: true });
  assert.equal((await old.acquire()).how, 'download');
});

test('an old one on the PATH is passed over for the download, which later starts find in the cache', async () => {
  const { acquire, cacheDir, lines } = machine({ onPath: 'temporal version 1.4.9 (Server 1.28.0)', downloads: true });
  const path = join(cacheDir, 'temporal-cli-1.5.1', 'temporal');
  assert.deepEqual(await acquire(), { path, version: '1.5.1', how: 'download' });
  const said = lines.length;
  assert.deepEqual(await acquire(), { path, version: '1.5.1', how: 'cache' });
  assert.equal(lines.length, said);
  assert.deepEqual(readdirSync(cacheDir), ['temporal-cli-1.5.1']);
});

test('where the download is refused Go builds it, and what it does is told', async () => {
  const { acquire, lines, cacheDir } = machine({ go: 'works' });
  assert.equal((await acquire()).how, 'go');
  assert.match(
    lines.join('\n'),
    /downloading CLI v1\.5\.1[\s\S]*not possible here[\s\S]*with Go, once only[\s\S]*is here/,
  );
  assert.deepEqual(readdirSync(cacheDir), ['temporal-cli-1.5.1']);
});

test('two at once get it once', async () => {
  const { acquire, ran } = machine({ go: 'works' });
  const both = await Promise.all([acquire(), acquire()]);
  assert.deepEqual(both.map(({ how }) => how).toSorted(), ['cache', 'go']);
  assert.equal(ran.filter((line) => line.startsWith('go install')).length, 1);
});

test('what a killed process left half done is cleared away', async () => {
  const { acquire, cacheDir } = machine({ go: 'works' });
  mkdirSync(join(cacheDir, 'getting-cli-abc'));
  writeFileSync(join(cacheDir, 'temporal-cli.lock'), '999999999 another-boot/1');
  await acquire();
  assert.deepEqual(readdirSync(cacheDir), ['temporal-cli-1.5.1']);
});

test('when nothing works one message lists what was tried, why it failed, and the remedies', async () => {
  const { acquire, cacheDir } = machine({ go: 'fails' });
  await assert.rejects(acquire, (error: unknown) => {
    assert.ok(error instanceof ReveilleError);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /on the PATH: not found/);
    assert.match(error.message, /download of the Temporal CLI v1\.5\.1: dns error/);
    assert.match(error.message, /go install \S+@v1\.5\.1: no such host/);
    assert.match(error.message, /TEMPORAL_ADDRESS/);
    return true;
  });
  assert.deepEqual(readdirSync(cacheDir), []);
});

test('versions compare by number', () => {
  assert.ok(atLeast('1.5.1', '1.5.1'));
  assert.ok(atLeast('v1.10.0', '1.5.1'));
  assert.ok(atLeast('2.0.0-rc.1', '1.5.1'));
  assert.ok(!atLeast('1.5.0', '1.5.1'));
  assert.ok(!atLeast('0.99.99', '1.5.1'));
  assert.ok(!atLeast('something', '1.5.1'));
  assert.ok(!atLeast(undefined, '1.5.1'));
});
