import { Command } from 'commander';
import { approvalCommands } from './approvals.ts';
import { bookingCommands } from './bookings.ts';
import { calendarCommands } from './calendars.ts';
import { contactCommands } from './contacts.ts';
import { customerCommands } from './customers.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { effectCommands } from './effects.ts';
import { escalationCommands } from './escalations.ts';
import { followUpCommands } from './follow-ups.ts';
import { historyCommands } from './histories.ts';
import { mcpCommand } from './mcp.ts';
import { notificationCommands } from './notifications.ts';
import { scanCommand } from './scan.ts';
import { scheduleCommands } from './schedules.ts';
import { productVersion } from '../version.ts';
import { serveCommand } from './serve.ts';
import { slotCommands } from './slots.ts';
import { tokenCommands } from './tokens.ts';
import { upCommands } from './up.ts';

/** All commands; parsing runs one. Each throws instead of ending the process. */
export function createProgram(options: { json?: boolean } = {}): Command {
  const program = new Command('reveille')
    .exitOverride()
    .description('Finds customers at risk and writes to them, durably, on Temporal.')
    .version(productVersion())
    .option('--json', 'print the result as JSON; everything else goes to stderr')
    .option('--workspace <slug>', 'the workspace (default: REVEILLE_WORKSPACE, else "default")')
    .option('--debug', 'show the stack of an error')
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText('after', '\nExamples:\n  reveille demo\n  reveille up\n  reveille scan --mode once');
  // With --json the only words about a failure are the problem, which the caller prints.
  if (options.json) program.configureOutput({ writeErr: () => {} });
  upCommands(program);
  serveCommand(program);
  demoCommand(program);
  customerCommands(program);
  scanCommand(program);
  scheduleCommands(program);
  approvalCommands(program);
  escalationCommands(program);
  contactCommands(program);
  followUpCommands(program);
  slotCommands(program);
  bookingCommands(program);
  calendarCommands(program);
  effectCommands(program);
  notificationCommands(program);
  tokenCommands(program);
  mcpCommand(program);
  doctorCommand(program);
  historyCommands(program);
  for (const command of allCommands(program)) shareOptions(command);
  return program;
}

/** Every command below `command`, at any depth. */
export function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}

/** `--json` and the like may stand before or after a command's own name. */
function shareOptions(command: Command): void {
  command
    .option('--json', 'print the result as JSON')
    .option('--workspace <slug>', 'the workspace')
    .option('--debug', 'show the stack of an error')
    .exitOverride();
}
