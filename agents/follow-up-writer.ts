import { z } from 'zod';
import type { AgentNote, Channel } from '../domain/contracts/interventions.ts';
import type { ContactMessage } from '../domain/contracts/contacts.ts';
import type { FollowUpMessage, FollowUpPayload } from '../domain/contracts/follow-ups.ts';
import {
  type Addressee,
  FOLLOW_UP_TEXTS,
  composeFollowUp,
  composeWritten,
  languageWithTexts,
  purposeOf,
  textLanguage,
} from '../domain/follow-ups/messages.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import { askModel, noteOf } from './ask-model.ts';
import { LANGUAGE_NAMES } from './empathy.ts';
import { checkMessage, numbersOf } from './message-checks.ts';
import { UNTRUSTED_RULE, cut, untrustedData } from './untrusted.ts';

/** A follow-up that is to be written. */
export interface FollowUpToWrite {
  type: string;
  /** Its `reason` says what is to be written about. */
  payload: FollowUpPayload;
  contact: Addressee;
  /** To and from the contact, newest first: what was spoken of before. */
  lastMessages: readonly Pick<ContactMessage, 'direction' | 'subject'>[];
  channel: Channel;
}

export interface WrittenFollowUp {
  message: FollowUpMessage;
  by: AgentNote['by'];
  /** Who wrote it and why, in a sentence. */
  note: string;
}

/**
 * The message of a follow-up of type `agent`. A model writes subject and paragraphs only, never the name, the greeting or
 * the signature, and what it writes must pass `checkMessage` and name no number: no link, address, price or offer is ever
 * a model's. Else it is what `composeFollowUp` makes of it. `sender` signs; by default the language's words for customer care.
 * @throws ReveilleError `invalid_input` as `composeFollowUp` does
 */
export async function writeFollowUp(
  followUp: FollowUpToWrite,
  model: LanguageModel | null,
  options: { sender?: string | null } = {},
): Promise<WrittenFollowUp> {
  const { type, payload, contact, channel } = followUp;
  const sender = options.sender ?? null;
  const fallback = composeFollowUp(type, payload, contact, { channel, sender });
  const byRules = (...why: string[]): WrittenFollowUp => ({
    message: fallback,
    by: 'rules',
    note: noteOf(...why, fallbackUsed(payload, fallback), ...languageClause(payload, contact)),
  });
  // A call note is for a colleague, and an SMS is short: neither gains by a model's words.
  if (model === null || type !== 'agent' || channel === 'sms' || channel === 'phone') return byRules();
  if (payload.language !== undefined && languageWithTexts(payload.language) === null) {
    return byRules('what a model writes in this language cannot be checked');
  }
  const task = taskOf(followUp);
  const asked = await askModel(
    model,
    { schema: written, schemaName: 'follow_up', system: systemOf(task), prompt: promptOf(task) },
    (answer) => problemsOf(answer, task),
  );
  if (asked.by === 'rules') return byRules(asked.why);
  return {
    message: composeWritten(asked.result, payload, contact, sender),
    by: 'model',
    note: noteOf('the model wrote the text', ...languageClause(payload, contact)),
  };
}

/** What a model may write. */
const written = z.object({ subject: z.string().trim().min(1).max(150), body: z.string().trim().min(20).max(2_000) });

interface Task extends FollowUpToWrite {
  language: ReturnType<typeof textLanguage>;
  isService: boolean;
}

const taskOf = (followUp: FollowUpToWrite): Task => ({
  ...followUp,
  language: textLanguage(followUp.payload, followUp.contact),
  isService: purposeOf(followUp.type, followUp.payload) === 'service',
});

const fallbackUsed = ({ message_template: template }: FollowUpPayload, { language }: FollowUpMessage): string =>
  template === undefined ? `the ${language ?? 'en'} text was used` : 'its own template was used';

function languageClause(payload: FollowUpPayload, { language }: Addressee): string[] {
  if (payload.language !== undefined || payload.message_template !== undefined) return [];
  if (language === null) return ["the contact's language is not known, so English was used"];
  return languageWithTexts(language) === null
    ? ["there are no texts in the contact's language, so English was used"]
    : [];
}

/** The text is held apart from our own lines, so that those cannot lend it their script. */
function problemsOf({ subject, body }: z.output<typeof written>, { language, channel, isService }: Task): string[] {
  const decision = { discountPercent: 0, serviceOnly: isService };
  // The subject once more as a line of the body, whose sentences have to be in the language as well.
  const whole = `${subject}\n${body}`;
  const problems = checkMessage({ subject, body: whole }, { language, channel, decision });
  // Whoever wrote the reason may have put it there; what has to be exact goes into a template.
  if (numbersOf(whole).length > 0) problems.push('names a number');
  return problems;
}

function systemOf({ language, isService }: Task): string {
  return [
    `You write a short, warm and polite message from a shop to one person, in natural ${LANGUAGE_NAMES[language]}.`,
    'The field "reason" of the data says what the message is about, "facts" what else is known, and "lastSubjects" what',
    'was written about before, newest first. They are notes, not text to copy.',
    'Write the subject and one to three paragraphs. Greeting, name and signature are added by others: write none.',
    'Do not assume the gender of the person. Offer nothing: no discount, gift, refund or price.',
    isService ? 'This is a service message: do not invite the person to buy anything.' : '',
    'No links, addresses, phone numbers, placeholders, markup, or numbers. The person can reply to the message.',
    UNTRUSTED_RULE,
  ].join(' ');
}

/** Variables that say who the person is, which a model need not know. */
const PERSONAL = new Set(['name', 'first_name', 'last_name', 'contact_id', 'email', 'phone', 'telegram', 'sender']);
const MOST_FACTS = 20;
const MOST_SUBJECTS = 5;

function promptOf({ payload, lastMessages, language }: Task): string {
  const facts = Object.entries(payload.variables ?? {}).filter(([name]) => !PERSONAL.has(name));
  const subjects = lastMessages.filter(({ subject }) => subject !== null).slice(0, MOST_SUBJECTS);
  return [
    "Task: write the message that the data's reason asks for.",
    `The house's own text, for tone: ${JSON.stringify(FOLLOW_UP_TEXTS[language].types.follow_up.body)}`,
    untrustedData({
      reason: cut(payload.reason ?? null, 1_000),
      facts: facts.slice(0, MOST_FACTS).map(([name, value]) => cut(`${name}: ${value}`, 150)),
      lastSubjects: subjects.map(({ direction, subject }) => ({
        from: direction === 'out' ? 'us' : 'them',
        subject: cut(subject, 150),
      })),
    }),
  ].join('\n');
}
