import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Problem } from '../../client/api/problem.ts';
import type { Evaluation } from '../../domain/contracts/evaluation.ts';
import type { Score } from '../../domain/customers/health-score.ts';
import { acquireLock } from '../../services/lock-file.ts';
import { openStore } from '../../services/store/open-store.ts';
import { CliFolder } from '../support/cli.ts';
import { workbookParts, zip } from '../support/workbook-file.ts';

const AS_OF = '2026-01-31T09:00:00.000Z';
let folder: CliFolder;

before(async () => {
  folder = new CliFolder();
  const { code } = await folder.run([
    ...['customers', 'generate', '--count', '60', '--seed', '7', '--as-of', AS_OF],
    ...['--out', 'sixty.xlsx'],
  ]);
  assert.equal(code, 0);
});
after(() => folder.end());

const file = (name: string): string => join(folder.path, name);

describe('wrong use', () => {
  const wrong: [title: string, args: string[], says: RegExp][] = [
    ['an unknown command', ['nonsense'], /unknown command 'nonsense'/],
    ['a misspelt one', ['customers', 'scor'], /Did you mean score\?/],
    ['an unknown option', ['outbox', '--all'], /unknown option '--all'/],
    ['a missing option', ['customers', 'generate', '--count', '5', '--seed', '1'], /required option '--out <file>'/],
    ['a missing argument', ['customers', 'import'], /missing required argument 'file'/],
    ['a number that is none', ['customers', 'generate', '--count', 'x', '--seed', '1', '--out', 'o'], /from 1 to/],
    ['a number out of range', ['scan', '--risk-threshold', '1.5'], /number from 0 to 1\./],
    ['a part of a number', ['scan', '--max-interventions', '2.5'], /whole number from 0 to 500/],
    ['a duration that is none', ['scan', '--interval', '5x'], /must be minutes, or a duration/],
    ['an interval below a second', ['scan', '--interval', '0'], /from 1s to 36500d/],
    ['a choice that is none', ['scan', '--mode', 'never'], /Allowed choices are once, continuous/],
    ['a state that is none', ['escalations', 'list', '--state', 'all'], /Allowed choices are open, resolved/],
    ['--stop of a single scan', ['scan', '--stop'], /--stop: pauses the schedule; give it with --mode continuous/],
    ['--as-of of a schedule', ['scan', '--mode', 'continuous', '--as-of', AS_OF], /--as-of: is for one scan/],
    ['an instant without a zone', ['customers', 'score', '--as-of', '2026-01-31'], /--as-of: must be an ISO 8601/],
    ['a workspace that is no slug', ['outbox', '--workspace', 'A B'], /--workspace: must be 1 to 40 of/],
    ['an edit without a text', ['approvals', 'edit', 'x'], /--body: give the new text/],
    ['a text file that is not there', ['approvals', 'edit', 'x', '--body-file', 'no.txt'], /no\.txt cannot be read/],
    ['a rejection without a reason', ['approvals', 'reject', 'x'], /required option '--note <text>'/],
    ['a folder without histories', ['histories', 'replay', 'none'], /The folder none cannot be read/],
    ['a worker without a server', ['worker'], /TEMPORAL_ADDRESS/],
  ];
  for (const [title, args, says] of wrong) {
    test(`${title} exits 2 with one line why`, async () => {
      const { code, stdout, stderr } = await folder.run(args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }

  test('with --json the one thing said is the problem, whoever found it wrong', async () => {
    for (const index of [0, 5, 14]) {
      const [, args, says] = wrong[index]!;
      const problem = await folder.problem(2, args);
      assert.equal(problem.code, 'invalid_input');
      assert.match(problem.detail, says);
    }
  });

  test('a command group alone shows its help and exits 2', async () => {
    const { code, stderr } = await folder.run(['approvals']);
    assert.equal(code, 2);
    assert.match(stderr, /^Usage: reveille approvals/);
    assert.match((await folder.problem(2, ['approvals'])).detail, /Name one of its commands/);
  });

  test('--help and --version exit 0 and print on stdout', async () => {
    for (const args of [['--help'], ['scan', '--help'], ['--version']]) {
      const { code, stdout, stderr } = await folder.run(args);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, /reveille|^\d+\.\d+\.\d+/);
    }
  });

  test('a stack is shown with --debug only', async () => {
    const { stderr } = await folder.run(['customers', 'import', 'none.xlsx', '--debug']);
    assert.match(stderr, /^reveille: none\.xlsx: there is no such file or folder\n/);
    assert.match(stderr, /^\s+at /m);
  });
});

describe('configuration', () => {
  const env = {
    REVEILLE_PORT: 'abc',
    REVEILLE_LOG_LEVEL: 'loud',
    REVEILLE_TYPO: '1',
    DATABASE_URL: 'mysql://user:geheim-1@host/db',
    REVEILLE_LLM_API_KEY: 'geheim-2',
  };

  test('every wrong variable is listed at once, with exit code 2 and no secret', async () => {
    const { code, stdout, stderr } = await folder.run(['outbox'], env);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    for (const name of ['REVEILLE_PORT', 'REVEILLE_LOG_LEVEL', 'REVEILLE_TYPO', 'DATABASE_URL']) {
      assert.match(stderr, new RegExp(`${name}: `));
    }
    assert.doesNotMatch(stderr, /geheim/);
    assert.equal(stderr.trim().split('\n').length, 1);
  });

  test('the problem of --json names each variable', async () => {
    const problem = await folder.problem(2, ['outbox'], env);
    assert.deepEqual(problem.errors.map((error) => error.path).toSorted(), [
      ...['DATABASE_URL', 'REVEILLE_LOG_LEVEL', 'REVEILLE_PORT', 'REVEILLE_TYPO'],
    ]);
    assert.doesNotMatch(JSON.stringify(problem), /geheim/);
  });
});

describe('customers generate', () => {
  const generate = (seed: string, out: string, asOf = AS_OF) =>
    folder.run(['customers', 'generate', '--count', '60', '--seed', seed, '--as-of', asOf, '--out', out]);

  const csvOf = (name: string): Promise<string[]> =>
    Promise.all(['customers', 'orders', 'churn_labels'].map((sheet) => readFile(file(`${name}/${sheet}.csv`), 'utf8')));

  test('the same arguments give the same rows; another seed or moment gives others', async () => {
    await Promise.all([
      ...[generate('7', 'a'), generate('7', 'b'), generate('8', 'c')],
      generate('7', 'd', '2025-01-31T09:00:00Z'),
    ]);
    const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map(csvOf));
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c);
    assert.notDeepEqual(a, d);
  });

  test('a workbook says the same as a folder of CSVs', async () => {
    await generate('7', 'e');
    const scores = await Promise.all(
      ['e', 'sixty.xlsx'].map((name) =>
        folder.json<Score[]>(['customers', 'score', '--workbook', name, '--as-of', AS_OF]),
      ),
    );
    assert.equal(scores[0]?.length, 60);
    assert.deepEqual(scores[0], scores[1]);
  });

  test('a name that is neither workbook nor folder is refused', async () => {
    const { code, stderr } = await generate('7', 'sample.csv');
    assert.equal(code, 2);
    assert.match(stderr, /--out: sample\.csv: name an \.xlsx file, or a folder/);
  });
});

describe('customers score and evaluate', () => {
  test('--json prints each customer with the ten factors, in the order of the sheet', async () => {
    const scores = await folder.json<Score[]>(['customers', 'score', '--workbook', 'sixty.xlsx', '--as-of', AS_OF]);
    const ids = scores.map((score) => score.customerId);
    assert.deepEqual(ids, ids.toSorted());
    assert.deepEqual(Object.keys(scores[0]!), ['customerId', 'health', 'churnRisk', 'riskLevel', 'factors']);
    for (const { health, factors } of scores) {
      const points = Object.values(factors);
      assert.equal(points.length, 10);
      assert.ok(Math.abs(points.reduce((sum, each) => sum + each, 0) - health) < 1e-12);
    }
  });

  test('evaluate --json prints the evaluation object', async () => {
    const args = ['customers', 'evaluate', '--workbook', 'sixty.xlsx', '--as-of', AS_OF, '--threshold', '0.5'];
    const evaluation = await folder.json<Evaluation>(args);
    assert.equal(evaluation.threshold, 0.5);
    assert.ok(evaluation.labelled > 0 && evaluation.labelled <= 60);
    assert.match(evaluation.verdict, /chance/);
  });

  test('nothing imported yet says how to begin, and is [] with --json', async () => {
    const args = ['customers', 'score', '--workspace', 'empty'];
    const { code, stdout } = await folder.run(args);
    assert.equal(code, 0);
    assert.match(stdout, /^Workspace empty has no customers yet\.\nImport some: npx reveille customers import FILE\n/);
    assert.deepEqual(await folder.json(args), []);
  });
});

describe('customers import, on the store alone', () => {
  /** Read here, between the commands: a process for each look would take seconds. */
  const ids = async (workspace: string): Promise<string[]> => {
    const store = await openStore({ dataDir: folder.path });
    try {
      const { customers } = await store.customers.page(workspace, { after: -1, limit: 10 });
      return customers.map((customer) => customer.customerId);
    } finally {
      await store.close();
    }
  };

  const importFile = (workspace: string, name: string, ...more: string[]) =>
    folder.run(['customers', 'import', name, '--workspace', workspace, ...more]);

  const workbook = (rows: (string | number)[][]): Buffer =>
    zip(workbookParts({ sheets: { customers: [['customer_id', 'segment', 'lifetime_value'], ...rows] } }));

  test('a file replaces what was there, --merge adds to it, and a bad file changes nothing', async () => {
    await writeFile(file('two.xlsx'), workbook([['A1', 'VIP', 10], ['A2', 'Loyal', 20]])); // prettier-ignore
    await writeFile(file('one.xlsx'), workbook([['B1', 'VIP', 5]]));
    const bad = workbook([['C1', 'VIP', 'much'], ['me@example.org', 'VIP', 1]]); // prettier-ignore
    await writeFile(file('bad.xlsx'), bad);
    await writeFile(file('text.xlsx'), 'not a zip');

    assert.equal(
      (await importFile('w', 'two.xlsx')).stdout,
      'Imported 2 customers, now the customers of workspace w\n',
    );
    assert.deepEqual(await ids('w'), ['A1', 'A2']);

    const refused = await folder.problem(2, ['customers', 'import', 'bad.xlsx', '--workspace', 'w']);
    assert.deepEqual(refused.errors.map((error) => error.path).toSorted(), ['customers!A3', 'customers!C2']);
    assert.equal((await importFile('w', 'text.xlsx')).code, 2);
    assert.deepEqual(await ids('w'), ['A1', 'A2']);

    assert.match((await importFile('w', 'one.xlsx', '--merge')).stdout, /^Imported 1 customer, added to those of/);
    assert.deepEqual((await ids('w')).toSorted(), ['A1', 'A2', 'B1']);
    await importFile('w', 'one.xlsx');
    assert.deepEqual(await ids('w'), ['B1']);
  });

  test('while one process has the store open, another is told so and exits 1', async () => {
    const lock = await acquireLock(file('.reveille/store.lock'), 'The store');
    try {
      const problem: Problem = await folder.problem(1, ['outbox']);
      assert.equal(problem.code, 'conflict');
      assert.match(problem.detail, new RegExp(`held by process ${process.pid} `));
    } finally {
      await lock.release();
    }
  });
});

describe('without a service', () => {
  const id = '0199f0c2-7a6b-7c3d-8e4f-5a6b7c8d9e0f';
  const needs: string[][] = [
    ['approvals', 'list'],
    ['approvals', 'show', id],
    ['approvals', 'approve', id],
    ['approvals', 'reject', id, '--note', 'no'],
    ['approvals', 'edit', id, '--body', 'Another text'],
    ['scan', '--mode', 'continuous'],
    ['scan', '--mode', 'continuous', '--stop'],
    ['histories', 'record', 'saved'],
  ];
  for (const args of needs) {
    test(`${args.slice(0, 2).join(' ')} exits 1 and names npm start`, async () => {
      const { code, stdout, stderr } = await folder.run(args);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
      assert.match(stderr, /^reveille: No service is running here\. Start one with: npm start.*\n$/);
    });
  }

  test('what lives in the store alone works: lists are empty, an unknown thing is not found', async () => {
    assert.deepEqual(await folder.json(['outbox']), []);
    assert.equal((await folder.problem(1, ['escalations', 'show', id])).code, 'not_found');
  });

  test('doctor says what is there and what is off, and exits 0', async () => {
    const findings = await folder.json<{ check: string; state: string }[]>(['doctor']);
    assert.deepEqual(
      findings.map(({ check, state }) => `${check} ${state}`),
      ['service off', 'store ok', 'temporal off', 'model off', 'calendars off', 'zoom off'],
    );
  });

  test('doctor exits 1 when the configured server is away, and says what to do', async () => {
    const { code, stdout } = await folder.run(['doctor'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    assert.equal(code, 1);
    assert.match(stdout, /PROBLEM {2}temporal: No Temporal server answers at 127\.0\.0\.1:1.*\n +→ start that server/);
  });
});
