import type { FollowUpMessage, FollowUpPayload } from '../contracts/follow-ups.ts';
import { FOLLOW_UP_TEXTS, composeWritten, languageWithTexts } from '../follow-ups/messages.ts';
import { render } from '../follow-ups/templates.ts';
import type { TextLanguage } from '../follow-ups/texts/follow-up-texts.ts';
import { timeWords } from '../slots/time-in-words.ts';
import { oneLine } from './one-line.ts';
import { bn } from './texts/bn.ts';
import type { BookingMail, BookingReminder, BookingTexts } from './texts/booking-texts.ts';
import { en } from './texts/en.ts';
import { hi } from './texts/hi.ts';
import { ta } from './texts/ta.ts';
import { te } from './texts/te.ts';

export const BOOKING_TEXTS: Record<TextLanguage, BookingTexts> = { en, hi, ta, te, bn };

/** What mails say of a meeting. What people wrote may be anything: it is made to fit. */
export interface BookingFacts {
  topic: string;
  /** Of the invitee. One that does not look like a person's is left out. */
  name: string;
  /** Of the representative; signs the mail. */
  hostName: string | null;
  /** ISO 8601. */
  start: string;
  end: string;
  /** IANA zone of the reader. */
  timezone: string;
  joinUrl: string | null;
  location: string | null;
  /** A link to join is still being made, and will be sent. */
  linkFollows: boolean;
  rescheduleUrl: string | null;
  cancelUrl: string | null;
  /** Of a cancellation. */
  reason: string | null;
}

/** The topic of a booking whose maker named none; each language has its own word for it. */
const NO_TOPIC = 'Meeting';

/** Most characters of a topic in a subject, and of what people wrote in a body; a link that is longer leads nowhere. */
const MOST = { shortTopic: 120, topic: 200, name: 200, place: 500, reason: 500, link: 1_000 };

/** The mail that tells an invitee what became of their meeting; English where there are no texts in the language. */
export function composeBookingMail(kind: BookingMail, facts: BookingFacts, language: string | null): FollowUpMessage {
  const known = languageWithTexts(language ?? '') ?? 'en';
  const { subject, body, variables } = letter(kind, facts, known);
  const signed = { sender: FOLLOW_UP_TEXTS[known].sender, ...variables };
  return { subject: render(subject, variables), body: render(body, signed), language: known };
}

/**
 * What a follow-up of type `reminder` is made from that reminds of a meeting. It is signed by the host, else by whoever sends
 * follow-ups.
 */
export function reminderPayload(which: BookingReminder, facts: BookingFacts, language: string | null): FollowUpPayload {
  const known = languageWithTexts(language ?? '') ?? 'en';
  const { body, ...rest } = letter(which, facts, known);
  return { ...rest, message_template: body, purpose: 'service', language: known };
}

/** Templates of a letter, and the values of all they name but `sender`, which is there where the host is known. */
interface Letter {
  subject: string;
  body: string;
  variables: Record<string, string>;
}

function letter(kind: BookingMail | BookingReminder, facts: BookingFacts, language: TextLanguage): Letter {
  const texts = BOOKING_TEXTS[language];
  const { subject, intro } = texts.letters[kind];
  const variables = valuesOf(facts, language);
  const isOver = kind === 'cancelled';
  const has = (name: string): boolean => variables[name] !== undefined;
  const { details } = texts;
  const lines = [
    details.topic,
    details.time,
    has('host') && details.host,
    !isOver && has('join_url') && details.link,
    !isOver && has('place') && details.place,
    isOver && has('reason') && details.reason,
  ];
  const paragraphs = [
    '{{salutation}}',
    intro,
    lines.filter((line) => line !== false).join('\n'),
    !isOver && facts.linkFollows && !has('join_url') && texts.linkFollows,
    !isOver && has('reschedule_url') && texts.reschedule,
    !isOver && has('cancel_url') && texts.cancel,
    FOLLOW_UP_TEXTS[language].closing,
  ];
  return { subject, body: paragraphs.filter((paragraph) => paragraph !== false).join('\n\n'), variables };
}

/** What a meeting is about, as one line; the language's own word where nobody named it. */
export function topicIn(language: TextLanguage, topic: string): string {
  const named = oneLine(topic, MOST.topic);
  return named === '' || named === NO_TOPIC ? BOOKING_TEXTS[language].anyTopic : named;
}

/** Values of what templates name; what is not known has none. */
function valuesOf(facts: BookingFacts, language: TextLanguage): Record<string, string> {
  const { timezone } = facts;
  const [start, end] = [Date.parse(facts.start), Date.parse(facts.end)];
  const words = timeWords(timezone, language);
  const topic = topicIn(language, facts.topic);
  const host = line(facts.hostName, MOST.name);
  const values: Record<string, string | null> = {
    salutation: salutation(facts.name, language),
    ...{ topic, short_topic: oneLine(topic, MOST.shortTopic), time: words.timeAndZone(start, end) },
    ...{ host, sender: host },
    ...{ place: line(facts.location, MOST.place), reason: line(facts.reason, MOST.reason) },
    ...{ join_url: link(facts.joinUrl), reschedule_url: link(facts.rescheduleUrl), cancel_url: link(facts.cancelUrl) },
  };
  const isKnown = (entry: [string, string | null]): entry is [string, string] => entry[1] !== null;
  return Object.fromEntries(Object.entries(values).filter(isKnown));
}

/** The first line of a letter, as of all letters of ours. */
function salutation(name: string, language: TextLanguage): string {
  const person = { contactId: '', name: oneLine(name, MOST.name), language };
  const [first = ''] = composeWritten({ subject: '', body: '' }, {}, person, null).body.split('\n', 1);
  return first;
}

function line(text: string | null, most: number): string | null {
  const one = oneLine(text ?? '', most);
  return one === '' ? null : one;
}

/** A link that stands in a text by itself: part of one would lead elsewhere. */
const link = (url: string | null): string | null =>
  url !== null && url.length <= MOST.link && /^https?:\/\/[^\p{C}\p{Z}]+$/u.test(url) ? url : null;
