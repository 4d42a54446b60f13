import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { scheduleId, workflowIds } from '../../../domain/contracts/names.ts';
import type { ScheduleChanges, ScheduleSettings } from '../../../domain/contracts/schedules.ts';
import { fires, localTime } from '../../../domain/cron/index.ts';
import { ReveilleError } from '../../../domain/errors.ts';
import { inParallel } from '../../../domain/in-parallel.ts';
import type { Act, ScheduleDefinition, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { ScheduleUpkeep } from '../../../domain/ports/workflow-service.ts';
import { changedDefinition, definitionOf } from '../../../domain/schedules/definition.ts';
import { checkOccurrence, pastFires } from '../../../domain/schedules/occurrences.ts';
import { AT_ONCE, scheduleApplying } from './applying.ts';
import { scheduleCalls } from './calls.ts';
import { triggeredOptions } from './options.ts';
import { specHorizon } from './spec.ts';

export interface ScheduleServiceDependencies {
  store: Store;
  client: Client;
  /** Schedules that fire more often than this are refused, in milliseconds. */
  minIntervalMs: number;
  /** How long one call to Temporal may take, in milliseconds. Default 10 s. */
  callMs?: number;
  now?: () => number;
}

const CALL_MS = 10_000;

export type ScheduleService = ReturnType<typeof createScheduleService>;

/**
 * Schedules as they should be, in the store, and as they are, on Temporal. Each change is written to the store first,
 * then told to Temporal, then noted as applied. Where Temporal does not answer nothing is changed (`unavailable`); when
 * it goes away half-way the change stays noted, and reconciliation carries it out by `apply` and `applyRemoved`.
 */
export function createScheduleService(dependencies: ScheduleServiceDependencies) {
  const { store, client, minIntervalMs, callMs = CALL_MS, now = Date.now } = dependencies;
  const calls = scheduleCalls(client, callMs, now);
  const applying = scheduleApplying(store, calls, now);
  const limits = () => ({ minIntervalMs, now: now() });

  /** The row of a schedule that is ours. @throws ReveilleError `not_found`, `conflict` for one made outside */
  async function managed(workspace: string, name: string): Promise<ScheduleRow> {
    const row = await store.schedules.get(workspace, name);
    if (row !== null) return row;
    const described = await calls.describe({ workspace, name });
    if (described === null) throw notThere(workspace, name);
    throw new ReveilleError(
      'conflict',
      `Schedule ${name} was made outside Reveille; change it with: temporal schedule … --schedule-id ${described.scheduleId}`,
    );
  }

  /** @throws ReveilleError `conflict` where Temporal has one that Reveille did not make */
  async function refuseForeign(workspace: string, name: string): Promise<void> {
    const described = await calls.describe({ workspace, name });
    if (described === null || described.action.memo?.['scheduleId'] === described.scheduleId) return;
    throw new ReveilleError(
      'conflict',
      `Temporal has a schedule ${described.scheduleId} already, made outside Reveille`,
    );
  }

  const ofManaged = async (workspace: string, names: readonly string[] | null): Promise<void> => {
    // Many are looked up by the store, all at once.
    if (names?.length === 1) await managed(workspace, names[0]!);
  };

  /** Tells Temporal of a new schedule. Fires before Temporal has it are nobody's to start. */
  async function putNew(row: ScheduleRow, madeBy: string): Promise<ScheduleRow> {
    await applying.one(row, madeBy);
    if (fires(row.timing, row.createdAt, new Date(now()).toISOString()).next().done) return row;
    const made = (await calls.describe(row))?.info.createdAt;
    if (made) await store.schedules.settled(row.workspace, row.name, made.toISOString());
    return row;
  }

  const changes = {
    /** @throws ReveilleError `invalid_input`, `conflict` when there is one of that name, `unavailable` */
    async create(workspace: string, name: string, settings: ScheduleSettings, act: Act): Promise<ScheduleRow> {
      const definition = definitionOf(settings, limits());
      await calls.answers();
      if ((await store.schedules.get(workspace, name)) === null) await refuseForeign(workspace, name);
      return putNew(await store.schedules.create(workspace, name, definition, act), act.by);
    },

    /** @throws ReveilleError `invalid_input`, `not_found`, `conflict`, `unavailable` */
    async update(workspace: string, name: string, given: ScheduleChanges, act: Act): Promise<ScheduleRow> {
      const row = await managed(workspace, name);
      const definition = changedDefinition(row, given, limits());
      await calls.answers();
      return applying.one(there(await store.schedules.change(workspace, name, definition, act), workspace, name));
    },

    /**
     * Makes schedules of the workspace what was checked and compared already: puts some, deletes others.
     * @throws ReveilleError `unavailable` with some of it done; doing the same again does the rest
     */
    async putAll(
      workspace: string,
      put: readonly (ScheduleDefinition & { name: string })[],
      remove: readonly string[],
      act: Act,
    ): Promise<void> {
      await calls.answers();
      const known = new Set((await store.schedules.all(workspace)).map(({ name }) => name));
      const created = put.filter(({ name }) => !known.has(name));
      await inParallel(created, AT_ONCE, ({ name }) => refuseForeign(workspace, name));
      await inParallel(put, AT_ONCE, async ({ name, ...definition }) => {
        const row = known.has(name) ? await store.schedules.change(workspace, name, definition, act) : null;
        if (row) await applying.one(row, act.by);
        else await putNew(await store.schedules.create(workspace, name, definition, act), act.by);
      });
      await inParallel(remove, AT_ONCE, async (name) => {
        const row = await store.schedules.remove(workspace, name, act);
        if (row !== null) await applying.removed(row);
      });
    },

    /** Runs that it has started go on. @returns what it was. @throws ReveilleError `not_found`, `conflict`, `unavailable` */
    async remove(workspace: string, name: string, act: Act): Promise<ScheduleRow> {
      await managed(workspace, name);
      await calls.answers();
      const row = there(await store.schedules.remove(workspace, name, act), workspace, name);
      await applying.removed(row);
      return row;
    },

    /** Stops those that are active, of the names or of the workspace (null). @throws ReveilleError `not_found`, `unavailable` */
    async pause(
      workspace: string,
      names: readonly string[] | null,
      pause: Act & { reason: string },
    ): Promise<{ pauseId: string; rows: ScheduleRow[] }> {
      await ofManaged(workspace, names);
      await calls.answers();
      const pauseId = randomUUID();
      const rows = await store.schedules.pause(workspace, names, { pauseId, ...pause });
      await applying.all(rows);
      return { pauseId, rows };
    },

    /** Lets those that are paused go on. @returns them. @throws ReveilleError `not_found`, `unavailable` */
    async resume(
      workspace: string,
      which: Parameters<Store['schedules']['resume']>[1],
      act: Parameters<Store['schedules']['resume']>[2],
    ): Promise<ScheduleRow[]> {
      await ofManaged(workspace, 'names' in which ? which.names : null);
      await calls.answers();
      const rows = await store.schedules.resume(workspace, which, act);
      await applying.all(rows);
      return rows;
    },

    /** Calls a coming occurrence off, or on again. @throws ReveilleError `invalid_input` at `at` where there is none */
    async setSkip(workspace: string, name: string, at: string, skipped: boolean): Promise<ScheduleRow> {
      checkOccurrence(await managed(workspace, name), at, skipped, now());
      await calls.answers();
      return applying.one(there(await store.schedules.setSkip(workspace, name, at, skipped), workspace, name));
    },
  };

  const runs = {
    /**
     * Runs it now, paused or not, with an id of its own: triggers through Temporal within a second merge. The same
     * `requestKey` again finds the same run.
     * @throws ReveilleError `conflict` while a run is open, unless its runs may overlap
     */
    async trigger(
      workspace: string,
      name: string,
      options: { by: string; requestKey?: string | undefined; correlationId?: string | undefined },
    ): Promise<{ workflowId: string; runId: string; paused: boolean }> {
      const row = await managed(workspace, name);
      const { workflowType, timing, version, policies } = row;
      await calls.answers();
      const workflowId = workflowIds.started(workflowType, workspace, name, options.requestKey ?? randomUUID());
      const plannedAt = new Date(now()).toISOString();
      const run = {
        ...{ scheduleId: scheduleId(workspace, name), scheduleVersion: version, workflowId, note: null },
        ...{ plannedAt, plannedLocal: localTime(plannedAt, timing.timezone) },
      };
      const { ledgerId } = await store.runs.trigger(workspace, run, { exclusive: policies.overlap !== 'allow-all' });
      let runId: string;
      try {
        runId = await calls.start(workflowType, triggeredOptions(row, { workflowId, ...options }));
      } catch (error) {
        await store.runs.giveUp(workspace, ledgerId, { state: 'missed', reason: 'outage' });
        throw error;
      }
      await store.runs.triggered(workspace, ledgerId, runId);
      return { workflowId, runId, paused: row.pause !== null };
    },

    /**
     * Notes that every fire in [from, to) is to be run again; reconciliation starts them one after the other.
     * @returns the instants. @throws ReveilleError `invalid_input`
     */
    async backfill(workspace: string, name: string, span: { from: string; to: string }): Promise<string[]> {
      const row = await managed(workspace, name);
      const past = pastFires(row, span, { since: specHorizon(now()).from, now: now() });
      await calls.answers();
      const intended = past.map((fire) => ({
        ...{ scheduleId: scheduleId(workspace, name), scheduleVersion: row.version },
        ...{ plannedAt: fire.at, plannedLocal: fire.local, note: fire.note },
      }));
      await store.runs.intend(workspace, 'backfill', intended);
      return past.map((fire) => fire.at);
    },
  };

  const upkeep: ScheduleUpkeep = {
    async renew(workspace, onProgress) {
      const rows = await store.schedules.all(workspace ?? undefined);
      let renewed = 0;
      await inParallel(rows, AT_ONCE, async (row) => {
        if (!(await calls.has(row))) {
          await applying.apply(row);
          renewed += 1;
        }
        onProgress();
      });
      return { checked: rows.length, renewed };
    },
  };

  return {
    ...changes,
    ...runs,
    /** Makes anew what Temporal has otherwise than it should, also specs that time has moved past. */
    renew: upkeep.renew,
    /** What Temporal has under this name; null: nothing. */
    describe: (workspace: string, name: string) => calls.describe({ workspace, name }),
    /** Whether Temporal has the row as it should be. */
    has: calls.has,
    /** Makes Temporal have the row, or what has become of it meanwhile, and notes that. */
    apply: applying.apply,
    /** Makes Temporal forget a schedule, unless there is one of that name again, and notes that. */
    applyRemoved: applying.applyRemoved,
    /** Has Temporal start the run of one instant, paused or not; after the open ones, unless its runs may overlap. */
    startInstant: calls.startInstant,
  };
}

const notThere = (workspace: string, name: string): ReveilleError =>
  new ReveilleError('not_found', `There is no schedule ${name} in workspace ${workspace}`);

function there(row: ScheduleRow | null, workspace: string, name: string): ScheduleRow {
  if (row === null) throw notThere(workspace, name);
  return row;
}
