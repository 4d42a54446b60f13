import { z } from 'zod';
import type { ContextFindings, Decision, InterventionCase, Message, Noted } from '../domain/agents.ts';
import type { LanguageModel } from '../domain/ports/language-model.ts';
import { askModel, noteOf } from './ask-model.ts';
import { type Festival, festivalNear } from './festivals.ts';
import { checkMessage, numbersOf } from './message-checks.ts';
import { composeLetter, composeTemplate, MESSAGE_TEXTS, type MessageParts } from './messages/compose.ts';
import { MESSAGE_LANGUAGES, type MessageLanguage } from './messages/message-texts.ts';
import { isTrouble, type Situation, situationOf } from './situation.ts';
import { UNTRUSTED_RULE, untrustedData } from './untrusted.ts';

/**
 * A checked message in the customer's language, for the first channel of the decision. Templates stand whole in agents/messages; a model
 * writes subject and paragraphs only, never the name, the greeting, the festival's wish or the signature, and what it
 * writes must pass `checkMessage`. `sender` signs; by default the language's words for customer care.
 */
export async function writeMessage(
  kase: InterventionCase,
  context: ContextFindings,
  decision: Decision,
  model: LanguageModel | null,
  options: { sender?: string } = {},
): Promise<Noted<Message>> {
  const situation = situationOf(context);
  const { language, clause } = languageOf(kase.record.customer.language);
  const task = { kase, context, decision, situation, language, festival: festivalFor(kase, context, decision) };
  const template = writeByTemplate(task, options.sender ?? null);
  const clauses = [...clause, ...template.clauses];
  // A call note is for a colleague, and an SMS is short: neither gains by a model's words.
  if (model === null || template.parts.channel === 'sms' || template.parts.channel === 'phone') {
    return noted(template.message, 'rules', noteOf(`the ${language} template was used`, ...clauses));
  }
  const asked = await askModel(
    model,
    { schema: written, schemaName: 'message', system: systemOf(task), prompt: promptOf(task) },
    (answer) => problemsOf(composeLetter(answer, template.parts), answer, task, template.parts),
  );
  if (asked.by === 'rules') {
    return noted(template.message, 'rules', noteOf(asked.why, `the ${language} template was used`, ...clauses));
  }
  return noted(composeLetter(asked.result, template.parts), 'model', noteOf('the model wrote the text', ...clauses));
}

/** What a model may write. */
const written = z.object({ subject: z.string().trim().min(1).max(150), body: z.string().trim().min(20).max(2_000) });

interface Task {
  kase: InterventionCase;
  context: ContextFindings;
  decision: Decision;
  situation: Situation;
  language: MessageLanguage;
  festival: Festival | null;
}

const noted = (result: Message, by: 'rules' | 'model', note: string): Noted<Message> => ({
  result,
  note: { agent: 'empathy', by, note },
});

function languageOf(tag: string | null): { language: MessageLanguage; clause: string[] } {
  const primary = tag?.trim().toLowerCase().split(/[-_]/)[0] ?? '';
  const language = MESSAGE_LANGUAGES.find((known) => known === primary);
  if (language !== undefined) return { language, clause: [] };
  if (primary === '') return { language: 'en', clause: ["the customer's language is not known, so English was used"] };
  const shown = /^[a-z]{2,3}$/.test(primary) ? `"${primary}"` : "the customer's language";
  return { language: 'en', clause: [`there are no texts in ${shown}, so English was used`] };
}

/** A wish fits neither an apology, nor an unhappy customer, nor a message of service alone. */
function festivalFor(kase: InterventionCase, context: ContextFindings, decision: Decision): Festival | null {
  if (isTrouble(situationOf(context)) || decision.serviceOnly) return null;
  if (context.sentiment === 'negative' || context.sentiment === 'very_negative') return null;
  return festivalNear(kase.now, kase.record.customer);
}

/** The template with name and sender where the checks let them through, else without. */
function writeByTemplate(
  { kase, decision, situation, language, festival }: Task,
  sender: string | null,
): { message: Message; parts: MessageParts; clauses: string[] } {
  const channel = decision.channels[0] ?? 'in_app';
  const { firstName } = kase.record.customer;
  const name = usableName(firstName);
  const common = { language, channel, festival, discountPercent: decision.discountPercent };
  for (const [namedBy, signedBy] of [
    [name, sender],
    [null, sender],
    [name, null],
  ] as const) {
    const parts: MessageParts = { ...common, name: namedBy, sender: signedBy };
    const message = composeTemplate(situation, decision, parts);
    if (checkMessage(message, { language, decision, channel }).length > 0) continue;
    const clauses: string[] = [];
    if (namedBy === null && (firstName ?? '').trim() !== '') clauses.push('the first name cannot stand in a message');
    if (signedBy !== sender) clauses.push("the sender's name cannot stand in a message");
    return { message, parts, clauses };
  }
  const parts: MessageParts = { ...common, name: null, sender: null };
  const clauses = ['neither the first name nor the sender can stand in a message'];
  return { message: composeTemplate(situation, decision, parts), parts, clauses };
}

/** A first name as people write one: up to three words of letters; null for anything else. */
function usableName(firstName: string | null): string | null {
  const name = firstName?.normalize('NFC').trim() ?? '';
  const word = String.raw`\p{L}[\p{L}\p{M}'’\u200c\u200d-]*\.?`;
  return name.length <= 40 && new RegExp(`^${word}(?: ${word}){0,2}$`, 'u').test(name) ? name : null;
}

function problemsOf(
  message: Message,
  answer: z.output<typeof written>,
  { decision, language }: Task,
  { channel }: MessageParts,
): string[] {
  const problems = checkMessage(message, { language, decision, channel });
  // Held apart from the lines around it, so that those cannot lend it their script.
  problems.push(...checkMessage(answer, { language, decision, channel }));
  const numbers = numbersOf(`${answer.subject}\n${answer.body}`);
  const offered = !decision.serviceOnly && decision.discountPercent > 0;
  if (numbers.some((number) => !offered || number !== decision.discountPercent)) {
    problems.push('names a number that was not decided');
  }
  if (offered && !numbers.includes(decision.discountPercent)) problems.push('leaves out the discount that was decided');
  return problems;
}

export const LANGUAGE_NAMES: Record<MessageLanguage, string> = {
  en: 'English',
  hi: 'Hindi',
  ta: 'Tamil',
  te: 'Telugu',
  bn: 'Bengali',
};

const TASKS: Record<Situation, string> = {
  bad_support: 'Apologise for poor support and ask what is still unsolved.',
  payment_failure:
    'Tell that a recent payment did not go through, and offer help. Ask for no card numbers or passwords.',
  late_delivery: 'Apologise for a late delivery and ask whether anything is still wrong.',
  inactive: 'The customer has not been active for a while; ask whether all is well.',
  spending_down: 'The customer orders less than before; ask what could be done better.',
  general: 'Thank the customer for their trust and ask what could be done better.',
};

function systemOf({ language, decision }: Task): string {
  const offer =
    decision.discountPercent > 0 && !decision.serviceOnly
      ? `Offer a discount of exactly ${decision.discountPercent}% on the next order, used by replying; offer nothing else.`
      : 'Offer nothing: no discount, gift, refund or price.';
  return [
    `You write a short, warm and polite message from a shop to one customer, in natural ${LANGUAGE_NAMES[language]}.`,
    'Write the subject and two or three paragraphs. Greeting, name and signature are added by others: write none.',
    'Do not assume the gender of the customer.',
    offer,
    decision.serviceOnly ? 'This is a service message: do not invite the customer to buy anything.' : '',
    'No links, addresses, phone numbers, placeholders, markup, or other numbers. The customer can reply to the message.',
    UNTRUSTED_RULE,
  ].join(' ');
}

function promptOf({ situation, context, language, decision }: Task): string {
  return [
    `Task: ${TASKS[situation]}`,
    `The customer's mood is ${context.sentiment.replace('_', ' ')}. Action: ${decision.action.replaceAll('_', ' ')}.`,
    `The house's own text, for tone: ${JSON.stringify(MESSAGE_TEXTS[language].situations[situation].plain)}`,
    untrustedData({ issue: context.issue }),
  ].join('\n');
}
