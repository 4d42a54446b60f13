import { z } from 'zod';
import { SCHEDULED_TYPES, slug } from './names.ts';
import { run } from './runs.ts';
import { LONGEST_MS, duration, formatDuration, instant, instantOut } from './time-values.ts';

/** What happens to a fire while a run of the same schedule is open. */
export const OVERLAPS = ['skip', 'buffer-one', 'cancel-other', 'allow-all'] as const;
/** Which of the fires that an outage took are made up for, within the window. */
export const CATCH_UPS = ['none', 'latest', 'all'] as const;

/** Temporal keeps time in seconds. */
const seconds = duration
  .refine((milliseconds) => milliseconds % 1_000 === 0, 'must be whole seconds')
  .refine((milliseconds) => milliseconds <= LONGEST_MS, `must be at most ${formatDuration(LONGEST_MS)}`);

const settable = {
  overlap: z.enum(OVERLAPS),
  catchUp: z.enum(CATCH_UPS),
  catchUpWindow: seconds,
  jitter: seconds.nullable(),
  timeout: seconds.nullable(),
  pauseAfterFailures: z.number().int().min(1).max(1_000).nullable(),
};

/** Durations in milliseconds. `timeout` is that of one run; null: none. */
export const policies = z.strictObject({
  overlap: settable.overlap.default('skip'),
  catchUp: settable.catchUp.default('latest'),
  catchUpWindow: settable.catchUpWindow.default(3_600_000),
  jitter: settable.jitter.default(null),
  timeout: settable.timeout.default(null),
  pauseAfterFailures: settable.pauseAfterFailures.default(null),
});
export type Policies = z.output<typeof policies>;

const fields = {
  workflowType: z.enum(SCHEDULED_TYPES),
  /** Either `cron` or `every`, whole seconds; what they may be is domain/cron's to say. */
  cron: z.string().max(1_000).optional(),
  every: seconds.optional(),
  /** For `every`: an instant at which it fires; the epoch when absent. */
  anchor: instant.nullable().optional(),
  /** For `every` it only says in which zone its times are shown. UTC when absent. */
  timezone: z.string().max(100).optional(),
  /** In the words of whoever made it; those of the timing when absent. */
  description: z.string().trim().max(1_000).nullable().optional(),
  /** Of the workflow, without its workspace. */
  input: z.record(z.string(), z.unknown()),
};

/** What makes a schedule. */
export const scheduleSettings = z.strictObject({
  ...fields,
  input: fields.input.default({}),
  policies: policies.prefault({}),
});
export type ScheduleSettings = z.output<typeof scheduleSettings>;

/** What changes one: absent fields stay, a `cron` takes the place of `every` and the other way round. */
export const scheduleChanges = z.strictObject({ ...fields, policies: z.strictObject(settable).partial() }).partial();
export type ScheduleChanges = z.output<typeof scheduleChanges>;

const durationOut = z.string();
const asDuration = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : formatDuration(milliseconds);

/** The policies as people read and write them. */
export const policiesOut = z.object({
  overlap: settable.overlap,
  catchUp: settable.catchUp,
  catchUpWindow: durationOut,
  jitter: durationOut.nullable(),
  timeout: durationOut.nullable(),
  pauseAfterFailures: z.number().int().nullable(),
});

/** @returns the policies with durations such as `1h` */
export const showPolicies = (given: Policies): z.output<typeof policiesOut> => ({
  ...given,
  catchUpWindow: formatDuration(given.catchUpWindow),
  jitter: asDuration(given.jitter),
  timeout: asDuration(given.timeout),
});

/** The schedule object (contracts.md). */
export const schedule = z.object({
  /** `<workspace>/<name>`, Temporal's id of it. */
  scheduleId: z.string(),
  workspace: slug,
  name: z.string(),
  /** The first word of its runs' workflow ids. */
  kind: z.string(),
  workflowType: z.string(),
  cron: z.string().nullable(),
  every: z.string().nullable(),
  anchor: instantOut.nullable(),
  timezone: z.string(),
  description: z.string(),
  /** When it fires, in words. */
  timing: z.string(),
  input: z.record(z.string(), z.unknown()),
  policies: policiesOut,
  state: z.enum(['active', 'paused']),
  pausedBy: z.string().nullable(),
  pausedReason: z.string().nullable(),
  /** The next few instants at which it fires; none while paused. */
  nextRuns: z.array(instantOut),
  /** Coming occurrences that were called off. */
  skips: z.array(instantOut),
  lastRun: run.nullable(),
  failureStreak: z.number().int(),
  /** Counts changes of what it does and when; null where Reveille did not make it. */
  version: z.number().int().nullable(),
  /** False for one made with `temporal schedule create`. */
  managed: z.boolean(),
});
export type Schedule = z.infer<typeof schedule>;

const reason = z.string().trim().min(1, 'must not be empty').max(500);

/** Which schedules a pause or resume is about: some by name, or all of the workspace. */
const chosen = {
  names: z.array(slug).min(1).max(10_000).optional(),
  all: z.literal(true).optional(),
};

export const pauseSchedules = z
  .strictObject({ ...chosen, reason })
  .refine(({ names, all }) => (names === undefined) !== (all === undefined), {
    path: ['names'],
    error: 'give either names or all',
  });

/** `pauseId`: just those that this pause stopped and nothing has resumed since. */
export const resumeSchedules = z
  .strictObject({ ...chosen, pauseId: z.string().max(64).optional(), reason: reason.optional() })
  .refine((given) => [given.names, given.all, given.pauseId].filter((choice) => choice !== undefined).length === 1, {
    path: ['names'],
    error: 'give one of names, all and pauseId',
  });

export const paused = z.object({ pauseId: z.string(), paused: z.array(slug) });
export const resumed = z.object({ resumed: z.array(slug) });

/** Body of pausing one; of resuming one the reason may be absent. */
export const pauseOne = z.strictObject({ reason });
export const resumeOne = z.strictObject({ reason: reason.optional() });
export const occurrence = z.strictObject({ at: instant });

/** Longest span and most fires of one backfill. */
export const BACKFILL = { fires: 1_000 } as const;
/** `from` is included, `to` is not. */
export const backfill = z.strictObject({ from: instant, to: instant });
export const backfilled = z.object({ fires: z.array(instantOut) });

/** `paused`: the schedule is, and was run all the same. */
export const triggered = z.object({ workflowId: z.string(), runId: z.string(), paused: z.boolean() });

/** A fire as `schedules preview` prints it. */
export const fire = z.object({ at: instantOut, local: z.string(), note: z.string().nullable() });

/** `from` is included, `to` is not; without `to` so many as `count`. */
export const previewTiming = z.strictObject({
  cron: fields.cron,
  every: fields.every,
  anchor: fields.anchor,
  timezone: fields.timezone,
  from: instant.optional(),
  to: instant.optional(),
  count: z.number().int().min(1).max(10_000).optional(),
});

/** One schedule of a file for `apply`: the name, and what it is. */
export const scheduleEntry = scheduleSettings.extend({ name: slug });

/** `prune` deletes what the list does not name; `dryRun` only says what would be done. */
export const applySchedules = z.strictObject({
  schedules: z.array(scheduleEntry).max(10_000),
  prune: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

/** What `apply` did, or would do, by name; `changes` are the fields that differ, as `field: before → after`. */
export const appliedSchedules = z.object({
  created: z.array(slug),
  updated: z.array(z.object({ name: slug, changes: z.array(z.string()) })),
  unchanged: z.array(slug),
  deleted: z.array(slug),
});

/** What a schedule was in one of its versions. */
export const scheduleVersion = z.object({
  version: z.number().int(),
  since: instantOut,
  by: z.string(),
  workflowType: z.string(),
  cron: z.string().nullable(),
  every: z.string().nullable(),
  anchor: instantOut.nullable(),
  timezone: z.string(),
  description: z.string().nullable(),
  input: z.record(z.string(), z.unknown()),
  policies: policiesOut,
});
