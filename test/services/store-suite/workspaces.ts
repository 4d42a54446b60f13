import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../domain/ports/store.ts';
import { escalationOf, messageOf } from './escalations.ts';
import {
  EMPTY,
  NOW,
  type StoreUnderTest,
  answer,
  customer,
  daysAgo,
  label,
  newWorkspace,
  opening,
  order,
  scanOf,
  ticket,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

type Calls<Part> = { [Method in keyof Part]: (workspace: string) => Promise<unknown> };
/** One call of every method of the store: the compiler asks for those that are missing. */
type EveryCall = { [Part in Exclude<keyof Store, 'ping' | 'close'>]: Calls<Store[Part]> };

const RESULT = { finishedAt: NOW, customersScanned: 1, atRisk: 1, excluded: {}, nextScanAt: null };
const DATA = {
  customers: [customer('c1'), customer('c2')],
  orders: [order('o1', 'c1')],
  supportTickets: [ticket('t1', 'c1')],
  npsAnswers: [answer('c1', 3)],
  churnLabels: [label('c1')],
};

function readingCalls(store: Store) {
  const all = { limit: 50 };
  return {
    customers: {
      count: (workspace) => store.customers.count(workspace),
      page: (workspace) => store.customers.page(workspace, { after: -1, limit: 10 }),
      facts: (workspace) => store.customers.facts(workspace, 'c1'),
      record: (workspace) => store.customers.record(workspace, 'c1'),
      peers: (workspace) => store.customers.peers(workspace, 'c1'),
      resolvedTickets: (workspace) => store.customers.resolvedTickets(workspace, ['c1']),
    },
    scans: {
      get: (workspace) => store.scans.get(workspace, 's1'),
      list: (workspace) => store.scans.list(workspace, all),
      totals: (workspace) => store.scans.totals(workspace),
      exclusions: (workspace) => store.scans.exclusions(workspace, ['c1', 'c2'], NOW),
    },
    interventions: {
      get: (workspace) => store.interventions.get(workspace, 'i1'),
      list: (workspace) => store.interventions.list(workspace, all),
      unfinished: (workspace) => store.interventions.unfinished(workspace, daysAgo(-1), 10),
    },
    escalations: {
      get: (workspace) => store.escalations.get(workspace, 'i1'),
      ofIntervention: (workspace) => store.escalations.ofIntervention(workspace, 'i1'),
      anySince: (workspace) => store.escalations.anySince(workspace, 'c1', daysAgo(9)),
      list: (workspace) => store.escalations.list(workspace, all),
    },
    outbox: { list: (workspace) => store.outbox.list(workspace, all) },
  } satisfies { [Part in keyof EveryCall]: Partial<EveryCall[Part]> };
}

/** Writes under the same ids; each in a workspace where nothing was written before. */
function writingCalls(store: Store) {
  const entry = { at: NOW, actor: 'a', what: 'b' };
  return {
    customers: {
      import: (workspace) => store.customers.import(workspace, EMPTY, { merge: false }),
    },
    scans: {
      open: (workspace) => store.scans.open(workspace, scanOf('s2', { dryRun: true })),
      savePreview: (workspace) => rejectsAs('not_found', store.scans.savePreview(workspace, 's1', [])),
      finish: (workspace) => rejectsAs('not_found', store.scans.finish(workspace, 's1', RESULT)),
    },
    interventions: {
      open: (workspace) => rejectsAs('not_found', store.interventions.open(workspace, opening('i2', 'c1'))),
      update: (workspace) =>
        rejectsAs('not_found', store.interventions.update(workspace, 'i1', { state: 'failed', endedAt: NOW })),
    },
    escalations: {
      open: (workspace) => store.escalations.open(workspace, escalationOf('i1', 'c9')),
      note: (workspace) => store.escalations.note(workspace, 'i1', entry),
      assign: (workspace) => store.escalations.assign(workspace, 'i1', { owner: 'b', actor: 'a', at: NOW }),
      resolve: (workspace) => store.escalations.resolve(workspace, 'i1', { actor: 'a', at: NOW }),
    },
    outbox: { put: (workspace) => store.outbox.put(workspace, messageOf('m1')) },
  } satisfies {
    [Part in keyof EveryCall]: Calls<Omit<Store[Part], keyof ReturnType<typeof readingCalls>[Part]>>;
  };
}

async function resultsOf(store: Store, workspace: string): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [part, methods] of Object.entries(readingCalls(store))) {
    for (const [name, call] of Object.entries(methods)) results[`${part}.${name}`] = await call(workspace);
  }
  return results;
}

export function workspacesSuite(open: StoreUnderTest): void {
  test('no method sees or changes anything of another workspace', async () => {
    const store = open();
    const [full, empty, untouched] = [newWorkspace(), newWorkspace(), newWorkspace()];
    await store.customers.import(full, DATA, { merge: false });
    await store.scans.open(full, scanOf('s1'));
    await store.interventions.open(full, opening('i1', 'c1', { scanId: 's1' }));
    await store.escalations.open(full, escalationOf('i1'));
    await store.outbox.put(full, messageOf('m1'));
    await store.scans.finish(full, 's1', RESULT);
    const before = await resultsOf(store, full);
    const nothing = await resultsOf(store, empty);
    for (const name of Object.keys(before)) assert.notDeepEqual(before[name], nothing[name], name);
    assert.deepEqual(nothing, await resultsOf(store, untouched));
    assert.deepEqual(nothing['customers.count'], 0);
    for (const [part, methods] of Object.entries(writingCalls(store))) {
      for (const [name, call] of Object.entries(methods)) {
        await call(empty);
        assert.deepEqual(await resultsOf(store, full), before, `${part}.${name}`);
      }
    }
  });
}
