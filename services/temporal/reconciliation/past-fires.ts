import { scheduleId, workflowIds } from '../../../domain/contracts/names.ts';
import { inParallel } from '../../../domain/in-parallel.ts';
import type { PlannedRun, RunRow, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { type TimeSpan, isRipe } from '../../../domain/schedules/not-started.ts';
import { type PlannedFire, spreadOf } from '../../../domain/schedules/planned-fires.ts';
import { type Verdict, settle } from '../../../domain/schedules/settle.ts';
import { AT_ONCE, type Reconciling, iso } from './dependencies.ts';
import { eachForItself } from './each-for-itself.ts';
import { evidenceOf, toSpan } from './evidence.ts';
import type { SeenRun } from './temporal-view.ts';
import { watchedFires } from './watched-fires.ts';

/** A run that starts as it should has written so by then. */
const LOOK_MS = 15_000;
/** A run whose worker has it says so itself; only when it has not for so long do we. */
const OWN_WORDS_MS = 10_000;
/** Of so many fires, those that are older than this are looked for in Temporal's list first: it does not lag so far behind. */
const MANY = 50;
const LIST_LAG_MS = 600_000;

/** The workflow id that Temporal gives the run of a fire. */
export const workflowIdOf = (type: ScheduleRow['workflowType'], { workspace, name }: ScheduleRow, at: string): string =>
  `${workflowIds.scheduled(type, workspace, name)}-${at.slice(0, 19)}Z`;

/** Gives every fire that has passed its row in the ledger, and notes which of the missed ones are to be made up for. */
export function pastFires(reconciling: Reconciling) {
  const { store, temporal, logger, now } = reconciling;
  const watched = watchedFires(reconciling);
  const evidence = evidenceOf(reconciling);
  let lastOpen: readonly RunRow[] = [];

  async function one(row: ScheduleRow, open: readonly RunRow[], outages: readonly TimeSpan[]): Promise<void> {
    const { workspace, name } = row;
    const { fires, more } = await watched.unsettled(row, now() - LOOK_MS);
    if (fires.length === 0) return;
    const id = scheduleId(workspace, name);
    const rows = await store.runs.between(workspace, id, fires[0]!.at, iso(now()));
    const known = new Set(rows.filter(isExplained).map(({ plannedAt }) => plannedAt));
    const unknown = fires.filter(({ at }) => !known.has(at));
    const found = await started(row, unknown);
    const undecided = await record(row, found);
    const unstarted = unknown.filter((fire) => !found.has(fire));
    const when = { now: now(), outages };
    const ripe = unstarted.filter((fire) => isRipe(momentOf(fire), when));
    for (const fire of unstarted) if (!ripe.includes(fire)) undecided.push(fire);
    if (ripe.length > 0) {
      const verdicts = settle(ripe, { ...(await evidence(row, ripe[0]!, rows, open)), outages, moreToCome: more });
      await write(row, verdicts);
      for (const { fire, state } of verdicts) if (state === 'waits') undecided.push(fire);
    }
    const first = undecided.map(({ at }) => at).toSorted()[0];
    const settled = first ?? iso(Date.parse(fires.at(-1)!.at) + 1);
    if (settled > row.settledUntil) await store.schedules.settled(workspace, name, settled);
  }

  /** Runs that Temporal has of these fires. */
  async function started(row: ScheduleRow, fires: readonly PlannedFire[]): Promise<Map<PlannedFire, SeenRun>> {
    const found = new Map<PlannedFire, SeenRun>();
    const old = fires.filter(({ at }) => Date.parse(at) < now() - LIST_LAG_MS);
    const listed =
      old.length < MANY
        ? null
        : await temporal.startedBetween(scheduleId(row.workspace, row.name), old[0]!.at, old.at(-1)!.at);
    const listedUntil = old.at(-1)?.at ?? '';
    await inParallel(fires, AT_ONCE, async (fire) => {
      const workflowId = workflowIdOf(fire.version.workflowType, row, fire.at);
      if (listed && fire.at <= listedUntil && !listed.has(workflowId)) return;
      const run = await temporal.newest(workflowId);
      if (run) found.set(fire, run);
    });
    return found;
  }

  /** Writes rows of runs that have none. @returns those that are left to the run itself for the moment */
  async function record(row: ScheduleRow, found: ReadonlyMap<PlannedFire, SeenRun>): Promise<PlannedFire[]> {
    const left: PlannedFire[] = [];
    for (const [fire, run] of found) {
      const { workflowId, firstRunId: runId, startedAt } = run;
      if (!run.taken || run.attempts > 1) {
        await store.runs.plan(row.workspace, [{ ...plannedRun(row, fire), state: 'late', workflowId, runId }]);
      } else if (run.end || now() - startedAt >= OWN_WORDS_MS) {
        const start = { cause: 'schedule' as const, workflowId, runId, startedAt: iso(startedAt) };
        await store.runs.start(row.workspace, { ...plannedRun(row, fire), ...start });
      } else left.push(fire);
    }
    return left;
  }

  /**
   * First what is not made up for: dying in between, the next one comes to the same choice, since what is chosen still has
   * no row, and all others have theirs.
   */
  async function write(row: ScheduleRow, verdicts: readonly Verdict[]): Promise<void> {
    const plain = verdicts.flatMap((verdict): PlannedRun[] => {
      const run = plannedRun(row, verdict.fire);
      if (verdict.state === 'make-up') return [];
      if (verdict.state === 'waits') return [{ ...run, state: 'late' }];
      return [{ ...run, state: verdict.state, reason: verdict.reason }];
    });
    await store.runs.plan(row.workspace, plain);
    const chosen = verdicts.filter(({ state }) => state === 'make-up').map(({ fire }) => fire);
    if (chosen.length === 0) return;
    const fires = chosen.map((fire) => plannedRun(row, fire));
    await store.runs.intend(row.workspace, 'catch-up', fires);
    const fields = { workspace: row.workspace, scheduleId: scheduleId(row.workspace, row.name), count: chosen.length };
    logger.info(fields, 'Missed fires are made up for');
  }

  return {
    /** @param open rows of the ledger that are open, of all schedules. @throws when Temporal went away */
    async reconcile(rows: readonly ScheduleRow[], open: readonly RunRow[]): Promise<void> {
      if (rows.length === 0) return;
      watched.forgetOthers(rows);
      const since = rows.reduce((least, row) => (row.settledUntil < least ? row.settledUntil : least), iso(now()));
      const outages = (await store.outages.between({ since, until: null })).map(toSpan);
      const openOf = Map.groupBy([...open, ...lastOpen], (run) => run.scheduleId);
      lastOpen = open;
      const fields = ({ workspace, name }: ScheduleRow) => ({ workspace, scheduleId: scheduleId(workspace, name) });
      await eachForItself(reconciling, rows, fields, (row) =>
        one(row, openOf.get(scheduleId(row.workspace, row.name)) ?? [], outages),
      );
    },
  };
}

const momentOf = ({ at, version }: PlannedFire) => ({ at: Date.parse(at), jitter: spreadOf(version, at) });

/** Whether the row says what became of its fire, or what is about to. */
function isExplained({ cause, runId, state }: RunRow): boolean {
  if (cause === 'trigger') return false;
  return runId !== null || (state !== 'planned' && !(state === 'late' && cause === 'schedule'));
}

function plannedRun(row: ScheduleRow, { at, local, note, version }: PlannedFire): PlannedRun {
  return {
    scheduleId: scheduleId(row.workspace, row.name),
    scheduleVersion: version.version,
    plannedAt: at,
    plannedLocal: local,
    note,
    state: 'planned',
    reason: null,
  };
}
