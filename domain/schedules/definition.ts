import type { z } from 'zod';
import { maintenanceInput } from '../contracts/maintenance.ts';
import type { ScheduledType } from '../contracts/names.ts';
import { customerScanInput } from '../contracts/scans.ts';
import type { Policies, ScheduleChanges, ScheduleSettings } from '../contracts/schedules.ts';
import { type Timing, parseTiming } from '../cron/index.ts';
import { type FieldError, ReveilleError, invalidInput } from '../errors.ts';
import { fieldErrors } from '../parse.ts';
import type { ScheduleDefinition } from '../ports/schedule-store.ts';

/** What a schedule may be at this moment (epoch ms) on this installation. */
export interface DefinitionLimits {
  minIntervalMs: number;
  now: number;
}

/** Inputs of the workflows that schedules start. The workspace is the schedule's, never the input's. */
const INPUTS: Record<ScheduledType, z.ZodType> = {
  customerScan: customerScanInput.omit({ workspace: true }),
  maintenance: maintenanceInput.omit({ workspace: true }),
};

/**
 * What the settings say, checked so that every run can start.
 * @throws ReveilleError `invalid_input` naming every wrong field
 */
export function definitionOf(settings: ScheduleSettings, limits: DefinitionLimits): ScheduleDefinition {
  const { workflowType, description, input, policies } = settings;
  const errors: FieldError[] = [];
  const timing = timingOf(timingFields(settings), limits, errors);
  errors.push(...inputErrors(workflowType, input));
  if (timing === null || errors.length > 0) throw invalidInput(errors);
  return { workflowType, timing, description: description || null, input, policies };
}

/**
 * The definition after the changes; what is absent stays. A timing that is left as it was is not checked anew.
 * @throws ReveilleError `invalid_input` naming every wrong field
 */
export function changedDefinition(
  current: ScheduleDefinition,
  changes: ScheduleChanges,
  limits: DefinitionLimits,
): ScheduleDefinition {
  const errors: FieldError[] = [];
  const workflowType = changes.workflowType ?? current.workflowType;
  const input = changes.input ?? current.input;
  const timing = changesTiming(changes)
    ? timingOf(changedTiming(current.timing, changes), limits, errors)
    : current.timing;
  errors.push(...inputErrors(workflowType, input));
  if (timing === null || errors.length > 0) throw invalidInput(errors);
  const description = changes.description === undefined ? current.description : changes.description || null;
  const given = Object.entries(changes.policies ?? {}).filter(([, value]) => value !== undefined);
  const policies: Policies = { ...current.policies, ...(Object.fromEntries(given) as Partial<Policies>) };
  return { workflowType, timing, description, input, policies };
}

type TimingFields = Parameters<typeof parseTiming>[0];

/** The fields of a timing that are there, and no others. */
export function timingFields(given: {
  cron?: string | undefined;
  every?: number | undefined;
  anchor?: string | null | undefined;
  timezone?: string | undefined;
}): TimingFields {
  const { cron, every, anchor, timezone } = given;
  return {
    ...(cron !== undefined && { cron }),
    ...(every !== undefined && { every }),
    ...(anchor !== undefined && { anchor }),
    ...(timezone !== undefined && { timezone }),
  };
}

const changesTiming = (changes: ScheduleChanges): boolean => Object.keys(timingFields(changes)).length > 0;

function changedTiming(current: Timing, changes: ScheduleChanges): TimingFields {
  const { cron, every, anchor, timezone = current.timezone } = timingFields(changes);
  if (cron !== undefined || every !== undefined) {
    const kept = 'every' in current && every !== undefined ? current.anchor : undefined;
    return timingFields({ cron, every, anchor: anchor === undefined ? kept : anchor, timezone });
  }
  return 'cron' in current
    ? timingFields({ cron: current.cron, anchor, timezone })
    : timingFields({ every: current.every, anchor: anchor === undefined ? current.anchor : anchor, timezone });
}

function timingOf(given: TimingFields, limits: DefinitionLimits, errors: FieldError[]): Timing | null {
  try {
    return parseTiming(given, limits);
  } catch (error) {
    if (!(error instanceof ReveilleError) || error.code !== 'invalid_input') throw error;
    errors.push(...error.errors);
    return null;
  }
}

function inputErrors(workflowType: ScheduledType, input: unknown): FieldError[] {
  const result = INPUTS[workflowType].safeParse(input);
  if (result.success) return [];
  return fieldErrors(result.error).map(({ path, message }) => ({ path: path ? `input.${path}` : 'input', message }));
}
