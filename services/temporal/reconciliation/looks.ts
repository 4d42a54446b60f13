import { scheduleId } from '../../../domain/contracts/names.ts';
import type { RunRow, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { RETURN_MS } from '../../../domain/schedules/not-started.ts';
import { type Reconciling, iso } from './dependencies.ts';
import { desiredSchedules } from './desired-schedules.ts';
import { firesAhead } from './fires-ahead.ts';
import { type Wakes, forgotten } from './forgotten.ts';
import { intendedRuns, isIntended } from './intended-runs.ts';
import { openRuns } from './open-runs.ts';
import { pastFires } from './past-fires.ts';

/** Temporal does not answer; that is noted. */
export class TemporalAway extends Error {}

export interface Looked {
  /** Whether runs are to be started one after the other. */
  busy: boolean;
  /** After how many milliseconds to look at everything again. */
  again?: number;
}

/** Where nobody has looked for so long Temporal may have been away. */
const GAP_MS = 60_000;
/** An outage is reckoned from the last contact, so that is noted often. */
const CONTACT_MS = 5_000;

/** The looks of a reconciliation, one after the other. Both throw `TemporalAway`, or what the store says. */
export function looks(reconciling: Reconciling & Wakes & { stillOurs: () => Promise<boolean> }, everyMs: number) {
  const { store, temporal, now } = reconciling;
  const desired = desiredSchedules(reconciling);
  const running = openRuns(reconciling);
  const past = pastFires(reconciling);
  const ahead = firesAhead(reconciling);
  const intended = intendedRuns(reconciling);
  const left = forgotten(reconciling);
  let contactAt = -Infinity;

  async function reached(): Promise<void> {
    try {
      await temporal.probe();
    } catch (cause) {
      contactAt = -Infinity;
      await store.outages.failed(iso(now()));
      throw new TemporalAway('Temporal does not answer', { cause });
    }
    if (now() - contactAt < CONTACT_MS) return;
    contactAt = now();
    await store.outages.reached(iso(contactAt), GAP_MS);
  }

  /** When fires of an outage that has just ended can be told apart, in milliseconds from now. */
  async function afterReturn(): Promise<number> {
    const spans = await store.outages.between({ since: iso(now() - RETURN_MS), until: null });
    const ends = spans.flatMap(({ until }) => (until === null ? [] : [Date.parse(until) + RETURN_MS - now()]));
    return Math.min(everyMs, ...ends.filter((left) => left > 0));
  }

  return {
    /** At everything. */
    async whole(): Promise<Looked> {
      await reached();
      await desired.reconcile(await store.schedules.all());
      // After what a server needs that has lost its data.
      await left.reconcile();
      const rows = await store.schedules.all();
      const byId = idsOf(rows);
      await running.reconcile(await store.runs.open(), byId);
      await past.reconcile(rows, await store.runs.open());
      await ahead(rows);
      const open = await store.runs.open();
      running.forgetOthers(open);
      await intended.reconcile(byId, open);
      return { busy: open.some(isIntended), again: await afterReturn() };
    },

    /** At whether Temporal is there, and at what is to be started. */
    async quick(): Promise<Looked> {
      await reached();
      const schedules = new Set((await store.runs.open()).filter(isIntended).map((run) => run.scheduleId));
      if (schedules.size === 0) return { busy: false };
      const ofThem = (runs: readonly RunRow[]): RunRow[] => runs.filter((run) => schedules.has(run.scheduleId));
      const byId = idsOf(await store.schedules.all());
      await running.reconcile(ofThem(await store.runs.open()), byId);
      await intended.reconcile(byId, ofThem(await store.runs.open()));
      return { busy: true };
    },
  };
}

const idsOf = (rows: readonly ScheduleRow[]): Map<string, ScheduleRow> =>
  new Map(rows.map((row) => [scheduleId(row.workspace, row.name), row]));
