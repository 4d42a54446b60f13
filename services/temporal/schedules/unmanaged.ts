import {
  type CalendarSpecDescription,
  DAYS_OF_WEEK,
  MONTHS,
  type Range,
  type ScheduleDescription,
  type ScheduleSpecDescription,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { KINDS, parseScheduleId } from '../../../domain/contracts/names.ts';
import type { Run } from '../../../domain/contracts/runs.ts';
import type { Policies, Schedule } from '../../../domain/contracts/schedules.ts';
import { formatDuration } from '../../../domain/contracts/time-values.ts';
import { OVERLAP_POLICIES } from './options.ts';

const NEXT_RUNS = 5;

/** A schedule that Temporal has and Reveille did not make, as far as the schedule object can say what it is. */
export function showUnmanaged(
  workspace: string,
  name: string,
  description: ScheduleDescription,
  lastRun: Run | null,
): Schedule {
  const { action, policies, spec, state, info } = description;
  const timing = timingOf(spec);
  const kinds: Partial<Record<string, string>> = KINDS;
  return {
    scheduleId: description.scheduleId,
    workspace,
    name,
    kind: kinds[action.workflowType] ?? action.workflowType,
    workflowType: action.workflowType,
    cron: timing.cron,
    every: timing.every,
    anchor: null,
    timezone: spec.timezone || 'UTC',
    description: timing.words,
    timing: timing.words,
    input: inputOf(action.args?.[0]),
    policies: {
      overlap: overlapOf(policies.overlap),
      // Temporal itself makes up for all that its window allows.
      catchUp: 'all',
      catchUpWindow: formatDuration(policies.catchupWindow),
      jitter: spec.jitter ? formatDuration(spec.jitter) : null,
      timeout: action.workflowExecutionTimeout ? formatDuration(Number(action.workflowExecutionTimeout)) : null,
      pauseAfterFailures: policies.pauseOnFailure ? 1 : null,
    },
    state: state.paused ? 'paused' : 'active',
    pausedBy: null,
    pausedReason: state.paused ? state.note || null : null,
    nextRuns: state.paused ? [] : info.nextActionTimes.slice(0, NEXT_RUNS).map((time) => time.toISOString()),
    skips: [],
    lastRun,
    failureStreak: 0,
    version: null,
    managed: false,
  };
}

/** Whose it is: by its id, else by what its input names. The run ledger has its runs there. */
export function workspaceOf({ scheduleId, action }: ScheduleDescription): string {
  const input: unknown = action.args?.[0];
  const named = typeof input === 'object' && input !== null && 'workspace' in input ? input.workspace : null;
  return parseScheduleId(scheduleId, typeof named === 'string' ? named : null).workspace;
}

function timingOf(spec: ScheduleSpecDescription): { cron: string | null; every: string | null; words: string } {
  const [calendar, ...calendars] = spec.calendars ?? [];
  const [interval, ...intervals] = spec.intervals ?? [];
  if (interval && !calendar && intervals.length === 0) {
    const every = formatDuration(interval.every);
    return { cron: null, every, words: `every ${every}` };
  }
  const cron = calendar && !interval && calendars.length === 0 ? cronOf(calendar) : null;
  if (cron === null) return { cron, every: null, words: 'at times that Temporal was given' };
  return { cron, every: null, words: `cron ${cron} as Temporal reads it, ${spec.timezone || 'UTC'} time` };
}

/** A calendar as cron where there is a cron expression that means the same. */
function cronOf({ second, minute, hour, dayOfMonth, month, year, dayOfWeek }: CalendarSpecDescription): string | null {
  const months = month.map((range) => numbered(range, (name) => MONTHS.indexOf(name) + 1));
  const weekdays = dayOfWeek.map((range) => numbered(range, (name) => DAYS_OF_WEEK.indexOf(name)));
  if (year.length > 0 || second.some(({ start, end }) => start !== 0 || end !== 0)) return null;
  const days = fieldOf(dayOfMonth, 1, 31);
  const week = fieldOf(weekdays, 0, 6);
  // Temporal joins the two with "and", where cron would with "or".
  if (!days.startsWith('*') && !week.startsWith('*')) return null;
  return [fieldOf(minute, 0, 59), fieldOf(hour, 0, 23), days, fieldOf(months, 1, 12), week].join(' ');
}

type Numbers = Range<number>;

const numbered = <Name>(
  { start, end, step }: { start: Name; end: Name; step: number },
  numberOf: (name: Name) => number,
) => ({ start: numberOf(start), end: numberOf(end), step });

function fieldOf(ranges: readonly Required<Numbers>[], least: number, most: number): string {
  const parts = ranges.map(({ start, end, step }) => {
    if (start === end) return String(start);
    const span = start === least && end === most ? '*' : `${start}-${end}`;
    return step > 1 ? `${span}/${step}` : span;
  });
  return parts.join(',') || '*';
}

function overlapOf(overlap: ScheduleOverlapPolicy): Policies['overlap'] {
  const ours = Object.entries(OVERLAP_POLICIES).find(([, theirs]) => theirs === overlap)?.[0];
  if (ours !== undefined) return ours as Policies['overlap'];
  return overlap === ScheduleOverlapPolicy.BUFFER_ALL ? 'buffer-one' : 'cancel-other';
}

/** Its workflow's input without the workspace, where that is an object. */
function inputOf(argument: unknown): Record<string, unknown> {
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return {};
  const { workspace: _workspace, ...input } = argument as Record<string, unknown>;
  return input;
}
