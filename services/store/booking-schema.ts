import { sql } from 'drizzle-orm';
import { customType, index, integer, pgTable, primaryKey } from 'drizzle-orm/pg-core';
import type { BookingState, Invitee } from '../../domain/contracts/bookings.ts';
import { instant, json, safeText } from './columns.ts';

/** Times that are kept, as Postgres writes them; made in SQL only. */
const times = customType<{ data: string }>({ dataType: () => 'tstzmultirange' });

/**
 * Meetings. That no two of a resource keep the same time is the constraint `bookings_apart`, which Drizzle has no words for; it is in
 * the migration.
 */
export const bookings = pgTable(
  'bookings',
  {
    workspace: safeText('workspace').notNull(),
    bookingId: safeText('booking_id').notNull(),
    calendar: safeText('calendar').notNull(),
    /** Whose time it takes up, whichever workspace books it. */
    resource: safeText('resource').notNull(),
    slotId: safeText('slot_id').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    /** What has to lie between it and another, in milliseconds. */
    apartMs: integer('apart_ms').notNull(),
    /** Where it is being moved to. */
    nextSlotId: safeText('next_slot_id'),
    nextStartsAt: instant('next_starts_at'),
    nextEndsAt: instant('next_ends_at'),
    nextApartMs: integer('next_apart_ms'),
    /** The times that it keeps, each with what lies after it; none once it is over. */
    reserved: times('reserved').notNull(),
    timezone: safeText('timezone').notNull(),
    invitee: json('invitee').$type<Invitee>().notNull(),
    inviteeTimezone: safeText('invitee_timezone'),
    language: safeText('language'),
    topic: safeText('topic').notNull(),
    contactId: safeText('contact_id'),
    state: safeText('state').$type<BookingState>().notNull(),
    stateReason: safeText('state_reason'),
    joinUrl: safeText('join_url'),
    meetingId: safeText('meeting_id'),
    repairs: json('repairs').$type<string[]>().notNull().default([]),
    sequence: integer('sequence').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    createdBy: safeText('created_by').notNull(),
    startedAt: instant('started_at'),
    holdUntil: instant('hold_until').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.bookingId] }),
    index('bookings_newest').on(table.workspace, table.createdAt, table.bookingId),
    index('bookings_of_calendar').on(table.workspace, table.calendar, table.createdAt, table.bookingId),
    index('bookings_of_contact').on(table.workspace, table.contactId, table.createdAt, table.bookingId),
    index('bookings_in_state').on(table.workspace, table.state, table.createdAt, table.bookingId),
    index('bookings_completed')
      .on(table.resource, table.endsAt)
      .where(sql`state = 'completed'`),
    index('bookings_open')
      .on(table.endsAt)
      .where(sql`state in ('held', 'confirmed')`),
    index('bookings_unstarted')
      .on(table.holdUntil)
      .where(sql`state = 'held' and started_at is null`),
  ],
);

/** Leave that representatives gave to see to their calendars; of no workspace, as representatives are. */
export const calendarConnections = pgTable('calendar_connections', {
  representative: safeText('representative').primaryKey(),
  /** A secret of its owner. */
  refreshToken: safeText('refresh_token').notNull(),
  connectedAt: instant('connected_at').notNull(),
  connectedBy: safeText('connected_by').notNull(),
  /** When the leave ends, where the other side said. */
  expiresAt: instant('expires_at'),
});
