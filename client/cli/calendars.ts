import type { Command } from 'commander';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';
import { CalendarError } from '../../domain/ports/calendars.ts';
import type { GoogleSettings } from '../../services/calendars/settings.ts';
import type { Configuration } from '../../services/configuration.ts';
import { createDialler } from '../../services/dialler.ts';
import type { Caller, Operations } from '../api/routes.ts';
import { formatCalendar, formatDetail, formatHealth, noCalendars } from './calendars-output.ts';
import { type Cli, openCli, withService } from './context.ts';

/** How long a person has to say yes at Google, in milliseconds. */
const CONSENT_MS = 10 * 60_000;

export type Health = Awaited<ReturnType<Operations['checkCalendar']>>;

/** `calendars list|check|connect` */
export function calendarCommands(program: Command): void {
  const calendars = program
    .command('calendars')
    .description('calendars of the configuration, and the leave to look at those of people')
    .addHelpText('after', '\nExample:\n  reveille calendars check');

  calendars
    .command('list')
    .description('each with its zone, the length of its slots, and whom one meets there')
    .addHelpText('after', '\nExample:\n  reveille calendars list')
    .action(async (_flags: object, command: Command) => {
      const cli = openCli(command);
      const { items } = await withService(cli, (operations) => operations.listCalendars(cli.caller, {}));
      cli.print(items.map(formatCalendar).join('\n') || noCalendars(), items);
    });

  calendars
    .command('check [id]')
    .description('whether they can be read, and when the leave to do so ends; exit code 1 when one cannot')
    .addHelpText('after', '\nExample:\n  reveille calendars check sales')
    .action(async (id: string | undefined, _flags: object, command: Command) => {
      const cli = openCli(command);
      const found = await withService(cli, (operations) => healthOf(operations, cli.caller, id));
      cli.print(found.map(formatHealth).join('\n') || noCalendars(), found);
      if (found.some(({ state }) => state === 'problem')) process.exitCode = 1;
    });

  calendars
    .command('connect <representative>')
    .description('let a representative give leave, in a browser on this machine, to see to their calendar at Google')
    .addHelpText('after', '\nExample:\n  reveille calendars connect asha')
    .action(async (representative: string, _flags: object, command: Command) =>
      connect(openCli(command), representative),
    );
}

/** The health of one calendar, or of all. @throws ReveilleError `not_found` */
export async function healthOf(operations: Operations, caller: Caller, id?: string): Promise<Health[]> {
  const ids =
    id === undefined ? (await operations.listCalendars(caller, {})).items.map(({ calendar }) => calendar) : [id];
  return Promise.all(ids.map((one) => operations.checkCalendar(caller, { id: one })));
}

async function connect(cli: Cli, id: string): Promise<void> {
  const google = googleOf(cli.configuration.booking, id);
  const leave = await askForLeave(cli, google, id);
  const health = await withService(cli, (operations) =>
    // Representatives belong to no workspace.
    operations.connectCalendar({ ...cli.caller, everyWorkspace: true }, { id, ...leave }),
  );
  cli.print(`Connected ${id}: ${formatDetail(health)}`, health);
  if (health.state === 'problem') process.exitCode = 1;
}

/** @throws ReveilleError `invalid_input` unless the representative has a calendar at Google, and Google knows us */
function googleOf({ google, representatives }: Configuration['booking'], id: string): GoogleSettings {
  const named = Object.hasOwn(representatives, id) ? representatives[id] : undefined;
  if (named === undefined) {
    throw invalidInput([{ path: 'representative', message: `${id} is none of representatives: in reveille.yaml` }]);
  }
  if (named.calendar?.type !== 'google') {
    const message = `${id} has no calendar at Google: write "calendar: {type: google}" under representatives.${id} in reveille.yaml`;
    throw invalidInput([{ path: 'representative', message }]);
  }
  if (google !== null) return google;
  const message = 'must be set for calendars at Google; see docs/booking.md';
  throw invalidInput(
    ['REVEILLE_GOOGLE_CLIENT_ID', 'REVEILLE_GOOGLE_CLIENT_SECRET'].map((path) => ({ path, message })),
    'Google knows no application of ours',
  );
}

/** @throws ReveilleError `forbidden` when they said no, `unavailable` when nobody answered in time or Google is away */
async function askForLeave({ configuration, during }: Cli, google: GoogleSettings, id: string) {
  const { askGoogleForLeave } = await import('../../services/calendars/google-oauth.ts');
  await using dialler = createDialler({ allowPrivateHosts: configuration.allowPrivateHosts });
  await using consent = await askGoogleForLeave(google, { dialler });
  // Also with --json: without it nobody could go on.
  process.stderr.write(`Open this in a browser on this machine, signed in as ${id}:\n\n  ${consent.url}\n\n`);
  const signal = AbortSignal.timeout(CONSENT_MS);
  try {
    return await during('Waiting for leave', () => consent.leave(signal));
  } catch (error) {
    if (error instanceof CalendarError) {
      const isNo = error.outcome === 'refused' || error.outcome === 'access';
      throw new ReveilleError(isNo ? 'forbidden' : 'unavailable', error.message, { cause: error });
    }
    if (!signal.aborted) throw error;
    throw new ReveilleError('unavailable', `Nobody gave leave within ${CONSENT_MS / 60_000} minutes`, { cause: error });
  }
}
