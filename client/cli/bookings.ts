import { type Command, Option } from 'commander';
import { BOOKING_STATES, type Booking, type BookingState } from '../../domain/contracts/bookings.ts';
import type { Operations } from '../api/routes.ts';
import { formatBooking, formatBookingLine } from './bookings-output.ts';
import { type Cli, openCli, withRunningService, withService } from './context.ts';
import { type ListFlags, listFlags, more } from './listing.ts';

const ID = 'B4f1c09a7d2e85b3c6a10';

/** `bookings create|list|show|reschedule|cancel|no-show|repair` */
export function bookingCommands(program: Command): void {
  const bookings = program
    .command('bookings')
    .description('meetings: the slot, its event, link, invitation and reminders')
    .addHelpText('after', '\nExample:\n  reveille bookings list --state confirmed');
  createCommand(bookings);
  readingCommands(bookings);
  changingCommands(bookings);
}

interface CreateFlags {
  calendar: string;
  slot: string;
  email: string;
  name: string;
  contact?: string;
  topic?: string;
  timezone?: string;
  language?: string;
}

function createCommand(bookings: Command): void {
  bookings
    .command('create')
    .description('book a slot; a service must be running')
    .requiredOption('--calendar <id>', 'the calendar')
    .requiredOption('--slot <id>', 'the slot, as `slots list` names it')
    .requiredOption('--email <address>', 'of whoever is invited')
    .requiredOption('--name <name>', 'theirs')
    .option('--contact <contactId>', 'the contact whose meeting it is (default: one is made for the address)')
    .option('--topic <text>', 'what it is about, one line')
    .option('--timezone <zone>', "IANA zone the invitee reads times in (default: the contact's, else the calendar's)")
    .option('--language <code>', "of mails and reminders: en, hi, ta, te or bn (default: the contact's, else en)")
    .addHelpText(
      'after',
      '\nExample:\n  reveille bookings create --calendar sales --slot sales-20300315T090000Z --email asha@example.com --name "Asha Rao"',
    )
    .action(async (flags: CreateFlags, command: Command) => {
      const cli = openCli(command);
      const request = requestOf(flags);
      const booking = await withRunningService(cli, (operations) =>
        cli.during('Booking', () => operations.createBooking(cli.caller, request)),
      );
      cli.print(`${wordsFor(booking)}\n${formatBooking(booking)}`, booking);
    });
}

function requestOf({ slot, email, name, contact, ...rest }: CreateFlags): Parameters<Operations['createBooking']>[1] {
  const { calendar, topic, timezone, language } = rest;
  const more = { contactId: contact, topic, timezone, language };
  const given = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
  return { calendar, slotId: slot, invitee: { email, name }, ...given };
}

/** Event, meeting and invitation may take longer than anyone waits here. */
const wordsFor = ({ state, bookingId }: Booking): string =>
  state === 'held' ? `The slot is held; reveille bookings show ${bookingId} says when it is confirmed` : 'Booked';

function readingCommands(bookings: Command): void {
  listFlags(bookings.command('list').description('newest first'))
    .option('--calendar <id>', 'only those in this calendar')
    .option('--contact <contactId>', 'only those of this contact')
    .addOption(new Option('--state <state>', 'only these').choices(BOOKING_STATES))
    .addHelpText('after', '\nExample:\n  reveille bookings list --calendar sales --state confirmed')
    .action(
      async (flags: ListFlags & { calendar?: string; contact?: string; state?: BookingState }, command: Command) => {
        const cli = openCli(command);
        const { contact, ...rest } = flags;
        const filter = { ...rest, ...(contact !== undefined && { contactId: contact }) };
        const page = await withService(cli, (operations) => operations.listBookings(cli.caller, filter));
        const lines = page.items.map(formatBookingLine);
        cli.print([...lines, ...more(page.nextCursor)].join('\n') || 'No bookings', page.items);
      },
    );

  bookings
    .command('show <bookingId>')
    .description('one booking, with its link and what became of it')
    .addHelpText('after', `\nExample:\n  reveille bookings show ${ID}`)
    .action(async (id: string, _flags: object, command: Command) => {
      const cli = openCli(command);
      const booking = await withService(cli, (operations) => operations.getBooking(cli.caller, { id }));
      cli.print(formatBooking(booking), booking);
    });
}

function changingCommands(bookings: Command): void {
  bookings
    .command('reschedule <bookingId>')
    .description('move it to another slot of its calendar; a service must be running')
    .requiredOption('--slot <id>', 'the other slot, as `slots list` names it')
    .addHelpText('after', `\nExample:\n  reveille bookings reschedule ${ID} --slot sales-20300316T090000Z`)
    .action(async (id: string, { slot: slotId }: { slot: string }, command: Command) => {
      await change(openCli(command), 'Moved', (operations, caller) =>
        operations.rescheduleBooking(caller, { id, slotId }),
      );
    });

  bookings
    .command('cancel <bookingId>')
    .description('call it off: event and link go, and the invitee is told; a service must be running')
    .requiredOption('--reason <text>', 'why; the invitee reads it')
    .addHelpText('after', `\nExample:\n  reveille bookings cancel ${ID} --reason "Asha is ill"`)
    .action(async (id: string, { reason }: { reason: string }, command: Command) => {
      await change(openCli(command), 'Cancelled', (operations, caller) =>
        operations.cancelBooking(caller, { id, reason }),
      );
    });

  bookings
    .command('no-show <bookingId>')
    .description('note that nobody came, from its start until a day after its end; a service must be running')
    .addHelpText('after', `\nExample:\n  reveille bookings no-show ${ID}`)
    .action(async (id: string, _flags: object, command: Command) => {
      await change(openCli(command), 'Noted', (operations, caller) => operations.noShow(caller, { id }));
    });

  bookings
    .command('repair <bookingId>')
    .description('try at once what could not be done for it; a service must be running')
    .addHelpText('after', `\nExample:\n  reveille bookings repair ${ID}`)
    .action(async (id: string, _flags: object, command: Command) => {
      const words = 'What is left to be done is tried now';
      await change(openCli(command), words, (operations, caller) => operations.repairBooking(caller, { id }));
    });
}

async function change(
  cli: Cli,
  words: string,
  work: (operations: Operations, caller: Cli['caller']) => Promise<Booking>,
): Promise<void> {
  const booking = await withRunningService(cli, (operations) => work(operations, cli.caller));
  cli.print(`${words}\n${formatBooking(booking)}`, booking);
}
