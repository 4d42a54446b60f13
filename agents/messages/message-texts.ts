import type { Festival } from '../festivals.ts';
import type { Situation } from '../situation.ts';

/** Languages with texts. */
export const MESSAGE_LANGUAGES = ['en', 'hi', 'ta', 'te', 'bn'] as const;
export type MessageLanguage = (typeof MESSAGE_LANGUAGES)[number];

export interface Letter {
  subject: string;
  body: string;
}

/**
 * What one situation needs, each text in full. The only slots are `{discount}` (with its percent sign, in the
 * language's digits), `{name}` and `{sender}`, which stand apart so that no grammar depends on them.
 */
export interface SituationTexts {
  /** For customers without marketing opt-in; absent where `plain` is a service message already. */
  service?: Letter;
  plain: Letter;
  offer: Letter;
  sms: { plain: string; offer: string };
  /** For the person who phones. */
  callNote: { plain: string; offer: string };
}

/** One language's file. The lines around a letter have a form of their own for a customer without a usable name. */
export interface MessageTexts {
  salutation: { named: string; unnamed: string };
  closing: string;
  smsClosing: string;
  callHeading: { named: string; unnamed: string };
  /** Signed so where no sender is configured. */
  sender: string;
  situations: Record<Situation, SituationTexts>;
  festivals: Record<Festival, string>;
}
