import { CANCELLED_BY_INVITEE, CANCELLED_THROUGH_TEMPORAL } from '../domain/bookings/booking.ts';
import { composeBookingMail, reminderPayload } from '../domain/bookings/messages.ts';
import type { BookingMail, BookingReminder } from '../domain/bookings/texts/booking-texts.ts';
import { ReveilleError } from '../domain/errors.ts';
import type { BookingRow } from '../domain/ports/booking-store.ts';
import type { BookableCalendar } from '../services/calendars/calendars.ts';
import { eventIcs } from '../services/calendars/ics.ts';
import { errandKey, eventOf } from './booking-effects.ts';
import { type BookingStep, bookingRow, eventIdOf } from './bookings.ts';
import { timeFrom } from './clock.ts';
import { type Delivery, type MessageToSend, deliver } from './delivery.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** How long before the meeting the invitee is reminded of it. */
const REMINDERS = { day: 24 * 3_600_000, hour: 3_600_000 } as const;
const REMINDED = ['day', 'hour'] as const satisfies readonly BookingReminder[];
/** More than a contact ever has to come. */
const MOST_PENDING = 1_000;

/** Reasons of our own, which mean nothing to an invitee. */
const UNTOLD: ReadonlySet<string | null> = new Set([CANCELLED_BY_INVITEE, CANCELLED_THROUGH_TEMPORAL]);
/** Who schedules and cancels reminders. */
const ACTOR = 'booking';

/** Activities of `booking` that write to the invitee. */
export function bookingMessageActivities(dependencies: ActivityDependencies) {
  const { store, contacts, booking, delivery } = dependencies;

  /** What mails and reminders say of it, in the zone that the invitee reads times in. */
  async function factsOf(workspace: string, row: BookingRow) {
    const { bookingId, topic, invitee, start, end, joinUrl, timezone, inviteeTimezone, repairs, contactId } = row;
    const calendar = booking.desk.calendars.get(row.calendar);
    const contact = contactId === null ? null : await store.contacts.get(workspace, contactId);
    const links = booking.links?.({ workspace, bookingId, until: end }) ?? null;
    const facts = {
      ...{ topic, name: invitee.name, start, end, joinUrl },
      hostName: calendar?.representative?.name ?? null,
      timezone: inviteeTimezone ?? contact?.timezone ?? timezone,
      location: joinUrl === null ? (calendar?.settings.location ?? null) : null,
      linkFollows: joinUrl === null && repairs.includes('meeting'),
      rescheduleUrl: links?.reschedule ?? null,
      cancelUrl: links?.cancel ?? null,
    };
    return { facts, calendar, language: row.language ?? contact?.language ?? 'en' };
  }

  return {
    /** Sends the invitee a mail with the meeting as calendars read it. */
    async sendBookingMail(
      step: BookingStep & { mail: BookingMail; revision: number; reason: string | null },
    ): Promise<Delivery> {
      const { workspace, bookingId, mail, revision, reason, at } = step;
      const row = await bookingRow(dependencies, workspace, bookingId);
      if (row.contactId === null) return { outcome: 'never', at: null, reason: 'There is nobody to write to' };
      const { facts, calendar, language } = await factsOf(workspace, row);
      const text = composeBookingMail(mail, { ...facts, reason: UNTOLD.has(reason) ? null : reason }, language);
      const message: MessageToSend = {
        ...{ workspace, contactId: row.contactId, email: row.invitee.email, followUpId: null },
        key: errandKey(bookingId, `mail-${mail}`, revision),
        messageId: `${eventIdOf(workspace, bookingId)}-${mail}-${revision}`,
        kind: 'booking',
        purpose: 'service',
        channels: ['email'],
        ...{ plannedAt: null, atFixedMoment: true },
        ...(calendar && {
          invitation: invitationOf(workspace, row, calendar, {
            mail,
            now: timeFrom(at),
            sender: delivery.ownAddresses[0],
          }),
        }),
        compose: () => text,
      };
      return deliver(dependencies, message, at);
    },

    /** Reminders a day and an hour before, as far as that lies ahead, in the place of those of another time. */
    async putReminders({ workspace, bookingId, at }: BookingStep): Promise<void> {
      const row = await bookingRow(dependencies, workspace, bookingId);
      if (row.contactId === null) return;
      const contact = { workspace, contactId: row.contactId };
      const current = REMINDED.map((which) => reminderId(workspace, row, which));
      await cancelReminders(workspace, row, 'The meeting was moved', current);
      const { facts, language } = await factsOf(workspace, row);
      for (const which of REMINDED) {
        const due = Date.parse(row.start) - REMINDERS[which];
        if (due <= Date.parse(timeFrom(at))) continue;
        await contacts.update(contact, 'scheduleFollowUp', {
          followUpId: reminderId(workspace, row, which),
          type: 'reminder',
          scheduledFor: new Date(due).toISOString(),
          payload: {
            ...reminderPayload(which, { ...facts, reason: null }, language),
            atFixedMoment: true,
            keepOnReply: true,
          },
          actor: ACTOR,
        });
      }
    },

    /** Calls off the reminders of a meeting that does not take place. */
    async dropReminders({ workspace, bookingId, reason }: BookingStep & { reason: string }): Promise<void> {
      const row = await bookingRow(dependencies, workspace, bookingId);
      await cancelReminders(workspace, row, reason);
    },
  };

  /** Of whatever time: where a meeting is moved again before those of its last time were seen to, there are older ones. */
  async function cancelReminders(
    workspace: string,
    row: BookingRow,
    reason: string,
    kept: string[] = [],
  ): Promise<void> {
    if (row.contactId === null) return;
    const contact = { workspace, contactId: row.contactId };
    const own = `${eventIdOf(workspace, row.bookingId)}-`;
    for (const { followUpId } of await store.followUps.pending(workspace, row.contactId, MOST_PENDING)) {
      if (!followUpId.startsWith(own) || kept.includes(followUpId)) continue;
      await contacts.update(contact, 'cancelFollowUp', { followUpId, reason, actor: ACTOR }).catch(unlessOver);
    }
  }
}

/** One that is over meanwhile is not cancelled any more. */
function unlessOver(error: unknown): void {
  if (!(error instanceof ReveilleError) || error.retryable) throw error;
}

/** The same for the same time of a meeting: those of another are others. */
const reminderId = (workspace: string, { bookingId, sequence }: BookingRow, which: BookingReminder): string =>
  `${eventIdOf(workspace, bookingId)}-${which}-${sequence}`;

function invitationOf(
  workspace: string,
  row: BookingRow,
  calendar: BookableCalendar,
  { mail, now, sender }: { mail: BookingMail; now: string; sender: string | undefined },
) {
  const method = mail === 'cancelled' ? ('CANCEL' as const) : ('REQUEST' as const);
  return { method, ics: eventIcs(eventOf(workspace, row, calendar, sender), { method, now: Date.parse(now) }) };
}
