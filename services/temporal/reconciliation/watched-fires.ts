import { scheduleId } from '../../../domain/contracts/names.ts';
import type { ScheduleRow, ScheduleVersion, Span } from '../../../domain/ports/schedule-store.ts';
import { type PlannedFire, plannedFires } from '../../../domain/schedules/planned-fires.ts';
import { type Reconciling, iso } from './dependencies.ts';

/** So many fires of one schedule are looked at in one go; the rest comes the next time. */
const AT_MOST = 5_000;
const END_OF_TIME = '9999-12-31T00:00:00.000Z';

interface Watched {
  /** Of which schedule these are the versions. */
  version: number;
  createdAt: string;
  versions: readonly ScheduleVersion[];
  lives: readonly Span[];
  /** The first fire that is not settled, as of `from`. */
  from: string;
  next: number;
}

/** Which fires of each schedule the ledger is not complete for; remembers enough to know quickly that there are none. */
export function watchedFires({ store }: Pick<Reconciling, 'store'>) {
  const watched = new Map<string, Watched>();

  async function watch(row: ScheduleRow): Promise<Watched> {
    const { workspace, name, version, createdAt, settledUntil: from } = row;
    const id = scheduleId(workspace, name);
    const before = watched.get(id);
    const same = before?.version === version && before.createdAt === createdAt;
    if (same && before.from === from) return before;
    const { versions, lives } = same ? before : await load(row);
    const next = plannedFires(versions, lives, from, END_OF_TIME).next().value;
    const now = { version, createdAt, versions, lives, from, next: next ? Date.parse(next.at) : Infinity };
    watched.set(id, now);
    return now;
  }

  async function load(row: ScheduleRow): Promise<Pick<Watched, 'versions' | 'lives'>> {
    const { workspace, name, version, createdAt, settledUntil } = row;
    if (version === 1) {
      return { versions: [{ ...row, since: createdAt, by: '' }], lives: [{ since: createdAt, until: null }] };
    }
    const span = { since: settledUntil, until: null };
    const [versions, lives] = await Promise.all([
      store.schedules.versions(workspace, name, span),
      store.schedules.lives(workspace, name, span),
    ]);
    return { versions, lives };
  }

  return {
    /** Unsettled fires before `until` (epoch milliseconds), oldest first; `more`: there are others after them. */
    async unsettled(row: ScheduleRow, until: number): Promise<{ fires: PlannedFire[]; more: boolean }> {
      const { versions, lives, from, next } = await watch(row);
      if (next >= until) return { fires: [], more: false };
      const fires = plannedFires(versions, lives, from, iso(until))
        .take(AT_MOST + 1)
        .toArray();
      return { fires: fires.slice(0, AT_MOST), more: fires.length > AT_MOST };
    },

    forgetOthers(rows: readonly ScheduleRow[]): void {
      const known = new Set(rows.map(({ workspace, name }) => scheduleId(workspace, name)));
      for (const id of watched.keys()) if (!known.has(id)) watched.delete(id);
    },
  };
}
