import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventIdOf } from '../../activities/bookings.ts';
import type { Operations } from '../../client/api/routes.ts';
import { createOperations } from '../../client/operations/index.ts';
import type { Booking, BookingStatus } from '../../domain/contracts/bookings.ts';
import { DEFAULT_WORKSPACE, workflowIds } from '../../domain/contracts/names.ts';
import type { Slot } from '../../domain/contracts/slots.ts';
import type { BookingRow } from '../../domain/ports/booking-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import { type BookingDesk } from '../../services/calendars/desk.ts';
import { openDesk } from '../../services/calendars/open-desk.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { createDialler } from '../../services/dialler.ts';
import { createBookingService } from '../../services/temporal/bookings.ts';
import { type BookingsObserved, mailOf } from './booking-checker.ts';
import { FaultStack, eventually, everything } from './fault-stack.ts';
import { StubGoogle } from './stub-google.ts';
import type { StubMailServer } from './stub-mail-server.ts';
import { StubZoom } from './stub-zoom.ts';
import type { WorkerProcess } from './worker-process.ts';

const WORKSPACE = DEFAULT_WORKSPACE;
export const CALENDAR = 'demo';
const REPRESENTATIVE = 'mia';
const HOUR_MS = 3_600_000;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** Days of slots; those so near that a reminder would be due are left out. */
const DAYS = 6;
const SOON_MS = 26 * HOUR_MS;
/** What there is of a booking whose workflow cannot be asked. */
const UNASKED: Pick<BookingStatus, 'state' | 'doing'> = { state: 'held', doing: 'nobody can say' };

/**
 * Everything that booking takes, for real: a representative with a calendar at Google, a Zoom account, a mail server, and a
 * service that knows of them by `reveille.yaml` and its environment. Callers talk to it as the API does. Booking `x` is that
 * of `x@example.com`, in a slot of its own.
 */
export class BookingWorld implements AsyncDisposable {
  readonly store: Store;
  readonly google: StubGoogle;
  readonly zoom: StubZoom;
  readonly mail: StubMailServer;
  readonly desk: BookingDesk;
  readonly operations: Operations;
  readonly stack: FaultStack;
  readonly #told = { booked: [] as string[], moved: [] as string[], cancelled: [] as string[] };
  #slots: Promise<Slot[]> | null = null;

  private constructor(stack: FaultStack, google: StubGoogle, zoom: StubZoom, desk: BookingDesk) {
    this.store = stack.store;
    this.mail = stack.vendors.mail;
    this.google = google;
    this.zoom = zoom;
    this.desk = desk;
    this.stack = stack;
    const temporal = { client: stack.temporal.client, webUi: null };
    this.operations = createOperations({ store: stack.store, temporal, minIntervalMs: 1_000, desk });
  }

  /** @param calendar settings of its one calendar, over slots of half an hour at any time of any day */
  static async open(postgresUrl: string, calendar: Record<string, unknown> = {}): Promise<BookingWorld> {
    const stack = await FaultStack.open(postgresUrl);
    const { vendors, resources, store, folder, env } = stack;
    const google = resources.use(await StubGoogle.start(vendors.accepted));
    const zoom = resources.use(await StubZoom.start(vendors.accepted));
    Object.assign(env, zoom.env, googleEnv(google));
    writeFileSync(join(folder, 'reveille.yaml'), JSON.stringify(settingsWith(calendar)));
    const leave = { refreshToken: google.giveLeave(), connectedBy: 'tester', expiresAt: null };
    const connectedAt = new Date().toISOString();
    await store.calendarConnections.put({ representative: REPRESENTATIVE, connectedAt, ...leave });
    const dialler = resources.use(createDialler());
    return new BookingWorld(stack, google, zoom, openDesk(readConfiguration(env, folder), { store, dialler }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack[Symbol.asyncDispose]();
  }

  worker(options: Parameters<FaultStack['worker']>[0] = {}): WorkerProcess {
    return this.stack.worker(options);
  }

  /** A free slot that nobody else here is given. */
  async slot(): Promise<Slot> {
    this.#slots ??= this.operations
      .listSlots(this.#caller(), { calendar: CALENDAR, days: DAYS })
      .then(({ items }) => items.filter(({ start }) => Date.parse(start) > Date.now() + SOON_MS));
    return (await this.#slots).shift() ?? assert.fail('there are no more slots');
  }

  /** Answered when it is made, or is still being made after a while. */
  async book(id: string, slot?: Slot): Promise<Booking> {
    const { id: slotId } = slot ?? (await this.slot());
    const request = { calendar: CALENDAR, slotId, invitee: inviteeOf(id), topic: 'Demo' };
    const caller = { ...this.#caller(), requestKey: id };
    const booking = await this.#ask(() => this.operations.createBooking(caller, request));
    this.#told.booked.push(id);
    return booking;
  }

  /** Books as the API does, but for how long the slot is held. */
  async bookHeldFor(id: string, holdMs: number): Promise<BookingStatus | null> {
    const { id: slotId } = await this.slot();
    const at = Date.now();
    const about = { bookingId: `B-${id}`, invitee: inviteeOf(id), topic: 'Demo', contactId: `I-${id}` };
    const hold = { ...about, inviteeTimezone: null, language: null, createdBy: 'tester', holdMs };
    await this.desk.hold(WORKSPACE, await this.desk.slotOf(slotId), hold, at);
    const { bookingId, invitee, topic } = about;
    const input = { workspace: WORKSPACE, bookingId, calendar: CALENDAR, slotId, invitee, topic };
    return createBookingService(this.stack.temporal.client).make(input, 8_000);
  }

  async move(id: string, slot?: Slot): Promise<Booking> {
    const [{ bookingId }, { id: slotId }] = await Promise.all([this.row(id), slot ?? this.slot()]);
    const caller = { ...this.#caller(), requestKey: `move-${id}` };
    const booking = await this.#ask(() => this.operations.rescheduleBooking(caller, { id: bookingId, slotId }));
    this.#told.moved.push(id);
    return booking;
  }

  async cancel(id: string): Promise<Booking> {
    const { bookingId } = await this.row(id);
    const asked = { id: bookingId, reason: 'changed plans' };
    const caller = { ...this.#caller(), requestKey: `cancel-${id}` };
    const booking = await this.#ask(() => this.operations.cancelBooking(caller, asked));
    this.#told.cancelled.push(id);
    return booking;
  }

  /** Its row, which is there as soon as its slot is held. */
  row(id: string, ready: (row: BookingRow) => boolean = () => true): Promise<BookingRow> {
    return eventually(`the row of ${id}`, async () => {
      const row = (await this.#rows()).find(({ invitee }) => invitee.email === inviteeOf(id).email);
      return row && ready(row) && row;
    });
  }

  /** Somebody else's appointment at that time. */
  occupy({ start, end }: Pick<Slot, 'start' | 'end'>): void {
    this.google.events.add({ start: { dateTime: start }, end: { dateTime: end } });
  }

  /** Keeps what a dead worker was at for a worker that does not die. */
  hold = async (id: string): Promise<void> => this.stack.hold(workflowOf(await this.row(id)));

  release = async (id: string): Promise<void> => this.stack.release(workflowOf(await this.row(id)));

  /** Waits until every booking is made or over, with all that belongs to it done or in review. Workers have to run. */
  async settled(withinMs = 200_000): Promise<BookingsObserved> {
    return eventually('every booking settled', () => this.#whenSettled(), {
      withinMs,
      describe: async () => `${JSON.stringify(await this.observe(), null, 1)}\n${this.stack.lastLog}`,
    });
  }

  /** All that there is to see; workers have to run, since workflows are asked too. */
  async observe(): Promise<BookingsObserved> {
    const rows = await this.#rows();
    const from = new Date(Date.now() + SOON_MS).toISOString();
    const [effects, reminders, workflows, slots] = await Promise.all([
      everything((page) => this.store.effects.list(WORKSPACE, page)),
      everything((page) => this.store.followUps.list(WORKSPACE, page)),
      Promise.all(rows.map((row) => this.#workflow(row))),
      this.desk.slots({ calendar: CALENDAR, from, days: DAYS }, Date.now()),
    ]);
    return {
      bookings: rows.map((row) => ({ ...row, name: nameOf(row), marker: eventIdOf(WORKSPACE, row.bookingId) })),
      ...{ effects, reminders, workflows, told: this.#told },
      accepted: this.stack.vendors.accepted.all(),
      events: this.google.events.shown().filter(({ id }) => !id.startsWith('foreign')),
      meetings: this.zoom.meetings(),
      mails: this.mail.mails.map(mailOf),
      free: slots.map(({ id }) => id),
    };
  }

  async #whenSettled(): Promise<BookingsObserved | null> {
    const rows = await this.#rows();
    const rest = rows.map(
      ({ state, repairs }) => state !== 'held' && repairs.every((each) => each.startsWith('mail-')),
    );
    if (!rest.every(Boolean)) return null;
    // As a service does beside its workers, with attempts that nobody comes back to.
    await this.store.effects.expireLeases(new Date().toISOString());
    const effects = await everything((page) => this.store.effects.list(WORKSPACE, page));
    if (effects.some(({ state }) => state === 'attempting')) return null;
    const workflows = await Promise.all(rows.map((row) => this.#workflow(row)));
    return workflows.every(({ isIdle }) => isIdle) ? this.observe() : null;
  }

  async #workflow(row: BookingRow): Promise<BookingsObserved['workflows'][number]> {
    const handle = this.stack.temporal.client.workflow.getHandle(workflowOf(row));
    const { bookingId } = row;
    const status = await this.stack.status(workflowOf(row));
    if (status === 'NONE') return { bookingId, status, ...UNASKED, isIdle: row.endedAt !== null };
    const { state, doing } = await handle.query<BookingStatus>('state');
    const { pendingActivities = [], pendingWorkflowTask } = (await handle.describe()).raw;
    const isAtWork = (pendingActivities ?? []).length > 0 || Boolean(pendingWorkflowTask);
    const isIdle = status !== 'RUNNING' || (!isAtWork && doing === 'waiting for the meeting');
    return { bookingId, status, state, doing, isIdle };
  }

  #rows = (): Promise<BookingRow[]> => everything((page) => this.store.bookings.list(WORKSPACE, page));

  #caller = () => ({ workspace: WORKSPACE, actor: 'tester' });

  #ask = <Answer>(question: () => Promise<Answer>): Promise<Answer> => this.stack.ask(question);
}

const inviteeOf = (id: string) => ({ email: `${id}@example.com`, name: 'Asha Rao' });
const nameOf = ({ invitee }: BookingRow): string => invitee.email.split('@')[0]!;
const workflowOf = ({ bookingId }: BookingRow): string => workflowIds.booking(WORKSPACE, bookingId);

const settingsWith = (calendar: object) => ({
  representatives: {
    [REPRESENTATIVE]: { name: 'Mia Berg', email: 'mia@example.com', calendar: { type: 'google' } },
  },
  calendars: {
    [CALENDAR]: {
      ...{ timezone: 'Europe/Berlin', slot: '30m', representative: REPRESENTATIVE },
      hours: Object.fromEntries(WEEKDAYS.map((day) => [day, [['00:00', '24:00']]])),
      ...calendar,
    },
  },
});

const googleEnv = ({ settings }: StubGoogle): Record<string, string> => ({
  REVEILLE_GOOGLE_CLIENT_ID: settings.clientId,
  REVEILLE_GOOGLE_CLIENT_SECRET: settings.clientSecret,
  REVEILLE_GOOGLE_API_URL: settings.apiUrl,
  REVEILLE_GOOGLE_TOKEN_URL: settings.tokenUrl,
  REVEILLE_GOOGLE_AUTH_URL: settings.authUrl,
});
