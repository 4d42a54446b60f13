import type { Run } from '../../../domain/contracts/runs.ts';
import type { Schedule } from '../../../domain/contracts/schedules.ts';
import { seconds, utc } from '../scan-output.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `6.3 s`, `12.5 min`, `7.0 h`, `2.1 d` */
export function inUnits(milliseconds: number): string {
  const unit = UNITS.find(([, size]) => milliseconds >= size);
  return unit ? `${(milliseconds / unit[1]).toFixed(1)} ${unit[0]}` : seconds(milliseconds);
}

type Policies = Schedule['policies'];

/** One line a schedule: state, name, when, and what comes next. */
export function formatScheduleLine(schedule: Schedule): string {
  const { name, workflowType, timing, nextRuns, pausedBy, pausedReason, failureStreak, managed } = schedule;
  const next = nextRuns[0] ? `next ${utc(nextRuns[0])}` : 'no next run';
  const state = schedule.state === 'paused' ? `paused by ${pausedBy}: ${pausedReason}` : next;
  const failures = failureStreak > 0 ? `  ${failureStreak} failed in a row` : '';
  return `${name}  ${workflowType}  ${timing}  ${state}${failures}${managed ? '' : '  (made outside Reveille)'}`;
}

/** Everything about one schedule. */
export function formatSchedule(schedule: Schedule): string {
  const { scheduleId, workflowType, description, timing, input, state, nextRuns, lastRun, failureStreak } = schedule;
  const facts: [string, string][] = [
    ...(description === timing ? [] : [['For', description] as [string, string]]),
    ['When', schedule.cron ? `${timing} (${schedule.cron})` : timing],
    ['Runs', `${workflowType} with ${JSON.stringify(input)}`],
    ['State', state === 'paused' ? `paused by ${schedule.pausedBy}: ${schedule.pausedReason}` : 'active'],
    ['Next', nextRuns.map(utc).join(', ') || 'none'],
    ...(schedule.skips.length > 0 ? [['Called off', schedule.skips.map(utc).join(', ')] as [string, string]] : []),
    ['Last', lastRun ? formatRun(lastRun) : 'has not run yet'],
    ['Failures', failureStreak === 0 ? 'none in a row' : `${failureStreak} in a row`],
    ['Overlap', schedule.policies.overlap],
    ['Catch-up', formatCatchUp(schedule.policies)],
    ['Limits', formatLimits(schedule.policies)],
    ['Version', schedule.managed ? String(schedule.version) : 'made outside Reveille'],
  ];
  return [scheduleId, ...facts.map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join('\n');
}

const formatCatchUp = ({ catchUp, catchUpWindow }: Policies): string =>
  catchUp === 'none' ? 'none' : `${catchUp} within ${catchUpWindow}`;

function formatLimits({ jitter, timeout, pauseAfterFailures }: Policies): string {
  const limits = [
    jitter ? `jitter ${jitter}` : null,
    timeout ? `timeout ${timeout}` : null,
    pauseAfterFailures ? `paused after ${pauseAfterFailures} failures in a row` : null,
  ];
  return limits.filter((limit) => limit !== null).join(', ') || 'none';
}

/** One line a run: when it was planned, what became of it, and why. */
export function formatRun(run: Run): string {
  const state = run.reason ? `${run.state} (${run.reason})` : run.state;
  const cause = run.cause === 'schedule' ? '' : `  ${run.cause}`;
  const words = [run.note, run.error ?? run.summary].filter(Boolean).map((part) => `  ${part}`);
  return `${run.plannedLocal}  ${state}${cause}${formatTimes(run)}${words.join('')}`;
}

/** When it began, how late that was, and how long it took. */
function formatTimes({ cause, startedAt, finishedAt, latenessMs }: Run): string {
  if (startedAt === null) return '';
  const took = finishedAt === null ? '' : `, took ${inUnits(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  // What was asked for of the past, or just now, is not late.
  const late = cause === 'backfill' || cause === 'trigger' ? '' : `, ${inUnits(latenessMs ?? 0)} late`;
  return `  began ${utc(startedAt)}${late}${took}`;
}
