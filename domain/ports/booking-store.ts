import type { Booking, BookingState } from '../contracts/bookings.ts';
import type { BookedTime, WhyNot } from '../slots/slots.ts';
import type { ListOptions, Page } from './page.ts';

/** A time in a calendar. Instants are ISO 8601. */
export interface BookingTime {
  slotId: string;
  start: string;
  end: string;
}

/** A booking with what the contract's object leaves out. Instants are ISO 8601. */
export interface BookingRow extends Booking {
  /** Whose time it takes up: calendars of one representative share it. */
  resource: string;
  /** Where it is being moved to; null unless a reschedule is under way. */
  movingTo: BookingTime | null;
  /** IANA zone in which the invitee reads times. */
  inviteeTimezone: string | null;
  language: string | null;
  /** The meeting that was made for it; null where there is none, or not yet. */
  meetingId: string | null;
  /** Steps that failed for good and that a person has to see to, such as `meeting`. */
  repairs: string[];
  createdAt: string;
  createdBy: string;
  /** A workflow has it; until then it is let go when its hold is over. */
  startedAt: string | null;
  /** Until when it may stay `held`. */
  holdUntil: string;
  endedAt: string | null;
}

/** What a slot is held for. */
export interface Hold
  extends
    Pick<BookingRow, 'bookingId' | 'calendar' | 'resource' | 'timezone' | 'invitee' | 'topic' | 'contactId'>,
    Pick<BookingRow, 'inviteeTimezone' | 'language' | 'createdAt' | 'createdBy' | 'holdUntil'>,
    BookingTime {
  /** What lies between two meetings of that resource at least, in milliseconds. */
  apartMs: number;
}

/** Says why a slot cannot be had among these bookings; null when it can. */
export type DecideHold = (bookings: readonly BookedTime[]) => WhyNot | null;

/** What may be changed of a booking that is under way. */
export type BookingChanges = Partial<
  Pick<BookingRow, 'joinUrl' | 'meetingId' | 'repairs' | 'contactId' | 'startedAt' | 'stateReason'>
>;

/**
 * Bookings. That no two of a resource overlap, with what lies between them, is the database's own constraint; every other rule
 * about free slots is asked while the resource is held, so that of many who want the last one, one gets it.
 */
export interface BookingStore {
  /**
   * Holds a slot, once for each booking id. @returns the row that was made the first time, as it is by now, so that a repeated call
   * may find it over; or why the slot cannot be had, and there is no row
   */
  hold(workspace: string, hold: Hold, decide: DecideHold): Promise<{ held: BookingRow } | { refused: WhyNot }>;
  get(workspace: string, bookingId: string): Promise<BookingRow | null>;
  list(
    workspace: string,
    options: ListOptions & {
      calendar?: string | undefined;
      slotId?: string | undefined;
      contactId?: string | undefined;
      state?: BookingState | undefined;
    },
  ): Promise<Page<BookingRow>>;
  /**
   * Times of a resource that are taken from `from` to `to` (epoch ms), over all workspaces, and those of meetings that were.
   * `calendar`: whose daily maximum is counted. `except`: bookings of that id, whatever their workspace, are left out.
   */
  taken(
    resource: string,
    span: { from: number; to: number },
    options: { calendar: string; at: string; except?: string | undefined },
  ): Promise<BookedTime[]>;
  /** Changes one that is under way, no other. @returns it as it is then; null when there is none */
  change(workspace: string, bookingId: string, changes: BookingChanges): Promise<BookingRow | null>;
  /** `held` becomes `confirmed`, and says so with an event. @returns it as it is then */
  confirm(workspace: string, bookingId: string, at: string): Promise<BookingRow | null>;
  /**
   * Holds the time it is to be moved to, beside its own, in the place of any other that it was being moved to. For the time that
   * it has already nothing is held, and `movingTo` is null. @returns why it cannot be had; null for one that is over or unknown
   */
  beginMove(
    workspace: string,
    bookingId: string,
    to: BookingTime & { apartMs: number; at: string },
    decide: DecideHold,
  ): Promise<{ moving: BookingRow } | { refused: WhyNot } | null>;
  /**
   * Ends the move to `slotId`: moves it there, counts the change of its invitation and says so with an event, or gives that time
   * back (`old`). A booking that is not being moved there stays as it is.
   */
  endMove(
    workspace: string,
    bookingId: string,
    end: { slotId: string; to: 'new' | 'old'; at: string },
  ): Promise<BookingRow | null>;
  /**
   * Ends it and gives its time back; the first end stays, but for `completed` that becomes `no_show`. Says so with an event where
   * there is one.
   */
  end(
    workspace: string,
    bookingId: string,
    end: { state: Exclude<BookingState, 'held' | 'confirmed'>; reason: string | null; at: string },
  ): Promise<BookingRow | null>;
  /** Gives a slot back that was held and that no workflow has taken up; any other booking stays as it is. */
  letGo(workspace: string, bookingId: string, at: string): Promise<BookingRow | null>;
  /**
   * Bookings of every workspace that their workflows took up and should have ended before `before`: held for too long, or confirmed with
   * the meeting over. The oldest meetings first.
   */
  overdue(before: string, limit: number): Promise<(BookingRow & { workspace: string })[]>;
  /** Ends holds of every workspace that no workflow took up in time. @returns how many */
  expireHolds(at: string): Promise<number>;
}

/** Leave that a representative gave to see to their calendar. Instants are ISO 8601. */
export interface CalendarLeave {
  representative: string;
  /** A secret: in no log, no answer, no history. */
  refreshToken: string;
  connectedAt: string;
  connectedBy: string;
  /** When it ends, where the other side said. */
  expiresAt: string | null;
}

/** Of no workspace, as representatives are. */
export interface CalendarConnectionStore {
  get(representative: string): Promise<CalendarLeave | null>;
  /** In the place of any before. */
  put(leave: CalendarLeave): Promise<void>;
}
