import type { Command } from 'commander';
import { scheduleChangeCommands } from './schedules/change.ts';
import { scheduleFileCommands } from './schedules/file.ts';
import { scheduleListCommands } from './schedules/list.ts';
import { schedulePauseCommands } from './schedules/pause.ts';
import { previewCommand } from './schedules/preview.ts';
import { scheduleRunsCommand } from './schedules/runs.ts';

/** `schedules …` */
export function scheduleCommands(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('what runs when, and what became of it')
    .addHelpText('after', '\nExample:\n  reveille schedules list');
  scheduleListCommands(schedules);
  scheduleChangeCommands(schedules);
  schedulePauseCommands(schedules);
  scheduleRunsCommand(schedules);
  scheduleFileCommands(schedules);
  previewCommand(schedules);
}
