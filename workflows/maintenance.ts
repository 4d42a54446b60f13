import { ActivityFailure, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { type MaintenanceOutcome, maintenanceInput } from '../domain/contracts/maintenance.ts';
import { SYSTEM_WORKSPACE } from '../domain/contracts/names.ts';
import { upkeep } from './activity-profiles.ts';
import { failureWords } from './failure-words.ts';
import { parseInput } from './input.ts';
import { labelWorkflow } from './search-attributes.ts';

/**
 * Keeps schedules right over coming clock changes, and drops what is older than it is kept. One part goes on where the other
 * fails; the run then ends with errors. Of a single workspace only the schedules are looked after: what is kept how long is
 * one setting for all.
 */
export async function maintenance(...args: unknown[]): Promise<MaintenanceOutcome> {
  const input = parseInput(maintenanceInput, args);
  const workspace = input.workspace === SYSTEM_WORKSPACE ? null : (input.workspace ?? null);
  const now = new Date().toISOString();
  const said: string[] = [];
  let failures = 0;

  function show(words: string): void {
    setCurrentDetails(`Maintenance of **${workspace ?? 'every workspace'}**: ${words}`);
  }

  async function part<Result>(what: string, work: () => Promise<Result>, words: (result: Result) => string) {
    show([...said, `${what} …`].join('; '));
    try {
      const result = await work();
      said.push(words(result));
      return result;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      failures += 1;
      said.push(`${what} failed: ${failureWords(error)}`);
      return null;
    }
  }

  labelWorkflow({ Workspace: input.workspace ?? SYSTEM_WORKSPACE });
  const schedules = await part(
    'renewing schedules',
    () => upkeep.renewSchedules({ workspace }),
    ({ checked, renewed }) => `${checked} schedules checked, ${renewed} renewed`,
  );
  const dropped = workspace
    ? null
    : await part(
        'dropping what is old',
        () => upkeep.dropOldRuns({ now }),
        ({ runs, events, answers }) => `${runs} runs, ${events} events and ${answers} answers dropped`,
      );
  const summary = said.join('; ');
  show(summary);
  return { schedules, dropped, failures, summary };
}
