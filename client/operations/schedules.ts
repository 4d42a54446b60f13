import type { Fire } from '../../domain/cron/index.ts';
import { fires, parseTiming } from '../../domain/cron/index.ts';
import type { Schedule } from '../../domain/contracts/schedules.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { ScheduleRow } from '../../domain/ports/schedule-store.ts';
import { timingFields } from '../../domain/schedules/definition.ts';
import { showDefinition } from '../../domain/schedules/shown.ts';
import { createScheduleService } from '../../services/temporal/schedules/service.ts';
import { showUnmanaged } from '../../services/temporal/schedules/unmanaged.ts';
import type { Caller, OperationHandlers } from '../api/routes.ts';
import { checkedSchedules, planSchedules } from './apply-schedules.ts';
import { type OperationDependencies, found, temporalOf } from './dependencies.ts';
import { showSchedules } from './show-schedule.ts';

type Reading = 'listSchedules' | 'getSchedule' | 'listScheduleVersions' | 'previewTiming';
type Changing =
  | 'createSchedule'
  | 'updateSchedule'
  | 'applySchedules'
  | 'deleteSchedule'
  | 'pauseSchedules'
  | 'resumeSchedules'
  | 'pauseSchedule'
  | 'resumeSchedule'
  | 'triggerSchedule'
  | 'skipOccurrence'
  | 'unskipOccurrence'
  | 'backfillSchedule';

/** Schedules: read from the store, changed through the service, which tells Temporal. */
export function scheduleOperations(dependencies: OperationDependencies): Pick<OperationHandlers, Reading | Changing> {
  return { ...reading(dependencies), ...changing(dependencies) };
}

const PREVIEW_FIRES = 10;
const MOST_PREVIEW_FIRES = 10_000;

function reading(dependencies: OperationDependencies): Pick<OperationHandlers, Reading> {
  const { store, temporal, minIntervalMs } = dependencies;
  return {
    async listSchedules({ workspace }, filter) {
      const { items, nextCursor } = await store.schedules.list(workspace, filter);
      return { items: await showSchedules(store, workspace, items, Date.now()), nextCursor };
    },

    async getSchedule({ workspace }, { name }) {
      const row = await store.schedules.get(workspace, name);
      if (row !== null) return shown(dependencies, row);
      const described = temporal ? await serviceOf(dependencies).describe(workspace, name) : null;
      const unmanaged = found(described, 'schedule', name);
      const last = await store.runs.last(workspace, [unmanaged.scheduleId]);
      return showUnmanaged(workspace, name, unmanaged, last.get(unmanaged.scheduleId) ?? null);
    },

    async listScheduleVersions({ workspace }, { name }) {
      const versions = await store.schedules.versions(workspace, name);
      found(versions[0] ?? null, 'schedule', name);
      const items = versions
        .toReversed()
        .map(({ version, since, by, ...definition }) => ({ version, since, by, ...showDefinition(definition) }));
      return { items, nextCursor: null };
    },

    async previewTiming(_caller, { from, to, count, ...given }) {
      const now = Date.now();
      const timing = parseTiming(timingFields(given), { minIntervalMs, now });
      const start = from ?? new Date(now).toISOString();
      if (to !== undefined && to <= start) throw invalidInput([{ path: 'to', message: 'must be after from' }]);
      const most = count ?? (to === undefined ? PREVIEW_FIRES : MOST_PREVIEW_FIRES);
      const shownFires: Fire[] = [];
      for (const fire of fires(timing, start, to)) {
        if (shownFires.length === MOST_PREVIEW_FIRES) {
          throw invalidInput([{ path: 'to', message: `leaves more than ${MOST_PREVIEW_FIRES} fires; give a count` }]);
        }
        shownFires.push(fire);
        if (shownFires.length === most && (count !== undefined || to === undefined)) break;
      }
      return shownFires;
    },
  };
}

function changing(dependencies: OperationDependencies): Pick<OperationHandlers, Changing> {
  const { store, minIntervalMs, wake } = dependencies;
  const service = () => serviceOf(dependencies);
  const act = ({ actor }: Caller) => ({ by: actor, at: new Date().toISOString() });
  const show = (row: ScheduleRow): Promise<Schedule> => shown(dependencies, row);
  /** As the schedule is now, whether or not it was for this call to change it. */
  const showNow = async (workspace: string, name: string): Promise<Schedule> =>
    show(found(await store.schedules.get(workspace, name), 'schedule', name));

  return {
    createSchedule: async (caller, { name, ...settings }) =>
      show(await service().create(caller.workspace, name, settings, act(caller))),

    updateSchedule: async (caller, { name, ...changes }) =>
      show(await service().update(caller.workspace, name, changes, act(caller))),

    deleteSchedule: async (caller, { name }) => show(await service().remove(caller.workspace, name, act(caller))),

    async applySchedules(caller, given) {
      const { workspace } = caller;
      const wanted = checkedSchedules(given, { minIntervalMs, now: Date.now() });
      const { plan, put } = planSchedules(await store.schedules.all(workspace), wanted, given.prune);
      if (!given.dryRun && put.length + plan.deleted.length > 0) {
        await service().putAll(workspace, put, plan.deleted, act(caller));
      }
      return plan;
    },

    async pauseSchedules(caller, { names, reason }) {
      const { pauseId, rows } = await service().pause(caller.workspace, names ?? null, { reason, ...act(caller) });
      return { pauseId, paused: rows.map(({ name }) => name) };
    },

    async resumeSchedules(caller, { names, pauseId, reason }) {
      const which = pauseId === undefined ? (names ? { names } : { all: true as const }) : { pauseId };
      const rows = await service().resume(caller.workspace, which, { reason, ...act(caller) });
      return { resumed: rows.map(({ name }) => name) };
    },

    async pauseSchedule(caller, { name, reason }) {
      await service().pause(caller.workspace, [name], { reason, ...act(caller) });
      return showNow(caller.workspace, name);
    },

    async resumeSchedule(caller, { name, reason }) {
      await service().resume(caller.workspace, { names: [name] }, { reason, ...act(caller) });
      return showNow(caller.workspace, name);
    },

    triggerSchedule: async ({ workspace, actor, correlationId, requestKey }, { name }) =>
      service().trigger(workspace, name, { by: actor, correlationId, requestKey }),

    skipOccurrence: async ({ workspace }, { name, at }) => show(await service().setSkip(workspace, name, at, true)),

    unskipOccurrence: async ({ workspace }, { name, at }) => show(await service().setSkip(workspace, name, at, false)),

    async backfillSchedule({ workspace }, { name, ...span }) {
      const instants = await service().backfill(workspace, name, span);
      wake?.();
      return { fires: instants };
    },
  };
}

function serviceOf(dependencies: OperationDependencies) {
  const { store, minIntervalMs } = dependencies;
  return createScheduleService({ store, client: temporalOf(dependencies).client, minIntervalMs });
}

async function shown({ store }: OperationDependencies, row: ScheduleRow): Promise<Schedule> {
  return (await showSchedules(store, row.workspace, [row], Date.now()))[0]!;
}
