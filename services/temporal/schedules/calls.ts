import {
  type Client,
  type ScheduleDescription,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import { scheduleId } from '../../../domain/contracts/names.ts';
import { fires } from '../../../domain/cron/index.ts';
import { ReveilleError } from '../../../domain/errors.ts';
import type { ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { isAsDesired, temporalOptions } from './options.ts';
import { ScheduleWriter } from './writer.ts';
import { zoneDataFor } from './zone-data.ts';

/** Whether the server answers at all is known sooner. */
const ANSWER_MS = 3_000;

type Named = Pick<ScheduleRow, 'workspace' | 'name'>;

/**
 * What is asked of Temporal about schedules. Each call may take `callMs`; a caller's own deadline does not count, since it
 * would be one for thousands of calls.
 */
export function scheduleCalls(client: Client, callMs: number, now: () => number) {
  const call = <Result>(work: () => Promise<Result>): Promise<Result> =>
    client.connection.withDeadline(Date.now() + callMs, work);
  const writer = new ScheduleWriter(client, (timezone) => zoneDataFor(timezone, now()));
  const handle = ({ workspace, name }: Named) => client.schedule.getHandle(scheduleId(workspace, name));

  /** False when it is there already. */
  async function create(row: ScheduleRow, madeBy: string | null): Promise<boolean> {
    try {
      await call(() =>
        writer.create({
          scheduleId: scheduleId(row.workspace, row.name),
          ...temporalOptions(row, now(), madeBy),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) return false;
      throw error;
    }
  }

  /** False when there is none. */
  async function update(row: ScheduleRow, madeBy: string | null): Promise<boolean> {
    try {
      await call(() => writer.overwrite(scheduleId(row.workspace, row.name), temporalOptions(row, now(), madeBy)));
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  }

  /** null when there is none. */
  async function describeId(id: string): Promise<ScheduleDescription | null> {
    try {
      return await call(() => client.schedule.getHandle(id).describe());
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  }

  const describe = ({ workspace, name }: Named) => describeId(scheduleId(workspace, name));

  return {
    describe,
    describeId,

    /** @throws ReveilleError `unavailable` */
    async answers(): Promise<void> {
      const { namespace } = client.options;
      try {
        await client.connection.withDeadline(Date.now() + ANSWER_MS, () =>
          client.workflowService.describeNamespace({ namespace }),
        );
      } catch (cause) {
        throw new ReveilleError(
          'unavailable',
          'The Temporal server does not answer at the moment; nothing was changed',
          {
            cause,
          },
        );
      }
    },

    /** Makes Temporal have the row. Only where there is none is one created, only where there is one is it changed. */
    async put(row: ScheduleRow, madeBy: string | null): Promise<void> {
      const ways = row.appliedRevision === 0 ? [create, update, create] : [update, create, update];
      for (const way of ways) if (await way(row, madeBy)) return;
      throw new ReveilleError('conflict', `Schedule ${row.name} is being created and deleted by someone else`);
    },

    /** Whether Temporal has the row as it should be. */
    async has(row: ScheduleRow): Promise<boolean> {
      const description = await describe(row);
      return description !== null && isAsDesired(description, row, now());
    },

    /** One that is not there is deleted already. */
    async delete(named: Named): Promise<void> {
      try {
        await call(() => handle(named).delete());
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
    },

    /** Has Temporal start the run of one instant, after those that are open unless runs may overlap; paused or not. */
    async startInstant(row: ScheduleRow, instant: string): Promise<void> {
      const start = new Date(instant);
      const { ALLOW_ALL, BUFFER_ALL } = ScheduleOverlapPolicy;
      const overlap = row.policies.overlap === 'allow-all' ? ALLOW_ALL : BUFFER_ALL;
      await call(() => handle(row).backfill({ start, end: new Date(jitteredUntil(row, start.getTime())), overlap }));
    },

    /** Starts a workflow under an id of its own; the same id again is the same run. @returns its run id */
    async start(type: string, options: Parameters<Client['workflow']['start']>[1]): Promise<string> {
      try {
        const started = await call(() =>
          client.workflow.start(type, { ...options, workflowIdReusePolicy: 'REJECT_DUPLICATE' }),
        );
        return started.firstExecutionRunId;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const { raw, runId } = await call(() => client.workflow.getHandle(error.workflowId).describe());
        return raw.workflowExecutionInfo?.firstRunId || runId;
      }
    },
  };
}

/** Up to when (epoch ms) the fire at an instant may come: by its jitter, but before the next one. Nothing starts before it comes. */
function jitteredUntil({ timing, policies }: ScheduleRow, at: number): number {
  if (policies.jitter === null) return at;
  const next = fires(timing, new Date(at + 1).toISOString()).next().value;
  return Math.min(at + policies.jitter, next ? Date.parse(next.at) - 1 : Infinity);
}

export type ScheduleCalls = ReturnType<typeof scheduleCalls>;
