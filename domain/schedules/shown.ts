import { formatDuration } from '../contracts/time-values.ts';
import { showPolicies } from '../contracts/schedules.ts';
import { type Fire, type Timing, fires } from '../cron/index.ts';
import type { ScheduleDefinition, ScheduleRow } from '../ports/schedule-store.ts';

/** A timing in the fields that people read and write. */
export const showTiming = (timing: Timing) => ({
  cron: 'cron' in timing ? timing.cron : null,
  every: 'every' in timing ? formatDuration(timing.every) : null,
  anchor: 'every' in timing ? timing.anchor : null,
  timezone: timing.timezone,
});

/** A definition in the fields that people read and write. */
export const showDefinition = ({ workflowType, timing, description, input, policies }: ScheduleDefinition) => ({
  workflowType,
  ...showTiming(timing),
  description,
  input,
  policies: showPolicies(policies),
});

/** The fields that differ, as `policies.overlap: skip → allow-all`; none where both say the same. */
export function definitionChanges(before: ScheduleDefinition, after: ScheduleDefinition): string[] {
  const [old, young] = [leaves(showDefinition(before)), leaves(showDefinition(after))];
  return [...new Set([...old.keys(), ...young.keys()])]
    .filter((path) => old.get(path) !== young.get(path))
    .map((path) => `${path}: ${plain(old.get(path))} → ${plain(young.get(path))}`);
}

/** Every value that is no object, as JSON by its path; null is as good as absent. */
function leaves(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (value === null || value === undefined) return into;
  if (typeof value !== 'object' || Array.isArray(value)) return into.set(path, JSON.stringify(value));
  for (const [key, part] of Object.entries(value)) leaves(part, path ? `${path}.${key}` : key, into);
  return into;
}

function plain(json: string | undefined): string {
  if (json === undefined) return 'none';
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' ? value : json;
}

/** The next fires from `now` (epoch ms) on that were not called off; whether the schedule is paused is not asked. */
export function comingFires({ timing, skips }: Pick<ScheduleRow, 'timing' | 'skips'>, now: number, count: number) {
  const coming: Fire[] = [];
  const calledOff = new Set(skips);
  for (const fire of fires(timing, new Date(now).toISOString())) {
    if (calledOff.has(fire.at)) continue;
    coming.push(fire);
    if (coming.length >= count) break;
  }
  return coming;
}
