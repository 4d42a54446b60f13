import type { ScheduleChanges, ScheduleSettings } from '../../../domain/contracts/schedules.ts';
import { fires } from '../../../domain/cron/index.ts';
import { inParallel } from '../../../domain/in-parallel.ts';
import type { Act, ScheduleDefinition, ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { changedDefinition, definitionOf } from '../../../domain/schedules/definition.ts';
import { AT_ONCE } from './applying.ts';
import { there } from './managed.ts';
import type { ScheduleParts } from './parts.ts';

/** What a schedule is: made, changed, deleted. */
export function scheduleDefinitions({
  store,
  calls,
  applying,
  managed,
  refuseForeign,
  minIntervalMs,
  now,
}: ScheduleParts) {
  const limits = () => ({ minIntervalMs, now: now() });

  /** Tells Temporal of a new schedule. Fires before Temporal has it are nobody's to start. */
  async function putNew(row: ScheduleRow, madeBy: string): Promise<ScheduleRow> {
    await applying.one(row, madeBy);
    if (fires(row.timing, row.createdAt, new Date(now()).toISOString()).next().done) return row;
    const made = (await calls.describe(row))?.info.createdAt;
    if (made) await store.schedules.settled(row.workspace, row.name, made.toISOString());
    return row;
  }

  return {
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
  };
}
