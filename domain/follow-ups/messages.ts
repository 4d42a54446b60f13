import type { Purpose } from '../contracts/contacts.ts';
import type { FollowUpMessage, FollowUpPayload } from '../contracts/follow-ups.ts';
import type { Channel } from '../contracts/interventions.ts';
import { type FieldError, invalidInput } from '../errors.ts';
import type { ContactRow } from '../ports/contact-store.ts';
import { type TemplateVariables, missingError, missingVariables, render, templateProblem } from './templates.ts';
import { bn } from './texts/bn.ts';
import { en } from './texts/en.ts';
import { type FollowUpTexts, TEXT_LANGUAGES, type TextLanguage, type WrittenType } from './texts/follow-up-texts.ts';
import { hi } from './texts/hi.ts';
import { ta } from './texts/ta.ts';
import { te } from './texts/te.ts';

export const FOLLOW_UP_TEXTS: Record<TextLanguage, FollowUpTexts> = { en, hi, ta, te, bn };

/** What a message may say of a contact. */
export type Addressee = Pick<ContactRow, 'contactId' | 'name' | 'language'>;

/** Most of what a form may hold, and what channels take. */
const MAX_SUBJECT = 200;
const MAX_BODY = 5_000;

/** `service` for reminders, which the person asked for, unless the payload says otherwise; everything else is promotion. */
export function purposeOf(type: string, payload: FollowUpPayload): Purpose {
  return payload.purpose ?? (type === 'reminder' ? 'service' : 'promotion');
}

/**
 * Where a follow-up may go, best first: the payload's channel and no other, else those that reach people without a call, a
 * reminder first where it is seen soonest. `in_app` is last, since it reaches only who comes by.
 */
export function channelsOf(type: string, payload: FollowUpPayload): Channel[] {
  if (payload.channel) return [payload.channel];
  return type === 'reminder'
    ? ['telegram', 'email', 'whatsapp', 'sms', 'in_app']
    : ['email', 'telegram', 'whatsapp', 'sms', 'in_app'];
}

/**
 * What keeps a follow-up from being scheduled: a type that has no text and was given none, one of type `agent` without the
 * `reason` that it is to be written about, templates that are not well formed, variables that nothing gives a value, subjects of more than one line, a language without a text. Empty when
 * nothing does. Paths are those of the request (`payload.variables.x`).
 */
export function checkFollowUp(type: string, payload: FollowUpPayload, contact: Addressee): FieldError[] {
  const errors = [...textErrors(type, payload), ...templateErrors(payload, contact)];
  return errors.length > 0 ? errors : filledErrors(payload, variablesFor(payload, contact, null));
}

/**
 * The message of a follow-up on one channel: its own template, else the text of its type; one of type `agent` without
 * either says what a `follow_up` does, for when no model can write it. `sender` null: the language's own words.
 * @throws ReveilleError `invalid_input` as `checkFollowUp` tells: the contact may have changed since that was asked
 */
export function composeFollowUp(
  type: string,
  payload: FollowUpPayload,
  contact: Addressee,
  { channel, sender }: { channel: Channel; sender: string | null },
): FollowUpMessage {
  const errors = checkFollowUp(type, payload, contact);
  if (errors.length > 0) throw invalidInput(errors);
  const variables = variablesFor(payload, contact, sender);
  const texts = FOLLOW_UP_TEXTS[textLanguage(payload, contact)];
  const subject = payload.subject === undefined ? null : render(payload.subject, variables).trim();
  if (payload.message_template !== undefined) {
    const body = render(payload.message_template, variables);
    return { subject: subject ?? texts.anySubject, body, language: payload.language ?? contact.language };
  }
  const language = textLanguage(payload, contact);
  const named = usableName(String(variables['name'] ?? ''));
  const written = defaultTemplate(writtenType(type) ?? 'follow_up', language, { channel, named });
  return { subject: subject ?? written.subject, body: render(written.body, variables), language };
}

/**
 * A letter whose paragraphs somebody else wrote: salutation and closing are ours, and so is the subject where the payload
 * has one. Braces in what was written mean nothing.
 */
export function composeWritten(
  written: { subject: string; body: string },
  payload: FollowUpPayload,
  contact: Addressee,
  sender: string | null,
): FollowUpMessage {
  const variables = variablesFor(payload, contact, sender);
  const language = textLanguage(payload, contact);
  const { salutation, closing } = FOLLOW_UP_TEXTS[language];
  const greeting = render(salutation[usableName(String(variables['name'] ?? '')) ? 'named' : 'unnamed'], variables);
  return {
    subject: payload.subject === undefined ? written.subject : render(payload.subject, variables).trim(),
    body: [greeting, written.body, render(closing, variables)].join('\n\n'),
    language,
  };
}

/** The text of a type as a template of `{{name}}`, where it names the contact, and `{{sender}}`. */
export function defaultTemplate(
  type: WrittenType,
  language: TextLanguage,
  { channel, named }: { channel: Channel; named: boolean },
): { subject: string; body: string } {
  const texts = FOLLOW_UP_TEXTS[language];
  const { subject, body, sms, callNote } = texts.types[type];
  const form = named ? 'named' : 'unnamed';
  if (channel === 'sms') return { subject, body: `${sms} ${texts.smsClosing}` };
  if (channel === 'phone') return { subject, body: `${texts.callHeading[form]}\n\n${callNote}` };
  return { subject, body: [texts.salutation[form], body, texts.closing].join('\n\n') };
}

/**
 * What templates may name: `contact_id`, `name`, `first_name` (the first word of it), `language` and `reason` where they are
 * known, `sender`, and the payload's own variables, which go before these.
 */
export function variablesFor(payload: FollowUpPayload, contact: Addressee, sender: string | null): TemplateVariables {
  const name = contact.name?.trim() ?? '';
  const known: Record<string, string | number | null | undefined> = {
    contact_id: contact.contactId,
    name: name === '' ? null : name,
    first_name: name === '' ? null : name.split(/\s+/)[0],
    language: contact.language,
    reason: payload.reason,
    sender: sender ?? FOLLOW_UP_TEXTS[textLanguage(payload, contact)].sender,
    ...payload.variables,
  };
  const given = (entry: [string, string | number | null | undefined]): entry is [string, string | number] =>
    entry[1] !== null && entry[1] !== undefined;
  return Object.fromEntries(Object.entries(known).filter(given));
}

/**
 * Whether there is a text to send, in the language that was asked for. What a model writes is checked, and so there have to
 * be texts in its language as well.
 */
function textErrors(type: string, { message_template: template, language, reason }: FollowUpPayload): FieldError[] {
  const errors: FieldError[] = [];
  if (type === 'agent' && (reason ?? '').trim() === '') {
    errors.push({ path: 'payload.reason', message: 'is needed for type agent: what is to be written about' });
  }
  if (template === undefined && !hasText(type)) {
    const written = Object.keys(en.types).join(', ');
    const message = `is needed for type ${type}: only ${written} and agent have a text of their own`;
    errors.push({ path: 'payload.message_template', message });
  }
  if (language === undefined) return errors;
  if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(language)) {
    errors.push({ path: 'payload.language', message: 'must be a language such as en or hi' });
  } else if (template === undefined && hasText(type) && languageWithTexts(language) === null) {
    const message = `must be one of ${TEXT_LANGUAGES.join(', ')}, in which there are texts, or come with message_template`;
    errors.push({ path: 'payload.language', message });
  }
  return errors;
}

/** Whether the payload's templates are well formed and all their variables have values. */
function templateErrors(payload: FollowUpPayload, contact: Addressee): FieldError[] {
  const variables = variablesFor(payload, contact, null);
  const missing = new Set<string>();
  const errors: FieldError[] = [];
  for (const field of ['message_template', 'subject'] as const) {
    const template = payload[field] ?? '';
    const message = templateProblem(template);
    if (message !== null) errors.push({ path: `payload.${field}`, message });
    for (const name of missingVariables(template, variables)) missing.add(name);
  }
  return [...errors, ...[...missing].map((name) => missingError(`payload.variables.${name}`))];
}

/** Whether the payload's templates, filled in, can be sent. */
function filledErrors({ subject, message_template: template }: FollowUpPayload, variables: TemplateVariables) {
  const errors: FieldError[] = [];
  const check = (path: string, filled: string, most: number, control: RegExp, unlike: string): void => {
    const problems: [boolean, string][] = [
      [filled.trim() === '', 'is empty once filled in'],
      [filled.length > most, `is longer than ${most} characters once filled in`],
      [control.test(filled) || !filled.isWellFormed(), `must not contain ${unlike}, also once filled in`],
    ];
    errors.push(...problems.filter(([wrong]) => wrong).map(([, message]) => ({ path, message })));
  };
  if (subject !== undefined) {
    // A line break in a header begins another one.
    const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
    check('payload.subject', render(subject, variables), MAX_SUBJECT, control, 'line breaks or control characters');
  }
  if (template !== undefined) {
    const control = /(?![\r\n\t])\p{Cc}/u;
    check('payload.message_template', render(template, variables), MAX_BODY, control, 'control characters');
  }
  return errors;
}

const writtenType = (type: string): WrittenType | null =>
  Object.hasOwn(en.types, type) ? (type as WrittenType) : null;

const hasText = (type: string): boolean => type === 'agent' || writtenType(type) !== null;

/** The language of our own words: what was asked for, else the contact's, where there are texts in it; else English. */
export const textLanguage = (payload: FollowUpPayload, contact: Addressee): TextLanguage =>
  languageWithTexts(payload.language ?? contact.language ?? '') ?? 'en';

/** The language of a tag such as `hi-IN` in which there are texts; null where there are none. */
export const languageWithTexts = (tag: string): TextLanguage | null => {
  const [primary = ''] = tag.toLowerCase().split('-');
  return TEXT_LANGUAGES.find((language) => language === primary) ?? null;
};

/** A name as people write one: up to five words of letters. Anything else is not put in a salutation. */
function usableName(name: string): boolean {
  const written = name.normalize('NFC').trim();
  const word = String.raw`\p{L}[\p{L}\p{M}'’\u200c\u200d-]*\.?`;
  return written.length <= 60 && new RegExp(`^${word}(?: ${word}){0,4}$`, 'u').test(written);
}
