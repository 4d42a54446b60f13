/** Mails that an invitee gets when something has happened to the meeting. */
export const BOOKING_MAILS = ['confirmed', 'changed', 'cancelled'] as const;
export type BookingMail = (typeof BOOKING_MAILS)[number];

/** Reminders of a meeting, by how long before it they are due. */
export const BOOKING_REMINDERS = ['day', 'hour'] as const;
export type BookingReminder = (typeof BOOKING_REMINDERS)[number];

/** What a mail begins with. `subject` names `{{short_topic}}`, which stands apart, so that no grammar depends on it. */
export interface LetterTexts {
  subject: string;
  /** The first paragraph, before the meeting's details. */
  intro: string;
}

/**
 * One language's file. Labels and values stand apart; reminders do not say how long there is still to go, since they may be
 * sent later than they were due.
 */
export interface BookingTexts {
  letters: Record<BookingMail | BookingReminder, LetterTexts>;
  /** Each a line with its value. */
  details: Record<'topic' | 'time' | 'host' | 'link' | 'place' | 'reason', string>;
  /** Where the link is still being made. */
  linkFollows: string;
  /** Each a paragraph with its link. */
  reschedule: string;
  cancel: string;
  /** What a meeting without a topic is about. */
  anyTopic: string;
}
