import { isDeepStrictEqual } from 'node:util';
import { type ScheduleDescription, type CompiledScheduleAction, ScheduleOverlapPolicy } from '@temporalio/client';

import { defineSearchAttributeKey } from '@temporalio/common';
import { TASK_QUEUES, scheduleId, workflowIds } from '../../../domain/contracts/names.ts';
import { type RunMemo, SERVER_TIMEOUT_MARGIN_MS } from '../../../domain/contracts/runs.ts';
import type { Policies } from '../../../domain/contracts/schedules.ts';
import { describeTiming } from '../../../domain/cron/index.ts';
import type { ScheduleRow } from '../../../domain/ports/schedule-store.ts';
import { type ExactSpec, sameSpec, scheduleSpec, specHorizon } from './spec.ts';
import { zoneDataFor } from './zone-data.ts';

/** Fires this far back are still started by Temporal itself; whatever is older is reconciliation's to make up for. */
const CATCHUP_WINDOW_MS = 60_000;

/** A spec that is right for less than this is made for the time from now on instead. */
const LEAST_REACH_MS = 90 * 86_400_000;

export const OVERLAP_POLICIES: Record<Policies['overlap'], ScheduleOverlapPolicy> = {
  skip: ScheduleOverlapPolicy.SKIP,
  'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE,
  'cancel-other': ScheduleOverlapPolicy.CANCEL_OTHER,
  'allow-all': ScheduleOverlapPolicy.ALLOW_ALL,
};

/** What Temporal is to have for a row at `now` (epoch ms). `madeBy`: who wrote its version, where that is known. */
export function temporalOptions(row: ScheduleRow, now: number, madeBy: string | null = null) {
  const { workspace, name, workflowType, policies, pause } = row;
  const action: CompiledScheduleAction = {
    type: 'startWorkflow',
    workflowType,
    workflowId: workflowIds.scheduled(workflowType, workspace, name),
    ...runOptions(row),
    staticDetails: detailsOf(row, madeBy),
  };
  return {
    spec: specOf(row, now),
    policies: {
      overlap: OVERLAP_POLICIES[policies.overlap],
      catchupWindow: CATCHUP_WINDOW_MS,
      pauseOnFailure: false,
    },
    action,
    state: pause ? { paused: true, note: `Paused by ${pause.by}: ${pause.reason}` } : { paused: false },
    typedSearchAttributes: labels(workspace, name),
  };
}

function runOptions(row: ScheduleRow) {
  const { workspace, name, input, version, policies } = row;
  const { timeout } = policies;
  const memo: RunMemo = {
    scheduleId: scheduleId(workspace, name),
    scheduleVersion: version,
    ...(timeout !== null && { timeoutMs: timeout }),
  };
  return {
    taskQueue: TASK_QUEUES.main,
    args: [{ workspace, ...input }],
    memo: { ...memo } as Record<string, unknown>,
    staticSummary: `Schedule ${name} of workspace ${workspace}`,
    typedSearchAttributes: labels(workspace, name),
    ...(timeout !== null && { workflowExecutionTimeout: timeout + SERVER_TIMEOUT_MARGIN_MS }),
  };
}

/** What a triggered run is started with. */
export function triggeredOptions(
  row: ScheduleRow,
  { workflowId, by, correlationId }: { workflowId: string; by: string; correlationId?: string | undefined },
) {
  const options = runOptions(row);
  return {
    ...options,
    workflowId,
    memo: { ...options.memo, cause: 'trigger', ...(correlationId !== undefined && { correlationId }) },
    staticSummary: `${options.staticSummary}, triggered`,
    staticDetails: `Triggered by ${by}.${row.description === null ? '' : `\n\n${row.description}`}`,
  };
}

/** For the Web UI: what a run is for, and when there is one. */
function detailsOf(row: ScheduleRow, madeBy: string | null): string {
  const { workspace, name, version, timing, description } = row;
  const which = `version ${version}${madeBy === null ? '' : `, made by ${madeBy}`}`;
  const when = `Started ${describeTiming(timing)} by schedule \`${scheduleId(workspace, name)}\`, ${which}.`;
  return description === null ? when : `${description}\n\n${when}`;
}

/** Whether what Temporal has is what it is to have at `now` (epoch ms). */
export function isAsDesired(description: ScheduleDescription, row: ScheduleRow, now: number): boolean {
  const { spec, policies, action, state } = temporalOptions(row, now);
  const actual = description.action;
  return (
    sameSpec(description.spec, spec) &&
    hasZoneData(description, zoneDataFor(spec.timezone, now)) &&
    description.state.paused === state.paused &&
    description.policies.overlap === policies.overlap &&
    description.policies.catchupWindow === policies.catchupWindow &&
    description.policies.pauseOnFailure === policies.pauseOnFailure &&
    actual.workflowType === action.workflowType &&
    actual.workflowId === action.workflowId &&
    actual.taskQueue === action.taskQueue &&
    isDeepStrictEqual(actual.args, JSON.parse(JSON.stringify(action.args))) &&
    isDeepStrictEqual(actual.memo, action.memo)
  );
}

/** The SDK leaves the data of a time zone out of the spec that it gives back; where there is none it has an empty array. */
function hasZoneData({ raw }: ScheduleDescription, desired: Uint8Array | null): boolean {
  return Buffer.from(raw.schedule?.spec?.timezoneData ?? []).equals(desired ?? new Uint8Array());
}

function specOf({ timing, skips, policies }: ScheduleRow, now: number): ExactSpec {
  const more = { skips, jitterMs: policies.jitter };
  const horizon = specHorizon(now);
  const { spec, exactUntil } = scheduleSpec(timing, { ...horizon, ...more });
  if (Date.parse(exactUntil) - now >= LEAST_REACH_MS) return spec;
  // So many fires at changes of the clock that there is room for a few changes only: then for those to come.
  const month = new Date(now);
  const from = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth())).toISOString();
  return scheduleSpec(timing, { from, to: horizon.to, ...more }).spec;
}

const labels = (workspace: string, name: string) => [
  { key: defineSearchAttributeKey('Workspace', 'KEYWORD'), value: workspace },
  { key: defineSearchAttributeKey('ScheduleName', 'KEYWORD'), value: name },
];
