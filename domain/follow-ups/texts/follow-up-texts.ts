import type { FOLLOW_UP_TYPES } from '../../contracts/follow-ups.ts';

/** Languages with texts. */
export const TEXT_LANGUAGES = ['en', 'hi', 'ta', 'te', 'bn'] as const;
export type TextLanguage = (typeof TEXT_LANGUAGES)[number];

/** Types with a text of their own. */
export type WrittenType = Exclude<(typeof FOLLOW_UP_TYPES)[number], 'agent'>;

/** What one type says, each text in full. */
export interface TypeTexts {
  subject: string;
  body: string;
  sms: string;
  /** For the person who phones. */
  callNote: string;
}

/**
 * One language's file. `{{name}}` and `{{sender}}` stand apart, so that no grammar depends on them; the lines around a
 * letter have a form of their own for a contact without a usable name.
 */
export interface FollowUpTexts {
  salutation: { named: string; unnamed: string };
  closing: string;
  smsClosing: string;
  callHeading: { named: string; unnamed: string };
  /** Signed so where no sender is configured. */
  sender: string;
  /** Of a message whose own template came without a subject. */
  anySubject: string;
  types: Record<WrittenType, TypeTexts>;
}
