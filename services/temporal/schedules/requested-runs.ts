import { randomUUID } from 'node:crypto';
import { scheduleId, workflowIds } from '../../../domain/contracts/names.ts';
import { localTime } from '../../../domain/cron/index.ts';
import { pastFires } from '../../../domain/schedules/occurrences.ts';
import { triggeredOptions } from './options.ts';
import type { ScheduleParts } from './parts.ts';
import { specHorizon } from './spec.ts';

/** Runs that somebody asks for: now, or for the fires of a past span. */
export function requestedRuns({ store, calls, managed, now }: ScheduleParts) {
  return {
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
}
