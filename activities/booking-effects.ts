import type { Errand, OpenErrand } from '../domain/contracts/bookings.ts';
import type { BookingRow } from '../domain/ports/booking-store.ts';
import { CalendarError, type CalendarEvent } from '../domain/ports/calendars.ts';
import { type Meeting, MeetingError, type MeetingService } from '../domain/ports/meetings.ts';
import type { BookableCalendar } from '../services/calendars/calendars.ts';
import { type BookingStep, bookingRow, eventIdOf } from './bookings.ts';
import { timeFrom } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { EffectError, type Performed, perform } from './effects.ts';

/** A step that is done to a vendor. `revision` counts what is done to the same thing: each is an effect of its own. */
export interface VendorStep extends BookingStep {
  revision: number;
}

/**
 * How often a meeting whose making was not answered is looked for before it is made again: lists of meetings lag behind. With the
 * waits between attempts that is a minute.
 */
const LOOKS = 5;

/** What one attempt at making a meeting tells the next. */
interface Sought extends Record<string, unknown> {
  /** So often it was looked for since it may have been made. */
  looks: number;
}

/** Activities of `booking` that are done to calendars and meetings. */
export function bookingEffectActivities(dependencies: ActivityDependencies) {
  const { desk, meetings } = dependencies.booking;

  const found = async ({ workspace, bookingId }: BookingStep) => {
    const row = await bookingRow(dependencies, workspace, bookingId);
    return { row, calendar: desk.calendars.get(row.calendar) };
  };
  const effect = (step: VendorStep, what: Errand, kind: 'calendar' | 'meeting', channel: string) => ({
    ...{ workspace: step.workspace, key: errandKey(step.bookingId, what, step.revision), kind, channel },
    // Not the contact's: what they reply calls off messages, never a meeting.
    ...{ contactId: null, subject: null },
  });

  return {
    /** Makes the event in the representative's calendar, or makes it what the booking is now. */
    async putEvent(step: VendorStep): Promise<Performed> {
      const { row, calendar } = await found(step);
      const source = calendar?.source;
      if (!calendar || !source?.writable) return { outcome: 'done', result: {} };
      return perform(dependencies, effect(step, 'event', 'calendar', source.type), step.at, async ({ signal }) => {
        const event = eventOf(step.workspace, row, calendar);
        await plainly(source.put(event, signal));
        return { eventId: event.eventId };
      });
    },

    async removeEvent(step: VendorStep): Promise<Performed> {
      const { calendar } = await found(step);
      const source = calendar?.source;
      if (!source?.writable) return { outcome: 'done', result: {} };
      return perform(
        dependencies,
        effect(step, 'event-removal', 'calendar', source.type),
        step.at,
        async ({ signal }) => {
          await plainly(source.remove(eventIdOf(step.workspace, step.bookingId), signal));
          return {};
        },
      );
    },

    /** Makes the meeting, once: one that may have been made (`again`) is looked for before it is made again. */
    async createMeeting(step: VendorStep & { again: boolean }): Promise<Performed> {
      if (meetings === null) return { outcome: 'done', result: {} };
      const { row } = await found(step);
      const { workspace, bookingId } = step;
      const marker = eventIdOf(workspace, bookingId);
      const made = await perform(
        dependencies,
        effect(step, 'meeting', 'meeting', meetings.name),
        step.at,
        async ({ mayBeDone, noted, signal }) => {
          const sought = (noted as Sought | null) ?? (mayBeDone || step.again ? { looks: 0 } : null);
          const meeting = await make(meetings, row, marker, sought, signal);
          return { ...meeting, uncertain: sought !== null };
        },
      );
      if (made.outcome === 'done') {
        const { meetingId, joinUrl } = made.result as unknown as Meeting;
        await dependencies.store.bookings.change(workspace, bookingId, { meetingId, joinUrl });
      }
      return made;
    },

    /** Moves the meeting to where the booking is now; its link stays. One that is gone is told as failed. */
    async moveMeeting(step: VendorStep): Promise<Performed> {
      const { row } = await found(step);
      const { meetingId } = row;
      if (meetings === null || meetingId === null) return { outcome: 'done', result: {} };
      return perform(
        dependencies,
        effect(step, 'meeting-move', 'meeting', meetings.name),
        step.at,
        async ({ signal }) => {
          const { start, timezone } = row;
          const there = await plainly(
            meetings.move(meetingId, { start, timezone, durationMinutes: minutesOf(row) }, signal),
          );
          if (!there) throw new EffectError('failed', 'The meeting is not there any more');
          return { meetingId };
        },
      );
    },

    /**
     * Takes the meeting away; also one that was made and not answered, which is looked for as often as it is before one is made
     * again.
     */
    async removeMeeting(step: VendorStep): Promise<Performed> {
      if (meetings === null) return { outcome: 'done', result: {} };
      const { row } = await found(step);
      const marker = eventIdOf(step.workspace, step.bookingId);
      const removal = effect(step, 'meeting-removal', 'meeting', meetings.name);
      return perform(dependencies, removal, step.at, async ({ noted, signal }) => {
        const looks = (noted as Sought | null)?.looks ?? 0;
        if (row.meetingId !== null) await plainly(meetings.remove(row.meetingId, signal));
        const others = await plainly(meetings.find(marker, row.start, signal));
        for (const { meetingId } of others) await plainly(meetings.remove(meetingId, signal));
        // One that nobody has heard of may come into the list yet.
        if (row.meetingId === null && others.length === 0 && looks < LOOKS) {
          throw new EffectError('later', 'A meeting that was made and not answered may come to light', {
            note: { looks: looks + 1 },
          });
        }
        return {};
      });
    },

    /** What was tried for it and is of no use any more is tried by nobody, and the ledger says so. */
    async abandonErrands(step: BookingStep & { errands: Pick<OpenErrand, 'errand' | 'revision'>[] }): Promise<void> {
      const { workspace, bookingId, errands, at } = step;
      for (const { errand, revision } of errands) {
        const key = errandKey(bookingId, errand, revision);
        await dependencies.store.effects.cancel(workspace, key, timeFrom(at), 'It is of no use any more');
      }
    },

    /** Takes away meetings of the booking but the one that it has: of a making that came to light late. */
    async tidyMeetings(step: VendorStep): Promise<Performed> {
      if (meetings === null) return { outcome: 'done', result: {} };
      const { row } = await found(step);
      const marker = eventIdOf(step.workspace, step.bookingId);
      const tidying = effect(step, 'meeting-tidying', 'meeting', meetings.name);
      return perform(dependencies, tidying, step.at, async ({ signal }) => {
        const all = await plainly(meetings.find(marker, row.start, signal));
        const others = all.filter(({ meetingId }) => meetingId !== row.meetingId);
        for (const { meetingId } of others) await plainly(meetings.remove(meetingId, signal));
        return { removed: others.length };
      });
    },
  };
}

/** The effect of an errand in the ledger. */
export const errandKey = (bookingId: string, errand: Errand, revision: number): string =>
  `booking/${bookingId}/${errand.startsWith('mail-') ? 'mail' : errand}/${revision}`;

/** One attempt at the meeting. @throws EffectError */
async function make(
  meetings: MeetingService,
  row: BookingRow,
  marker: string,
  sought: Sought | null,
  signal: AbortSignal,
): Promise<Meeting> {
  if (sought !== null) {
    const there = await plainly(meetings.find(marker, row.start, signal), sought);
    const [first, ...others] = there;
    for (const { meetingId } of others) await plainly(meetings.remove(meetingId, signal), sought);
    if (first !== undefined) return first;
    const looks = sought.looks + 1;
    if (looks < LOOKS)
      throw new EffectError('later', 'The meeting may have been made; it is looked for', { note: { looks } });
  }
  const { topic, start, timezone, invitee } = row;
  const plan = { marker, topic: `${topic}: ${invitee.name}`, start, timezone, durationMinutes: minutesOf(row) };
  try {
    return await meetings.create(plan, signal);
  } catch (error) {
    if (!(error instanceof MeetingError)) throw error;
    // What may have been made before is looked for all the same.
    if (error.outcome === 'refused' && sought === null)
      throw new EffectError('failed', error.message, { cause: error });
    const note: Sought | null = error.outcome === 'unknown' ? { looks: 0 } : sought;
    throw new EffectError('later', error.message, { retryAfterMs: error.retryAfterMs, note, cause: error });
  }
}

/** What a vendor says, as the ledger takes it: what may have been done may be done again. */
async function plainly<Answer>(work: Promise<Answer>, note: Sought | null = null): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CalendarError || error instanceof MeetingError)) throw error;
    // Whoever may not look does not know whether it was made.
    const isFinal = error.outcome === 'refused' && note === null;
    const { message, retryAfterMs } = error;
    throw new EffectError(isFinal ? 'failed' : 'later', message, { retryAfterMs, note, cause: error });
  }
}

const minutesOf = ({ start, end }: BookingRow): number => Math.ceil((Date.parse(end) - Date.parse(start)) / 60_000);

/** The booking as calendars show it. `sender`: whom mails are from, which invites where there is no representative. */
export function eventOf(
  workspace: string,
  row: BookingRow,
  { id, settings, representative }: Pick<BookableCalendar, 'id' | 'settings' | 'representative'>,
  sender?: string,
): CalendarEvent {
  const { bookingId, topic, invitee, joinUrl, start, end, timezone, sequence } = row;
  const lines = [topic, `${invitee.name} <${invitee.email}>`, ...(joinUrl === null ? [] : [joinUrl])];
  return {
    eventId: eventIdOf(workspace, bookingId),
    summary: `${topic}: ${invitee.name}`,
    description: lines.join('\n'),
    location: joinUrl ?? settings.location,
    ...{ start, end, timezone, sequence, attendee: invitee },
    // Whoever invites is never the invitee, whose calendar would take the meeting for their own.
    organizer: representative ?? { email: sender ?? `${id}@reveille.invalid`, name: id },
  };
}
