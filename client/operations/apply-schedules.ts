import type { z } from 'zod';
import type { appliedSchedules, applySchedules } from '../../domain/contracts/schedules.ts';
import { type FieldError, ReveilleError, invalidInput } from '../../domain/errors.ts';
import type { ScheduleDefinition, ScheduleRow } from '../../domain/ports/schedule-store.ts';
import { type DefinitionLimits, definitionOf } from '../../domain/schedules/definition.ts';
import { definitionChanges } from '../../domain/schedules/shown.ts';

type Given = z.output<typeof applySchedules>;
export type NamedDefinition = ScheduleDefinition & { name: string };

/**
 * The schedules of a list, checked all before any is touched.
 * @throws ReveilleError `invalid_input` naming every wrong field as `schedules.3.cron`, and names that come twice
 */
export function checkedSchedules({ schedules }: Given, limits: DefinitionLimits): NamedDefinition[] {
  const errors: FieldError[] = [];
  const first = new Map<string, number>();
  const checked = schedules.flatMap(({ name, ...settings }, index) => {
    const earlier = first.get(name);
    first.set(name, earlier ?? index);
    if (earlier !== undefined) {
      errors.push({ path: `schedules.${index}.name`, message: `is the name of schedules.${earlier} already` });
    }
    try {
      return [{ name, ...definitionOf(settings, limits) }];
    } catch (error) {
      if (!(error instanceof ReveilleError) || error.code !== 'invalid_input') throw error;
      errors.push(...error.errors.map((one) => ({ ...one, path: `schedules.${index}.${one.path}` })));
      return [];
    }
  });
  if (errors.length > 0) throw invalidInput(errors);
  return checked;
}

/** What has to be done so that `rows` become `wanted`. */
export function planSchedules(
  rows: readonly ScheduleRow[],
  wanted: readonly NamedDefinition[],
  prune: boolean,
): { plan: z.output<typeof appliedSchedules>; put: NamedDefinition[] } {
  const present = new Map(rows.map((row) => [row.name, row]));
  const named = new Set(wanted.map(({ name }) => name));
  const plan: z.output<typeof appliedSchedules> = { created: [], updated: [], unchanged: [], deleted: [] };
  const put: NamedDefinition[] = [];
  for (const definition of wanted) {
    const { name } = definition;
    const row = present.get(name);
    const changes = row ? definitionChanges(row, definition) : [];
    if (!row) plan.created.push(name);
    else if (changes.length > 0) plan.updated.push({ name, changes });
    else plan.unchanged.push(name);
    // One whose last change Temporal has not taken is told again.
    if (!row || changes.length > 0 || row.appliedRevision < row.revision) put.push(definition);
  }
  if (prune) plan.deleted = rows.map(({ name }) => name).filter((name) => !named.has(name));
  return { plan, put };
}
