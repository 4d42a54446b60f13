import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../../domain/contracts/effects.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { free, held, holdOf, newResource, slotAt } from './booking-fixtures.ts';
import { escalationOf, messageOf } from './escalations.ts';
import {
  DUE,
  EMPTY,
  LEASE,
  NOW,
  ONCE,
  type StoreUnderTest,
  act,
  answer,
  beginGo,
  byMail,
  customer,
  daysAgo,
  decisionOf,
  definitionOf,
  deliveryOf,
  effectOf,
  endOf,
  fireOf,
  followUpOf,
  inMinutes,
  label,
  newWorkspace,
  opening,
  order,
  scanOf,
  startOf,
  ticket,
  tokenOf,
} from './fixtures.ts';
import { rejectsAs } from './rejects.ts';

type Calls<Part> = { [Method in keyof Part]: (workspace: string) => Promise<unknown> };
/** Parts and methods that no workspace has for itself. */
type Shared = 'ping' | 'close' | 'outages' | 'leases' | 'calendarConnections';
interface SharedMethods {
  schedules: 'removed';
  runs: 'open' | 'dropBefore';
  tokens: 'create' | 'find';
  idempotency: 'dropBefore';
  events: 'dropBefore';
  effects: 'expireLeases';
  followUps: 'forgotten';
  bookings: 'taken' | 'overdue' | 'expireHolds';
}
type Methods<Part extends keyof Store> = Part extends keyof SharedMethods
  ? Omit<Store[Part], SharedMethods[Part]>
  : Store[Part];
/** One call of every other method of the store: the compiler asks for those that are missing. */
type EveryCall = { [Part in Exclude<keyof Store, Shared>]: Calls<Methods<Part>> };

const RESULT = { finishedAt: NOW, customersScanned: 1, atRisk: 1, excluded: {}, nextScanAt: null };
const PAUSE = { pauseId: 'p1', by: 'mia', reason: 'stock-taking', at: NOW };
const BY = { actor: 'mia', at: NOW, reason: 'done' };
const EVER = { since: daysAgo(9), until: null };
const DATA = {
  customers: [customer('c1'), customer('c2')],
  orders: [order('o1', 'c1')],
  supportTickets: [ticket('t1', 'c1')],
  npsAnswers: [answer('c1', 3)],
  churnLabels: [label('c1')],
};

function readingCalls(store: Store, shared: { scheduleId: string; effectId: string }) {
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
    outbox: {
      get: (workspace) => store.outbox.get(workspace, 'm1'),
      list: (workspace) => store.outbox.list(workspace, all),
    },
    schedules: {
      get: (workspace) => store.schedules.get(workspace, 'nightly'),
      list: (workspace) => store.schedules.list(workspace, all),
      all: (workspace) => store.schedules.all(workspace),
      versions: (workspace) => store.schedules.versions(workspace, 'nightly'),
      pauses: (workspace) => store.schedules.pauses(workspace, 'nightly', EVER),
      lives: (workspace) => store.schedules.lives(workspace, 'nightly', EVER),
    },
    runs: {
      between: (workspace) => store.runs.between(workspace, shared.scheduleId, daysAgo(1), daysAgo(-1)),
      last: (workspace) => store.runs.last(workspace, [shared.scheduleId]),
      get: (workspace) => store.runs.get(workspace, 'r1'),
      list: (workspace) => store.runs.list(workspace, all),
    },
    tokens: { list: (workspace) => store.tokens.list(workspace, all) },
    idempotency: {
      begin: (workspace) =>
        store.idempotency.begin(workspace, 'k1', { fingerprint: 'f', at: NOW, staleBefore: daysAgo(9) }),
    },
    events: {
      after: (workspace) => store.events.after(workspace, 0, 50),
      last: (workspace) => store.events.last(workspace),
    },
    contacts: {
      get: (workspace) => store.contacts.get(workspace, 'c1'),
      getMany: (workspace) => store.contacts.getMany(workspace, ['c1', 'c2']),
      show: (workspace) => store.contacts.show(workspace, 'c1'),
      messages: (workspace) => store.contacts.messages(workspace, 'c3', { limit: 10 }),
    },
    followUps: {
      get: (workspace) => store.followUps.get(workspace, 'f1'),
      getMany: (workspace) => store.followUps.getMany(workspace, ['f1', 'f2']),
      list: (workspace) => store.followUps.list(workspace, all),
      pending: (workspace) => store.followUps.pending(workspace, 'c1', 10),
      stale: (workspace) => store.followUps.stale(workspace, daysAgo(-1), 10),
    },
    effects: {
      get: (workspace) => store.effects.get(workspace, shared.effectId),
      list: (workspace) => store.effects.list(workspace, all),
      sentSince: (workspace) => store.effects.sentSince(workspace, 'c1', 'promotion', daysAgo(1)),
    },
    deliveries: {},
    bookings: {
      get: (workspace) => store.bookings.get(workspace, 'b1'),
      list: (workspace) => store.bookings.list(workspace, all),
    },
  } satisfies { [Part in keyof EveryCall]: Partial<EveryCall[Part]> };
}

/** Writes under the same ids; each in a workspace where nothing was written before. */
function writingCalls(
  store: Store,
  shared: { workspace: string; scheduleId: string; ledgerId: string; effectId: string },
) {
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
    schedules: {
      change: (workspace) => store.schedules.change(workspace, 'nightly', definitionOf({ input: {} }), act()),
      remove: (workspace) => store.schedules.remove(workspace, 'nightly', act()),
      setSkip: (workspace) => store.schedules.setSkip(workspace, 'nightly', NOW, true),
      applied: (workspace) => store.schedules.applied(workspace, 'nightly', 9),
      unapplied: (workspace) => store.schedules.unapplied(workspace, 'nightly'),
      settled: (workspace) => store.schedules.settled(workspace, 'nightly', daysAgo(-9)),
      pause: (workspace) => store.schedules.pause(workspace, null, { ...PAUSE, pauseId: 'p2' }),
      resume: (workspace) => store.schedules.resume(workspace, { pauseId: PAUSE.pauseId }, act()),
      create: (workspace) => store.schedules.create(workspace, 'nightly', definitionOf({ input: {} }), act()),
    },
    runs: {
      plan: (workspace) => store.runs.plan(workspace, [fireOf(workspace, 0)]),
      unplan: (workspace) => store.runs.unplan(workspace, shared.scheduleId, null),
      intend: (workspace) => store.runs.intend(workspace, 'backfill', [fireOf(workspace, 0)]),
      finish: (workspace) => store.runs.finish(workspace, 'r1', endOf('failed')),
      mark: (workspace) => store.runs.mark(workspace, shared.ledgerId, 'stuck'),
      requested: (workspace) => store.runs.requested(workspace, shared.ledgerId, 'w9'),
      giveUp: (workspace) => store.runs.giveUp(workspace, shared.ledgerId, { state: 'missed', reason: 'unknown' }),
      triggered: (workspace) => store.runs.triggered(workspace, shared.ledgerId, 'r9'),
      trigger: (workspace) => store.runs.trigger(workspace, startOf(shared.workspace, 0, ''), { exclusive: true }),
      start: (workspace) => store.runs.start(workspace, startOf(shared.workspace, 0, 'r1')),
    },
    tokens: { revoke: (workspace) => store.tokens.revoke(workspace, `${shared.workspace}-t1`, NOW) },
    idempotency: {
      finish: (workspace) => store.idempotency.finish(workspace, 'k2', { status: 500, body: null }),
      release: (workspace) => store.idempotency.release(workspace, 'k2'),
    },
    events: {
      append: (workspace) => store.events.append(workspace, { type: 'scan.completed', at: NOW, data: {}, key: 'a' }),
    },
    contacts: {
      optOut: (workspace) =>
        store.contacts.optOut(workspace, 'c1', { channel: null, purpose: null, at: NOW, actor: 'c1' }),
      optIn: (workspace) =>
        store.contacts.optIn(workspace, 'c1', { channel: null, purpose: null, at: NOW, actor: 'c1' }),
      replied: (workspace) => store.contacts.replied(workspace, 'c1', { messageId: 'm1', at: NOW, channel: 'email' }),
      decided: (workspace) =>
        store.contacts.decided(
          workspace,
          'c1',
          'm1',
          { decision: 'now', at: null, channel: 'email', reason: 'allowed', detail: 'Nothing is in the way.' },
          NOW,
        ),
      put: (workspace) => store.contacts.put(workspace, 'c1', { name: 'Another' }, NOW),
    },
    followUps: {
      reschedule: (workspace) => store.followUps.reschedule(workspace, 'f1', daysAgo(-9)),
      write: (workspace) => store.followUps.write(workspace, 'f1', { subject: 'a', body: 'b', language: null }),
      cancel: (workspace) => store.followUps.cancel(workspace, 'f1', BY),
      fail: (workspace) => store.followUps.fail(workspace, 'f1', BY),
      cancelPending: (workspace) => store.followUps.cancelPending(workspace, 'c1', BY),
      schedule: (workspace) => store.followUps.schedule(workspace, [followUpOf('f1', 'c1', { type: 'nurture' })]),
    },
    deliveries: {
      begin: (workspace) => store.deliveries.begin(workspace, deliveryOf('f1'), DUE, LEASE, byMail),
      finish: (workspace) => store.deliveries.finish(workspace, deliveryOf('f2'), 1, { state: 'done', at: DUE }),
      ask: (workspace) =>
        rejectsAs(
          'not_found',
          store.deliveries.ask(workspace, deliveryOf('f1', 'c9'), NOW, LEASE, () => decisionOf('now')),
        ),
    },
    effects: {
      attempt: (workspace) => rejectsAs('not_found', store.effects.attempt(workspace, 'k1', NOW, ONCE)),
      holds: (workspace) => store.effects.holds(workspace, 'k2', 1, NOW, 60_000),
      end: (workspace) => store.effects.end(workspace, 'k2', 1, { state: 'done', at: NOW }),
      cancel: (workspace) => store.effects.cancel(workspace, 'k1', NOW, 'done'),
      resolve: (workspace) =>
        store.effects.resolve(workspace, shared.effectId, { as: 'done', actor: 'mia', note: 'seen', at: NOW }),
      plan: (workspace) => store.effects.plan(workspace, effectOf('k1', 'c1', { kind: 'webhook' })),
    },
    bookings: {
      change: (workspace) => store.bookings.change(workspace, 'b1', { joinUrl: 'https://meet.example/1' }),
      confirm: (workspace) => store.bookings.confirm(workspace, 'b1', NOW),
      beginMove: (workspace) =>
        store.bookings.beginMove(workspace, 'b1', { ...slotAt('17:00'), apartMs: 0, at: NOW }, free),
      endMove: (workspace) => store.bookings.endMove(workspace, 'b1', { ...slotAt('16:00'), to: 'new', at: NOW }),
      letGo: (workspace) => store.bookings.letGo(workspace, 'b1', NOW),
      end: (workspace) => store.bookings.end(workspace, 'b1', { state: 'cancelled', reason: null, at: NOW }),
      hold: (workspace) => held(store, workspace, holdOf('b1', newResource(), '18:00')),
    },
  } satisfies {
    [Part in keyof EveryCall]: Omit<EveryCall[Part], keyof ReturnType<typeof readingCalls>[Part]>;
  };
}

async function resultsOf(store: Store, workspace: string, shared: { scheduleId: string; effectId: string }) {
  const results: Record<string, unknown> = {};
  for (const [part, methods] of Object.entries(readingCalls(store, shared))) {
    for (const [name, call] of Object.entries(methods)) results[`${part}.${name}`] = await call(workspace);
  }
  return results;
}

/** @returns the id of an effect that is unknown */
async function fillContacts(store: Store, workspace: string): Promise<string> {
  await store.contacts.put(workspace, 'c1', { timezone: 'Asia/Kolkata' }, NOW);
  await store.contacts.optOut(workspace, 'c2', { channel: null, purpose: 'promotion', at: NOW, actor: 'c2' });
  await store.contacts.replied(workspace, 'c3', { messageId: 'm1', at: NOW, channel: 'email' });
  await store.followUps.schedule(workspace, [followUpOf('f1', 'c1'), followUpOf('f2', 'c1')]);
  await beginGo(store, workspace, deliveryOf('f2'));
  for (const key of ['k1', 'k2', 'k3']) await store.effects.plan(workspace, effectOf(key));
  await store.effects.attempt(workspace, 'k2', NOW, { ...ONCE, leaseMs: 86_400_000 });
  await store.effects.attempt(workspace, 'k3', NOW, ONCE);
  const { effect } = (await store.effects.attempt(workspace, 'k3', inMinutes(5), ONCE)) as { effect: Effect };
  return effect.effectId;
}

/** A booking that is being moved. */
async function fillBookings(store: Store, workspace: string): Promise<void> {
  await held(store, workspace, holdOf('b1', newResource()));
  await store.bookings.beginMove(workspace, 'b1', { ...slotAt('16:00'), apartMs: 0, at: NOW }, free);
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
    await store.schedules.create(full, 'nightly', definitionOf(), act(daysAgo(1)));
    await store.schedules.pause(full, null, PAUSE);
    const { ledgerId } = await store.runs.start(full, startOf(full, 0, 'r1'));
    await store.tokens.create(tokenOf(`${full}-t1`, full));
    for (const key of ['k1', 'k2']) {
      await store.idempotency.begin(full, key, { fingerprint: 'f', at: NOW, staleBefore: NOW });
    }
    await store.idempotency.finish(full, 'k1', { status: 201, body: {} });
    const effectId = await fillContacts(store, full);
    await fillBookings(store, full);
    const shared = { workspace: full, scheduleId: `${full}/nightly`, ledgerId, effectId };
    const before = await resultsOf(store, full, shared);
    const nothing = await resultsOf(store, empty, shared);
    for (const name of Object.keys(before)) assert.notDeepEqual(before[name], nothing[name], name);
    assert.deepEqual(nothing, await resultsOf(store, untouched, shared));
    assert.deepEqual(nothing['customers.count'], 0);
    for (const [part, methods] of Object.entries(writingCalls(store, shared))) {
      for (const [name, call] of Object.entries(methods)) {
        await call(empty);
        assert.deepEqual(await resultsOf(store, full, shared), before, `${part}.${name}`);
      }
    }
  });
}
