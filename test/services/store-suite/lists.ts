import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListOptions, Page } from '../../../domain/ports/page.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { held, holdOf, newResource } from './booking-fixtures.ts';
import { escalationOf, messageOf } from './escalations.ts';
import {
  EMPTY,
  type StoreUnderTest,
  act,
  customer,
  daysAgo,
  definitionOf,
  effectOf,
  followUpOf,
  newWorkspace,
  opening,
  scanOf,
  startOf,
  tokenOf,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

const ROWS = 23;
/** Several rows share an instant. */
const instants = Array.from({ length: ROWS }, (_, index) => daysAgo(10 + Math.floor(index / 5)));
const idOf = (index: number): string => `row-${(index * 7) % ROWS}`;

interface List {
  name: string;
  fill(store: Store, workspace: string): Promise<void>;
  list(store: Store, workspace: string, options: ListOptions): Promise<Page<string>>;
}

async function ids<Item>(page: Promise<Page<Item>>, idOfItem: (item: Item) => string): Promise<Page<string>> {
  const { items, nextCursor } = await page;
  return { items: items.map(idOfItem), nextCursor };
}

const LISTS: List[] = [
  {
    name: 'scans',
    fill: async (store, workspace) => {
      for (const [index, startedAt] of instants.entries()) {
        await store.scans.open(workspace, scanOf(idOf(index), { startedAt, dryRun: index % 2 === 0 }));
      }
    },
    list: (store, workspace, options) => ids(store.scans.list(workspace, options), (scan) => scan.scanId),
  },
  {
    name: 'interventions',
    fill: async (store, workspace) => {
      const customers = instants.map((_, index) => customer(idOf(index)));
      await store.customers.import(workspace, { ...EMPTY, customers }, { merge: false });
      for (const [index, openedAt] of instants.entries()) {
        await store.interventions.open(workspace, opening(idOf(index), idOf(index), { openedAt }));
      }
    },
    list: (store, workspace, options) =>
      ids(store.interventions.list(workspace, options), (intervention) => intervention.interventionId),
  },
  {
    name: 'escalations',
    fill: async (store, workspace) => {
      for (const [index, openedAt] of instants.entries()) {
        await store.escalations.open(workspace, escalationOf(idOf(index), 'c1', openedAt));
      }
    },
    list: (store, workspace, options) =>
      ids(store.escalations.list(workspace, options), (escalation) => escalation.escalationId),
  },
  {
    name: 'outbox',
    fill: async (store, workspace) => {
      for (const [index, createdAt] of instants.entries()) {
        await store.outbox.put(workspace, messageOf(idOf(index), createdAt));
      }
    },
    list: (store, workspace, options) => ids(store.outbox.list(workspace, options), (message) => message.messageId),
  },
  {
    name: 'schedules',
    fill: async (store, workspace) => {
      for (const [index, createdAt] of instants.entries()) {
        await store.schedules.create(workspace, idOf(index), definitionOf(), act(createdAt));
      }
    },
    list: (store, workspace, options) => ids(store.schedules.list(workspace, options), (schedule) => schedule.name),
  },
  {
    name: 'runs',
    fill: async (store, workspace) => {
      for (const [index, plannedAt] of instants.entries()) {
        await store.runs.start(workspace, startOf(workspace, 0, idOf(index), { plannedAt }));
      }
    },
    list: (store, workspace, options) => ids(store.runs.list(workspace, options), (run) => run.runId!),
  },
  {
    name: 'tokens',
    fill: async (store, workspace) => {
      for (const [index, createdAt] of instants.entries()) {
        await store.tokens.create(tokenOf(`${workspace}-${idOf(index)}`, workspace, createdAt));
      }
    },
    list: (store, workspace, options) =>
      ids(store.tokens.list(workspace, options), ({ tokenId }) => tokenId.slice(workspace.length + 1)),
  },
  {
    name: 'follow-ups',
    fill: async (store, workspace) => {
      const followUps = instants.map((createdAt, index) => followUpOf(idOf(index), 'c1', { createdAt }));
      await store.followUps.schedule(workspace, followUps);
    },
    list: (store, workspace, options) =>
      ids(store.followUps.list(workspace, options), (followUp) => followUp.followUpId),
  },
  {
    name: 'effects',
    fill: async (store, workspace) => {
      for (const [index, plannedAt] of instants.entries()) {
        await store.effects.plan(workspace, effectOf(idOf(index), 'c1', { plannedAt }));
      }
    },
    list: (store, workspace, options) => ids(store.effects.list(workspace, options), (effect) => effect.key),
  },
  {
    name: 'bookings',
    fill: async (store, workspace) => {
      for (const [index, createdAt] of instants.entries()) {
        await held(store, workspace, holdOf(idOf(index), newResource(), '09:00', { createdAt }));
      }
    },
    list: (store, workspace, options) => ids(store.bookings.list(workspace, options), (booking) => booking.bookingId),
  },
];

export function listsSuite(open: StoreUnderTest): void {
  for (const { name, fill, list } of LISTS) {
    test(`the list of ${name} gives every row once, newest first, whatever the size of the pages`, async () => {
      const store = open();
      const workspace = newWorkspace();
      await fill(store, workspace);
      const all = await list(store, workspace, { limit: 500 });
      assert.equal(all.nextCursor, null);
      assert.equal(new Set(all.items).size, ROWS);
      const age = new Map(instants.map((instant, index) => [idOf(index), instant]));
      const shown = all.items.map((id) => age.get(id)!);
      assert.deepEqual(shown, shown.toSorted().toReversed());
      for (const limit of [1, 4, 5, 22, 23]) {
        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await list(store, workspace, { limit, cursor });
          assert.ok(page.items.length > 0 && page.items.length <= limit);
          found.push(...page.items);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        assert.deepEqual(found, all.items, `${limit} a page`);
      }
    });

    test(`the list of ${name} refuses a cursor it did not give out, and a limit out of range`, async () => {
      const store = open();
      const workspace = newWorkspace();
      await fill(store, workspace);
      const cursor = (await list(store, workspace, { limit: 2 })).nextCursor!;
      const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const wrong of [
        '',
        'x',
        `${cursor}=`,
        `${cursor}A`,
        cursor.slice(1),
        forged([name, '2026-01-01T00:00:00.000Z']),
        forged([name, '2026-01-01', 'a']),
        forged([name, '2026-01-01T00:00:00.000Z', "a'b"]),
        forged(['other', '2026-01-01T00:00:00.000Z', 'a']),
        forged([name, '2026-01-01T00:00:00.000Z', 'a', 'b']),
        forged(null),
        forged({ __proto__: null }),
        '\0\ud800',
      ]) {
        const error = await rejectsAs('invalid_input', list(store, workspace, { limit: 2, cursor: wrong }));
        assert.equal(error.errors[0]?.path, 'cursor', wrong);
      }
      for (const limit of [0, -1, 501, 1.5, Number.NaN]) {
        const error = await rejectsAs('invalid_input', list(store, workspace, { limit }));
        assert.equal(error.errors[0]?.path, 'limit');
      }
    });
  }
}
