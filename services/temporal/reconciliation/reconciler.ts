import type { Client } from '@temporalio/client';
import { ReveilleError } from '../../../domain/errors.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { Logger } from '../../logging.ts';
import { type SchedulesOnTemporal, iso } from './dependencies.ts';
import type { Wakes } from './forgotten.ts';
import { TemporalAway, looks } from './looks.ts';
import { temporalView } from './temporal-view.ts';

export interface ReconcilerOptions extends Wakes {
  store: Store;
  client: Client;
  schedules: SchedulesOnTemporal;
  logger: Logger;
  /** Names this process to others that reconcile. */
  holder: string;
  /** Between two looks at everything, in milliseconds. Default 30 s. */
  everyMs?: number;
  now?: () => number;
}

export interface Reconciler {
  /** One look at everything, after what is going on. Never rejects: what fails is logged and tried again. */
  tick(): Promise<void>;
  /** Looks soon: there is something to start. */
  wake(): void;
  /** Resolves when what was going on has ended. */
  close(): Promise<void>;
}

const LEASE = 'reconciliation';
/** A process that died leaves its work to others after this time: well before a time without looks is an outage. */
const LEASE_MS = 30_000;
/** A look may take longer than the lease. */
const RENEW_MS = LEASE_MS / 3;
const EVERY_MS = 30_000;
/** Between two looks at whether Temporal is there and something is to be started; whoever intends a run may be elsewhere. */
const QUIET_MS = 3_000;
/** While Temporal is away: what it missed depends on when it came back. */
const AWAY_MS = 2_000;
/** How long waking one workflow may take. */
const WAKE_MS = 10_000;
/** While runs are to be started one after the other. */
const BUSY_MS = 500;

/**
 * Holds the ledger and the schedules that should be against what Temporal says, every 30 s, and makes up for missed
 * fires. One process at a time does it; the others wait for its lease.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { store, client, schedules, contacts, bookings, logger, holder, everyMs = EVERY_MS, now = Date.now } = options;
  const closing = new AbortController();
  let leasedUntil = -Infinity;
  let dueAt = -Infinity;
  /** What keeps it from looking: told once, not every two seconds. */
  let trouble: string | null = null;
  let woken = false;
  let timer: NodeJS.Timeout | undefined;
  let going = Promise.resolve();

  async function lease(): Promise<boolean> {
    if (closing.signal.aborted) return false;
    const at = now();
    const ours = await store.leases.acquire(LEASE, holder, iso(at), LEASE_MS);
    leasedUntil = ours ? at + LEASE_MS : -Infinity;
    return ours;
  }
  /** A process that stood still for the time of its lease may have had another in its place: what it knew is old. */
  const stillOurs = async (): Promise<boolean> => now() < leasedUntil && (await lease()) && now() < leasedUntil;
  const inTime = <Result>(wake: () => Promise<Result>): Promise<Result> =>
    client.connection.withDeadline(Date.now() + WAKE_MS, wake);
  const wakes: Wakes = {
    contacts: { wake: (contact) => inTime(() => contacts.wake(contact)) },
    bookings: { wake: (booking) => inTime(() => bookings.wake(booking)) },
  };
  const temporal = temporalView(client);
  const look = looks({ store, temporal, schedules, ...wakes, logger, now, stillOurs }, everyMs);

  /** @returns after how many milliseconds to look again */
  async function turn(): Promise<number> {
    const whole = now() >= dueAt;
    try {
      const ours = !(whole || now() > leasedUntil - LEASE_MS / 2) || (await lease());
      const { busy, again = null } = ours ? await renewing(whole ? look.whole : look.quick) : { busy: false };
      if (again !== null) dueAt = now() + again;
      if (trouble !== null) logger.info('Reconciliation goes on');
      trouble = null;
      if (!ours) return QUIET_MS;
      return busy ? BUSY_MS : Math.min(QUIET_MS, dueAt - now());
    } catch (error) {
      dueAt = -Infinity;
      tell(error);
      return AWAY_MS;
    }
  }

  /** Keeps the lease while `work` goes on. */
  async function renewing<Result>(work: () => Promise<Result>): Promise<Result> {
    let renewal = Promise.resolve();
    const timer = setInterval(() => {
      renewal = renewal.then(async () => void (await stillOurs())).catch(() => undefined);
    }, RENEW_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      await renewal;
    }
  }

  function tell(error: unknown): void {
    const [level, words, err] =
      error instanceof TemporalAway
        ? (['warn', 'Temporal does not answer', error.cause] as const)
        : error instanceof ReveilleError && error.code === 'unavailable'
          ? (['warn', 'The store does not answer', error] as const)
          : (['error', 'Reconciliation failed; it is tried again', error] as const);
    const told = `${words}: ${error instanceof Error ? error.message : ''}`;
    if (told !== trouble) logger[level]({ err }, words);
    trouble = told;
  }

  function run(): Promise<void> {
    clearTimeout(timer);
    going = going.then(async () => {
      if (closing.signal.aborted) return;
      woken = false;
      const after = await turn();
      plan(woken ? 0 : after);
    });
    return going;
  }

  function plan(afterMs: number): void {
    clearTimeout(timer);
    if (!closing.signal.aborted) timer = setTimeout(() => void run(), Math.max(afterMs, 0));
  }

  void run();
  return {
    tick() {
      const ticked = going.then(() => {
        dueAt = -Infinity;
      });
      going = ticked;
      return run();
    },
    wake() {
      woken = true;
      plan(0);
    },
    async close() {
      closing.abort();
      clearTimeout(timer);
      await going;
      await store.leases.release(LEASE, holder).catch((error: unknown) => {
        logger.warn({ err: error }, 'The lease of reconciliation was not given back; it ends by itself');
      });
    },
  };
}
