import type { Run } from '../../../domain/contracts/runs.ts';
import type { Schedule } from '../../../domain/contracts/schedules.ts';
import { seconds, utc } from '../scan-output.ts';

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
function formatTimes({ startedAt, finishedAt, latenessMs }: Run): string {
  if (startedAt === null) return '';
  const took = finishedAt === null ? '' : `, took ${seconds(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  return `  began ${utc(startedAt)}, ${seconds(latenessMs ?? 0)} late${took}`;
}
