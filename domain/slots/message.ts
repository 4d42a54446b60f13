import type { Slot } from '../contracts/slots.ts';
import { languageWithTexts } from '../follow-ups/messages.ts';
import { render } from '../follow-ups/templates.ts';
import type { TextLanguage } from '../follow-ups/texts/follow-up-texts.ts';
import { bn } from './texts/bn.ts';
import { en } from './texts/en.ts';
import { hi } from './texts/hi.ts';
import type { SlotTexts } from './texts/slot-texts.ts';
import { ta } from './texts/ta.ts';
import { te } from './texts/te.ts';
import { timeWords } from './time-in-words.ts';

export const SLOT_TEXTS: Record<TextLanguage, SlotTexts> = { en, hi, ta, te, bn };

/** Who reads of free times, and of how many. */
export interface SlotsMessageOptions {
  /** Most times that are named, the soonest. */
  max: number;
  /** IANA zone of the reader. */
  timezone: string;
  /** A language such as `hi` or `hi-IN`; English where there are no texts in it. */
  language: string | null;
  /** Epoch milliseconds: what has started by then is not named. */
  now?: number | undefined;
}

/**
 * The message in which an agent names free times, on the reader's clock and in their language. Slots that cannot be had are left
 * out, and a time that several calendars have is named once.
 * @throws RangeError for a zone that is none
 */
export function slotsMessage(
  slots: readonly Slot[],
  { max, timezone, language: wanted, now = -Infinity }: SlotsMessageOptions,
): string {
  const language = languageWithTexts(wanted ?? '') ?? 'en';
  const texts = SLOT_TEXTS[language];
  const words = timeWords(timezone, language);
  const free = slots
    .filter(({ available }) => available)
    .map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }))
    .filter(({ start }) => start > now)
    .sort((one, other) => one.start - other.start || one.end - other.end);
  const times = [...new Set(free.map(({ start, end }) => words.time(start, end)))].slice(0, Math.max(0, max));
  const [first] = free;
  if (first === undefined || times.length === 0) return texts.none;
  const lines = times.map((time) => `- ${time}`).join('\n');
  return render(times.length === 1 ? texts.one : texts.several, { times: lines, zone: words.zone(first.start) });
}
