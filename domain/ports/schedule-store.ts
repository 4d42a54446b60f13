import type { Policies } from '../contracts/schedules.ts';
import type { ScheduledType } from '../contracts/names.ts';
import type { RunCause, RunReason, RunState, Run, EndedRunState } from '../contracts/runs.ts';
import type { Timing } from '../cron/timing.ts';
import type { ListOptions, Page } from './page.ts';

/** What a schedule does and when, as one version of it says. Durations in milliseconds. */
export interface ScheduleDefinition {
  workflowType: ScheduledType;
  timing: Timing;
  /** null: described by its timing. */
  description: string | null;
  input: Record<string, unknown>;
  policies: Policies;
}

/** Who stopped a schedule, and why. */
export interface SchedulePause {
  pauseId: string;
  by: string;
  reason: string;
  at: string;
}

/** A schedule as it should be. */
export interface ScheduleRow extends ScheduleDefinition {
  workspace: string;
  name: string;
  /** From 1 on; one more with each change of the definition. */
  version: number;
  createdAt: string;
  /** null while active. */
  pause: SchedulePause | null;
  /** Coming instants that were called off, ascending. */
  skips: string[];
  failureStreak: number;
  /** One more with each change of anything that Temporal has to know. */
  revision: number;
  /** The revision that Temporal was last made to have; behind `revision` while a change is on its way. */
  appliedRevision: number;
  /** Its ledger is complete for fires before this instant. */
  settledUntil: string;
}

/** A schedule that is to be deleted on Temporal too, and has not been yet. */
export interface RemovedSchedule {
  workspace: string;
  name: string;
  revision: number;
}

/** A schedule's definition over the time in which it held: from `since` on, until the next one's. */
export interface ScheduleVersion extends ScheduleDefinition {
  version: number;
  since: string;
  by: string;
}

/** A span of time; `until` null: still going on. */
export interface Span {
  since: string;
  until: string | null;
}

/** Who does it and when. */
export interface Act {
  by: string;
  at: string;
}

export interface ScheduleFilter {
  state?: 'active' | 'paused' | undefined;
  workflowType?: ScheduledType | undefined;
}

/**
 * The schedules that should be. Each change that Temporal has to know raises the revision; whoever has told Temporal
 * says so by `applied`. Names belong to a workspace; a deleted schedule keeps its versions, pauses and runs, and its name may be
 * used again: versions count on.
 */
export interface ScheduleStore {
  /** @throws ReveilleError `conflict` when the workspace has one of that name */
  create(workspace: string, name: string, definition: ScheduleDefinition, act: Act): Promise<ScheduleRow>;
  /** A new version, unless the definition is the same. @returns null when there is none */
  change(workspace: string, name: string, definition: ScheduleDefinition, act: Act): Promise<ScheduleRow | null>;
  get(workspace: string, name: string): Promise<ScheduleRow | null>;
  list(workspace: string, options: ListOptions & ScheduleFilter): Promise<Page<ScheduleRow>>;
  /** Every schedule of every workspace, or of one. */
  all(workspace?: string): Promise<ScheduleRow[]>;
  /** Deletes it and what was only planned for it, to be followed by `applied`. @returns null when there is none */
  remove(workspace: string, name: string, act: Act): Promise<ScheduleRow | null>;
  /** Those that Temporal has yet to forget. */
  removed(): Promise<RemovedSchedule[]>;
  /** Notes that Temporal has this revision; of an older one it says nothing. */
  applied(workspace: string, name: string, revision: number): Promise<void>;
  /** Says that Temporal may have lost it: its revision counts as not applied. */
  unapplied(workspace: string, name: string): Promise<void>;
  /**
   * Stops those of the names (all when null) that are active, in one transaction, and appends `schedule.paused` events
   * (`schedule.disabled` where `automatic`). @returns the rows it stopped. @throws ReveilleError `not_found` naming an unknown one
   */
  pause(
    workspace: string,
    names: readonly string[] | null,
    pause: SchedulePause & { automatic?: boolean },
  ): Promise<ScheduleRow[]>;
  /**
   * Resumes those that are paused: of the names, of that pause, or all; a new streak of failures begins. Appends
   * `schedule.resumed`. @throws ReveilleError `not_found` naming an unknown one
   */
  resume(
    workspace: string,
    which: { names: readonly string[] } | { pauseId: string } | { all: true },
    act: Act & { reason?: string | undefined },
  ): Promise<ScheduleRow[]>;
  /** Calls one coming instant off, or on again; twice is once. @returns null when there is no such schedule */
  setSkip(workspace: string, name: string, instant: string, skipped: boolean): Promise<ScheduleRow | null>;
  /** All versions that held at some time in the span, ascending; of a deleted schedule too. */
  versions(workspace: string, name: string, span?: Span): Promise<ScheduleVersion[]>;
  /** When it was paused, ascending. */
  pauses(workspace: string, name: string, span: Span): Promise<Span[]>;
  /** When it was there at all, ascending. */
  lives(workspace: string, name: string, span: Span): Promise<Span[]>;
  /** Its ledger is complete until `instant`; never moves back. Skips before it are forgotten. */
  settled(workspace: string, name: string, instant: string): Promise<void>;
}

/** A row of the ledger with what the contract's object leaves out. */
export interface RunRow extends Run {
  workspace: string;
  /** Of the row; two runs of one planned instant have two. */
  ledgerId: string;
}

/** A planned fire that has not run: it is to come, waits, was skipped or missed. */
export interface PlannedRun {
  scheduleId: string;
  scheduleVersion: number;
  plannedAt: string;
  plannedLocal: string;
  note: string | null;
  state: Extract<RunState, 'planned' | 'late' | 'skipped' | 'missed'>;
  reason: RunReason | null;
  /** Of the waiting workflow, where it is known. */
  workflowId?: string | null;
  runId?: string | null;
}

export interface StartedRun {
  scheduleId: string;
  scheduleVersion: number | null;
  plannedAt: string;
  plannedLocal: string;
  note: string | null;
  /** Where the row that it fills says catch-up or backfill, that stays. */
  cause: RunCause;
  workflowId: string;
  /** The first run's. */
  runId: string;
  startedAt: string;
}

export interface RunFilter {
  /** A schedule's name. */
  schedule?: string | undefined;
  state?: RunState | undefined;
  cause?: RunCause | undefined;
  /** Planned from this instant on. */
  from?: string | undefined;
  /** Planned before this instant. */
  to?: string | undefined;
}

/**
 * The run ledger. A planned fire has one row, whoever writes it first; the run that it becomes fills that row. A further
 * run of the same instant (a backfill of what has run) has a row of its own.
 */
export interface RunStore {
  /** Notes a run's start; the same run again changes nothing. Appends `run.started`. */
  start(workspace: string, run: StartedRun): Promise<RunRow>;
  /**
   * Notes how a run ended; what was told first stays. Counts the schedule's failures in a row, appends `run.completed` or
   * `run.failed`. @returns null when the run has no row
   */
  finish(
    workspace: string,
    runId: string,
    end: {
      state: EndedRunState;
      finishedAt: string;
      summary: string | null;
      tokensUsed: number | null;
      error: string | null;
    },
  ): Promise<{ run: RunRow; failureStreak: number; changed: boolean } | null>;
  /**
   * Writes planned fires that have not run: a row that has a run stays as it is; `skipped` and `missed` append their events
   * once. A planned row of an instant that no longer is planned is taken away by `unplan`.
   */
  plan(workspace: string, runs: readonly PlannedRun[]): Promise<void>;
  /** Takes away rows in state `planned` of this schedule, except that of `except`. */
  unplan(workspace: string, scheduleId: string, except: string | null): Promise<void>;
  /** Marks an open run whose workflow task fails again and again, or that goes on after all. */
  mark(workspace: string, ledgerId: string, state: 'late' | 'running' | 'stuck'): Promise<void>;
  /**
   * Notes that these instants are about to be run again, before Temporal is asked: the row of a fire that has not run
   * takes the cause and becomes `late`; for one that has run there is a new row. Keyed by instant and cause: asking again finds
   * the first while that has not run.
   */
  intend(
    workspace: string,
    cause: 'catch-up' | 'backfill',
    fires: readonly Omit<PlannedRun, 'state' | 'reason'>[],
  ): Promise<RunRow[]>;
  /** Notes, before it is done, that Temporal is asked to start what was intended: as the workflow of that id. */
  requested(workspace: string, ledgerId: string, workflowId: string): Promise<void>;
  /** Gives up what was intended and has not run. */
  giveUp(workspace: string, ledgerId: string, end: { state: 'skipped' | 'missed'; reason: RunReason }): Promise<void>;
  /**
   * A row for a run that Reveille starts itself, unless `exclusive` and a run of the schedule is open: one at a time
   * decides. @throws ReveilleError `conflict`
   */
  trigger(
    workspace: string,
    run: Omit<StartedRun, 'runId' | 'startedAt' | 'cause'>,
    options: { exclusive: boolean },
  ): Promise<RunRow>;
  /** Says which run a triggered row became. */
  triggered(workspace: string, ledgerId: string, runId: string): Promise<void>;
  /** Rows that have yet to end and are not merely planned for later, of every workspace: with a workflow, or intended. */
  open(): Promise<RunRow[]>;
  /** All rows of one schedule planned in the span [from, to), ascending. */
  between(workspace: string, scheduleId: string, from: string, to: string): Promise<RunRow[]>;
  /** The last run of each schedule that began or ended, whatever its cause. */
  last(workspace: string, scheduleIds: readonly string[]): Promise<Map<string, RunRow>>;
  /** By Temporal's run id. */
  get(workspace: string, runId: string): Promise<RunRow | null>;
  /** Newest planned instant first. */
  list(workspace: string, options: ListOptions & RunFilter): Promise<Page<RunRow>>;
  /** Drops ended rows planned before the instant. @returns how many */
  dropBefore(instant: string): Promise<number>;
}

/** When the Temporal server could not be reached, as far as anyone looked. */
export interface OutageStore {
  /** Temporal answered at this instant. Where it had not for longer than `gapMs`, or `failed` was told since, that was an outage. */
  reached(at: string, gapMs: number): Promise<void>;
  /** Temporal did not answer. */
  failed(at: string): Promise<void>;
  /** Outages that overlap the span; the present one has no end. */
  between(span: Span): Promise<Span[]>;
}

/** Who does what only one process may do at a time. */
export interface LeaseStore {
  /** Takes or renews the lease for `forMs`. False while another holder has it. */
  acquire(name: string, holder: string, at: string, forMs: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}
