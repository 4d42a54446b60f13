import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BookingStart } from '../../domain/contracts/bookings.ts';
import { ReveilleError } from '../../domain/errors.ts';
import type { ContactOf } from '../../domain/ports/contact-service.ts';
import type { Store } from '../../domain/ports/store.ts';
import { createLogger } from '../../services/logging.ts';
import { openStore } from '../../services/store/open-store.ts';
import { forgotten } from '../../services/temporal/reconciliation/forgotten.ts';
import type { TemporalView } from '../../services/temporal/reconciliation/temporal-view.ts';
import { quietLogger, temporaryFolder } from '../support/service.ts';
import { cacheDir } from '../support/temporal.ts';

const NOW = Date.parse('2026-05-06T10:00:00.000Z');
const iso = (at: number): string => new Date(at).toISOString();
const MINUTE = 60_000;

type Overdue = Awaited<ReturnType<Store['bookings']['overdue']>>[number];
type Asked = Parameters<Store['followUps']['forgotten']>;

interface World {
  forgotten?: (...asked: Asked) => Promise<ContactOf[]>;
  expired?: () => Promise<number>;
  left?: () => Promise<number>;
  overdue?: (before: string, limit: number) => Promise<Overdue[]>;
  wakeBooking?: (booking: BookingStart) => Promise<boolean>;
  wake?: (contact: ContactOf) => Promise<void>;
  probe?: () => Promise<void>;
  ping?: () => Promise<void>;
}

/** The sweep with what it works on made up, and what it did. */
function sweep(world: World) {
  const lines: Record<string, unknown>[] = [];
  const woken: string[] = [];
  const asked: Asked[] = [];
  let prepared = 0;
  const store = {
    ping: world.ping ?? (() => Promise.resolve()),
    effects: { expireLeases: world.expired ?? (() => Promise.resolve(0)) },
    bookings: {
      expireHolds: world.left ?? (() => Promise.resolve(0)),
      overdue: world.overdue ?? (() => Promise.resolve([])),
    },
    followUps: {
      forgotten: (...given: Asked) => {
        asked.push(given);
        return (world.forgotten ?? (() => Promise.resolve([])))(...given);
      },
    },
  } as unknown as Store;
  const temporal = {
    probe: world.probe ?? (() => Promise.resolve()),
    async prepare() {
      prepared += 1;
    },
  } as unknown as TemporalView;
  const by = forgotten({
    ...{ store, temporal, now: () => NOW },
    logger: createLogger({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    contacts: {
      async wake(contact) {
        await world.wake?.(contact);
        woken.push(contact.contactId);
      },
    },
    bookings: { wake: world.wakeBooking ?? (() => Promise.resolve(false)) },
  });
  return { reconcile: by.reconcile, lines, woken, asked, prepared: () => prepared };
}

const contactsNamed = (...ids: string[]): ContactOf[] => ids.map((contactId) => ({ workspace: 'acme', contactId }));
const named = (...ids: string[]) => ({ forgotten: () => Promise.resolve(contactsNamed(...ids)) });

test('contacts whose follow-up is two minutes overdue are woken, each at most every five, and it is told', async () => {
  const { reconcile, woken, asked, lines } = sweep(named('C1', 'C2'));
  await reconcile();
  assert.deepEqual(woken, ['C1', 'C2']);
  assert.deepEqual(asked, [[iso(NOW - 2 * MINUTE), iso(NOW), { everyMs: 5 * MINUTE, limit: 500 }]]);
  assert.deepEqual(
    lines.map(({ level, workspace, contactId, msg }) => [level, workspace, contactId, msg]),
    ['C1', 'C2'].map((id) => ['info', 'acme', id, 'Woke a contact whose follow-up is overdue']),
  );
});

test('workflows of bookings that should be over are started again, and those are told that were gone', async () => {
  const row = { calendar: 'one', slotId: 'one-20260506T090000Z', invitee: { email: 'a@example.com' }, topic: 'Demo' };
  const more = { contactId: null, inviteeTimezone: 'Asia/Kolkata', language: null };
  const overdue = ['B1', 'B2'].map((bookingId) => ({ ...row, ...more, bookingId, workspace: 'acme' }) as Overdue);
  const asked: [string, number][] = [];
  const started: BookingStart[] = [];
  const { reconcile, lines } = sweep({
    async overdue(...given) {
      asked.push(given);
      return overdue;
    },
    async wakeBooking(booking) {
      started.push(booking);
      return booking.bookingId === 'B2';
    },
  });
  await reconcile();
  assert.deepEqual(asked, [[iso(NOW - 2 * MINUTE), 500]]);
  assert.deepEqual(
    started,
    ['B1', 'B2'].map((bookingId) => ({ ...row, workspace: 'acme', bookingId, timezone: 'Asia/Kolkata' })),
  );
  assert.deepEqual(
    lines.map(({ level, bookingId, msg }) => [level, bookingId, msg]),
    [['info', 'B2', 'Started the workflow of a booking again that should be over']],
  );
});

test('with nothing to do nothing is said', async () => {
  const { reconcile, lines, woken } = sweep({});
  await reconcile();
  assert.deepEqual([lines, woken], [[], []]);
});

test('one that cannot be woken is told, and the others are woken', async () => {
  const { reconcile, woken, lines } = sweep({
    ...named('C1', 'C2', 'C3'),
    wake: ({ contactId }) => (contactId === 'C2' ? Promise.reject(new Error('no')) : Promise.resolve()),
  });
  await reconcile();
  assert.deepEqual(woken, ['C1', 'C3']);
  const told = lines.filter(({ level }) => level === 'error');
  assert.deepEqual(
    told.map(({ contactId, msg }) => [contactId, msg]),
    [['C2', 'Could not be reconciled; it is tried again']],
  );
});

test('some are woken at a time, and not all at once', async () => {
  let going = 0;
  let most = 0;
  const ids = Array.from({ length: 50 }, (_, index) => `C${index}`);
  const { reconcile, woken } = sweep({
    ...named(...ids),
    async wake() {
      most = Math.max(most, ++going);
      await new Promise(setImmediate);
      going -= 1;
    },
  });
  await reconcile();
  assert.equal(woken.length, 50);
  assert.ok(most > 1 && most <= 10, `${most} at once`);
});

test('a server that does not know our search attributes gets them, once, and the contact is woken again', async () => {
  const refused = new Set<string>();
  const { reconcile, woken, prepared } = sweep({
    ...named('C1', 'C2'),
    wake({ contactId }) {
      const again = refused.has(contactId);
      refused.add(contactId);
      return again ? Promise.resolve() : Promise.reject(new Error('unknown search attribute'));
    },
  });
  await reconcile();
  assert.deepEqual([woken, prepared()], [['C1', 'C2'], 1]);
});

test('lost attempts are given up at each look, and told of when there are any', async () => {
  const { reconcile, lines } = sweep({ expired: () => Promise.resolve(3) });
  await reconcile();
  assert.deepEqual(
    lines.map(({ level, count }) => [level, count]),
    [['warn', 3]],
  );
});

test('slots that are held for nobody are given back at each look, and told of when there are any', async () => {
  const { reconcile, lines } = sweep({ left: () => Promise.resolve(2) });
  await reconcile();
  assert.deepEqual(
    lines.map(({ level, count }) => [level, count]),
    [['warn', 2]],
  );
});

test('what fails of one part is told, and does not keep the other from being done', async () => {
  const { reconcile, woken, lines } = sweep({
    ...named('C1'),
    expired: () => Promise.reject(new TypeError('a bug')),
  });
  await reconcile();
  assert.deepEqual(woken, ['C1']);
  assert.equal(lines[0]?.['msg'], 'What is overdue could not be looked for; that is tried again');
});

test('while the store or Temporal is away it is over at once, and whoever looks is told', async () => {
  const away = new ReveilleError('unavailable', 'The database is not available at the moment.');
  const storeless = sweep({ expired: () => Promise.reject(away), ping: () => Promise.reject(away) });
  await assert.rejects(storeless.reconcile(), away);
  assert.deepEqual(storeless.lines, []);
  const gone = new Error('Temporal is gone');
  let tries = 0;
  const ids = Array.from({ length: 200 }, (_, index) => `C${index}`);
  const serverless = sweep({
    ...named(...ids),
    wake() {
      tries += 1;
      return Promise.reject(gone);
    },
    probe: () => Promise.reject(gone),
  });
  await assert.rejects(serverless.reconcile(), gone);
  assert.ok(tries <= 40, `${tries} tries`);
});

describe('on a store', { timeout: 60_000 }, () => {
  test('an overdue follow-up has its contact woken once, one in time or over does not', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ dataDir: folder.path, cacheDir: cacheDir() });
    try {
      const due = (followUpId: string, contactId: string, at: number) => ({
        ...{ followUpId, contactId, type: 'check_in', scheduledFor: iso(at), payload: {}, actor: 'ravi' },
        createdAt: iso(NOW - 60 * MINUTE),
      });
      await store.followUps.schedule('acme', [
        due('F1', 'late', NOW - 3 * MINUTE),
        due('F2', 'late', NOW - 10 * MINUTE),
        due('F3', 'just-due', NOW - MINUTE),
        due('F4', 'to-come', NOW + MINUTE),
        due('F5', 'cancelled', NOW - 10 * MINUTE),
      ]);
      await store.followUps.schedule('globex', [due('F1', 'other', NOW - 4 * MINUTE)]);
      await store.followUps.cancel('acme', 'F5', { reason: 'no longer needed', actor: 'ravi', at: iso(NOW) });
      let now = NOW;
      const woken: string[] = [];
      const by = forgotten({
        ...{ store, logger: quietLogger(), now: () => now },
        temporal: { probe: () => Promise.resolve() } as TemporalView,
        contacts: {
          async wake({ workspace, contactId }) {
            woken.push(`${workspace}/${contactId}`);
          },
        },
        bookings: { wake: () => Promise.resolve(false) },
      });
      await by.reconcile();
      assert.deepEqual(woken.sort(), ['acme/late', 'globex/other']);
      now += 4 * MINUTE;
      await by.reconcile();
      assert.deepEqual(woken.splice(2), ['acme/just-due', 'acme/to-come'].sort());
      now += 2 * MINUTE;
      await by.reconcile();
      assert.deepEqual(woken.splice(2).sort(), ['acme/late', 'globex/other']);
    } finally {
      await store.close();
      folder.remove();
    }
  });
});
