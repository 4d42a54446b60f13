import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { replayHistories } from '../../services/temporal/histories.ts';
import { loadWorkflowBundle } from '../../workers/bundle.ts';
import { quietLogger } from '../support/service.ts';
import { quietRuntime } from '../support/temporal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const HISTORIES = join(import.meta.dirname, 'histories');
const LIMIT = { timeout: 60_000 };

/** What every version since 0.1.0 has. */
const SCENARIOS = [
  'intervention-approved',
  'intervention-cancelled-by-signal',
  'intervention-cancelled-through-temporal',
  'intervention-edited',
  'intervention-escalated-and-approved',
  'intervention-excluded',
  'intervention-expired',
  'intervention-of-a-deleted-customer',
  'intervention-of-nobody',
  'intervention-ready',
  'intervention-rejected',
  'intervention-with-model',
  'scan-cancelled',
  'scan-dry-run',
  'scan-from-schedule',
  'scan-with-exclusions',
  'scan-with-interventions',
];
/** What each version has besides. */
const MORE: Record<string, string[]> = {
  '0.1.0': [],
  '0.2.0': [
    'maintenance',
    'maintenance-of-one-workspace',
    'run-cancelled',
    'run-of-an-intervention',
    'run-refused',
    'run-timed-out',
    'run-triggered-with-timeout',
  ],
};
MORE['0.3.0'] = [
  ...MORE['0.2.0']!,
  'contact-continued-as-new',
  'contact-deferred',
  'contact-replied',
  'contact-sent',
  'contact-signalled',
  'contact-with-model',
  'contact-woken',
  'intervention-deferred',
];
MORE['0.4.0'] = [
  ...MORE['0.3.0'],
  'booking-cancelled-through-temporal',
  'booking-cancelled-while-made',
  'booking-completed',
  'booking-continued-as-new',
  'booking-expired',
  'booking-failed',
  'booking-no-show',
  'booking-repaired',
  'booking-rescheduled-and-cancelled',
];
/** Of 0.2.0: what the ledger has a row of. */
const IN_LEDGER = [...MORE['0.2.0']!, 'scan-from-schedule'];

describe('Histories recorded with released versions', async () => {
  const versions = await readdir(HISTORIES);
  let copies = '';
  quietRuntime();
  before(async () => {
    // Within the checkout, where the bundler finds the packages.
    await mkdir(join(ROOT, '.reveille'), { recursive: true });
    copies = await mkdtemp(join(ROOT, '.reveille', 'reordered-'));
  });
  after(() => rm(copies, { recursive: true, force: true }));

  /** Today's workflow code with one file changed. */
  async function bundleWith(name: string, file: string, change: (source: string) => string): Promise<{ code: string }> {
    const folder = join(copies, name);
    for (const part of ['workflows', 'domain']) await cp(join(ROOT, part), join(folder, part), { recursive: true });
    const path = join(folder, 'workflows', file);
    const source = await readFile(path, 'utf8');
    const changed = change(source);
    assert.notEqual(changed, source, `${file} is no longer written as this test expects`);
    await writeFile(path, changed);
    const entry = join(folder, 'workflows', 'index.ts');
    const interceptors = [join(folder, 'workflows', 'interceptors.ts')];
    const sources = { entry, interceptors, folders: [join(folder, 'workflows')] };
    return loadWorkflowBundle({ production: false, logger: quietLogger(), sources, cacheFolder: copies });
  }

  const failed = async (bundle: { code: string }): Promise<string[]> => {
    const outcomes = await replayHistories(join(HISTORIES, '0.1.0'), bundle);
    return outcomes.filter((outcome) => outcome.error?.includes('Nondeterminism')).map((outcome) => outcome.file);
  };

  const filesOf = (scenarios: string[]): string[] => scenarios.map((scenario) => `${scenario}.json`).toSorted();

  for (const version of versions) {
    test(`version ${version} has one of every way a workflow may go`, async () => {
      const files = await readdir(join(HISTORIES, version));
      assert.deepEqual(files.toSorted(), filesOf([...SCENARIOS, ...(MORE[version] ?? [])]));
    });

    test(`today's code does again what version ${version} did`, LIMIT, async () => {
      const bundle = await loadWorkflowBundle({ production: false, logger: quietLogger() });
      const outcomes = await replayHistories(join(HISTORIES, version), bundle);
      assert.ok(outcomes.length > 0);
      assert.deepEqual(
        outcomes.filter((outcome) => outcome.error !== null),
        [],
      );
    });

    test(`the recordings of version ${version} tell nothing of people and machines`, async () => {
      for (const file of await readdir(join(HISTORIES, version))) {
        const text = await readFile(join(HISTORIES, version, file), 'utf8');
        const payloads = [...text.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => atob(data!));
        const all = [text, ...payloads].join('\n');
        assert.doesNotMatch(all, /@example\.com|\+1555|First[A-Z]/, `${file} names a customer`);
        assert.equal(all.includes(hostname()), false, `${file} names a machine`);
        assert.doesNotMatch(all, /"stackTrace":"[^"]|\/(home|root|work|tmp|Users)\//, `${file} names a folder`);
      }
    });
  }

  test('an intervention whose agents changed places fails the replay', LIMIT, async () => {
    const bundle = await bundleWith('agents', 'intervention.ts', (source) =>
      source.replace(/( *await agents\.analyseContext.*\n)( *await agents\.findPattern.*\n)/, '$2$1'),
    );
    const files = await failed(bundle);
    assert.ok(files.includes('intervention-approved.json') && files.includes('intervention-with-model.json'));
    assert.ok(files.every((file) => file.startsWith('intervention-')));
  });

  test('a contact that sends elsewhere than in its own task fails the replay of what it sent', LIMIT, async () => {
    const bundle = await bundleWith('contact', 'contact/contact.ts', (source) =>
      source.replace('here ? sendingHere.', '!here ? sendingHere.'),
    );
    const outcomes = await replayHistories(join(HISTORIES, '0.3.0'), bundle);
    const other = outcomes.filter((outcome) => outcome.error !== null).map((outcome) => outcome.file);
    assert.deepEqual(other, filesOf(['contact-deferred', 'contact-sent', 'contact-with-model', 'contact-woken']));
  });

  test('a booking that is moved without a look at the calendar fails the replay of what was moved', LIMIT, async () => {
    const bundle = await bundleWith('booking', 'booking/changes.ts', (source) =>
      source.replace('    await checking.checkSlot(course.step());\n', ''),
    );
    const outcomes = await replayHistories(join(HISTORIES, '0.4.0'), bundle);
    const other = outcomes.filter((outcome) => outcome.error !== null).map((outcome) => outcome.file);
    assert.deepEqual(other, filesOf(['booking-continued-as-new', 'booking-rescheduled-and-cancelled']));
  });

  test('a scan that begins before it is labelled fails the replay', LIMIT, async () => {
    const label = '  labelWorkflow({ Workspace: workspace });\n';
    const bundle = await bundleWith('scan', 'customer-scan.ts', (source) =>
      source.replace(label, '').replace('  let worst', `${label}  let worst`),
    );
    const files = await failed(bundle);
    assert.deepEqual(files, filesOf(SCENARIOS.filter((scenario) => scenario.startsWith('scan-'))));
  });

  test(
    'a ledger that does not write the start fails the replay of what it wrote, and of nothing else',
    LIMIT,
    async () => {
      const bundle = await bundleWith('startless', 'run-ledger.ts', (source) =>
        source.replace('continuedFromExecutionRunId === undefined', 'continuedFromExecutionRunId !== undefined'),
      );
      // A local activity in another's place is handed its result, so that an intervention fails over that first.
      const outcomes = await replayHistories(join(HISTORIES, '0.2.0'), bundle);
      const other = outcomes.filter((outcome) => outcome.error !== null).map((outcome) => outcome.file);
      assert.deepEqual(other, filesOf(IN_LEDGER));
      assert.deepEqual(await failed(bundle), []);
    },
  );

  test('a ledger of runs that began before there was one fails the replay', LIMIT, async () => {
    const bundle = await bundleWith('unpatched', 'run-ledger.ts', (source) =>
      source.replace(" || !patched('run-ledger')", ''),
    );
    assert.deepEqual(await failed(bundle), ['scan-from-schedule.json']);
  });
});
