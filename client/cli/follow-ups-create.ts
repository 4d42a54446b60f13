import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { instant, parseDuration } from '../../domain/contracts/time-values.ts';
import { invalidInput } from '../../domain/errors.ts';
import type { Operations } from '../api/routes.ts';
import { type Cli, openCli, parseOption, withRunningService } from './context.ts';
import { formatFollowUp } from './follow-ups-output.ts';
import { plural } from './scan-output.ts';

interface TimeFlags {
  in?: string;
  at?: string;
}

interface CreateFlags extends TimeFlags {
  type?: string;
  payload?: string;
  file?: string;
}

type Payload = Parameters<Operations['scheduleFollowUp']>[1]['payload'];
type Items = Parameters<Operations['scheduleFollowUps']>[1]['items'];

/** `--in` and `--at` */
export const timeFlags = (command: Command): Command =>
  command
    .option('--in <duration>', 'so long from now: 90s, 5m, 2h, 3d')
    .option('--at <instant>', 'at this instant, with its zone, such as 2030-01-31T09:00:00+05:30');

/** What `--in` or `--at` says. @throws ReveilleError `invalid_input` unless it is one of them */
export function whenOf(flags: TimeFlags): string {
  if ((flags.in === undefined) === (flags.at === undefined)) {
    throw invalidInput([{ path: '--in', message: 'give --in or --at, one of them' }]);
  }
  if (flags.at !== undefined) return parseOption(instant, flags.at, '--at');
  const given = flags.in ?? '';
  if (parseDuration(given) !== undefined) return given;
  throw invalidInput([{ path: '--in', message: 'must be a duration such as 90s, 5m, 2h, 3d' }]);
}

/** `follow-ups create` */
export function followUpCreateCommand(followUps: Command): void {
  timeFlags(
    followUps.command('create [contactId]').description('schedule one, or all of a file; a service must be running'),
  )
    .option(
      '--type <type>',
      'follow_up, reminder, check_in, nurture, agent, or a word of your own (default: follow_up)',
    )
    .option('--payload <json>', 'such as {"message_template":"Hello {{name}}","channel":"email"}')
    .option(
      '--file <file>',
      'JSON: a list of {contactId, type, scheduledFor, payload}; none is made when one is wrong; - reads stdin',
    )
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  reveille follow-ups create C100042 --in 2h',
        '  reveille follow-ups create C100042 --at 2030-01-31T09:00:00+05:30 --type reminder --payload \'{"reason":"viewing"}\'',
        '  reveille follow-ups create --file follow-ups.json',
      ].join('\n'),
    )
    .action(async (contactId: string | undefined, flags: CreateFlags, command: Command) => {
      const cli = openCli(command);
      if ((contactId === undefined) === (flags.file === undefined)) {
        throw invalidInput([{ path: 'contactId', message: 'give a contact or --file, one of them' }]);
      }
      await (contactId === undefined ? createMany(cli, flags) : createOne(cli, contactId, flags));
    });
}

async function createOne(cli: Cli, id: string, flags: CreateFlags): Promise<void> {
  const { type = 'follow_up', payload } = flags;
  const given = {
    ...{ id, type, scheduledFor: whenOf(flags) },
    ...(payload !== undefined && { payload: jsonOf(payload, '--payload') as Payload }),
  };
  const item = await withRunningService(cli, (operations) => operations.scheduleFollowUp(cli.caller, given));
  cli.print(`Scheduled\n${formatFollowUp(item)}`, item);
}

async function createMany(cli: Cli, { file = '', ...others }: CreateFlags): Promise<void> {
  const beside = Object.keys(others).filter((flag) => ['in', 'at', 'type', 'payload'].includes(flag));
  if (beside.length > 0) {
    throw invalidInput(
      beside.map((flag) => ({ path: `--${flag}`, message: 'is said in the file, for each follow-up' })),
    );
  }
  const content = await (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8')).catch(() => {
    throw invalidInput([{ path: '--file', message: `${file} cannot be read` }]);
  });
  const items = jsonOf(content, '--file');
  if (!Array.isArray(items)) throw invalidInput([{ path: '--file', message: 'must hold a list' }]);
  const done = await withRunningService(cli, (operations) =>
    cli.during('Scheduling', () => operations.scheduleFollowUps(cli.caller, { items: items as Items })),
  );
  cli.print(`Scheduled ${plural(done.followUpIds.length, 'follow-up')}`, done);
}

function jsonOf(text: string, flag: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidInput([{ path: flag, message: 'is not valid JSON' }]);
  }
}
