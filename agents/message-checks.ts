import type { Decision, Message } from '../domain/agents.ts';
import type { Channel } from '../domain/contracts/interventions.ts';
import { OFFER_WORDS, PERCENT, PRICE } from './offer-words.ts';

export interface MessageRules {
  /** Primary language subtag the text must be in. */
  language: string;
  decision: Pick<Decision, 'discountPercent' | 'serviceOnly'>;
  channel: Channel;
  /** Links and addresses that may stand in the text, exactly so. None by default. */
  links?: readonly string[];
}

const MAX_SUBJECT = 150;
const MIN_BODY = 20;
/** In UTF-16 units. An SMS of 320 is five parts in an Indic script. */
const MAX_BODY: Record<Channel, number> = {
  email: 3_000,
  telegram: 3_000,
  whatsapp: 1_500,
  in_app: 1_500,
  phone: 1_500,
  sms: 320,
};

/**
 * What keeps a message from going out, in words that follow "the text"; empty when nothing does. For templates, models
 * and people alike: it looks at the text only, so it cannot be talked round.
 */
export function checkMessage(message: Pick<Message, 'subject' | 'body'>, rules: MessageRules): string[] {
  const { subject, body } = message;
  const text = legible(withoutLinks(`${subject}\n${body}`, rules.links ?? []));
  return [
    ...lengthProblems(subject, body, rules.channel),
    ...hiddenProblems(subject, body),
    ...languageProblems(subject, body, rules.language),
    ...linkProblems(text),
    ...placeholderProblems(text),
    ...offerProblems(text, rules.decision),
  ];
}

/** Of a sentence a model wrote for colleagues; a percentage may stand in it only where it is `discountPercent`. */
export function plainTextProblems(sentence: string, discountPercent = 0): string[] {
  const text = legible(sentence);
  return [
    ...hiddenProblems('', sentence),
    ...linkProblems(text),
    ...placeholderProblems(text),
    ...(percentagesOf(text).some((value) => value !== discountPercent) ? [UNDECIDED_PERCENTAGE] : []),
    ...(PRICE.test(text) ? [PRICED] : []),
    ...(scriptShare(sentence, 'en') < 0.9 ? ['is not written in English'] : []),
  ];
}

/** Numbers in the text as a reader sees them, in any script's digits. */
export function numbersOf(text: string): number[] {
  return [...legible(text).matchAll(/\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
}

const UNDECIDED_PERCENTAGE = 'names a percentage that was not decided';
const PRICED = 'names a price';

/** As the eye takes it: one form of each letter, plain digits, nothing invisible between letters. */
function legible(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}|\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** Decimal digits lie in runs of ten, each run starting at a multiple of ten counted from its zero. */
function digitValue(digit: string): number {
  if (digit >= '0' && digit <= '9') return Number(digit);
  let code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
    code -= 1;
    value += 1;
  }
  return value;
}

function withoutLinks(text: string, links: readonly string[]): string {
  return links.reduce(
    (left, link) =>
      left
        .split(/(\s+)/)
        .map((part) => (part === link ? '' : part))
        .join(''),
    text,
  );
}

function lengthProblems(subject: string, body: string, channel: Channel): string[] {
  const problems: string[] = [];
  if (subject.trim() === '') problems.push('has no subject');
  if (subject.length > MAX_SUBJECT) problems.push(`has a subject longer than ${MAX_SUBJECT} characters`);
  if (body.trim().length < MIN_BODY) problems.push(`is shorter than ${MIN_BODY} characters`);
  if (body.length > MAX_BODY[channel]) {
    problems.push(`is longer than the ${MAX_BODY[channel]} characters of ${channel}`);
  }
  return problems;
}

function hiddenProblems(subject: string, body: string): string[] {
  const problems: string[] = [];
  const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
  if (control.test(subject) || control.test(body.replace(/\r?\n/g, ''))) problems.push('contains control characters');
  // Joiners are part of how Indic words are written; every other format character only hides something.
  const hidden = /(?![\u200c\u200d])\p{Cf}|\p{Co}|\p{Cn}/u;
  if (hidden.test(subject + body) || !(subject + body).isWellFormed()) problems.push('contains hidden characters');
  return problems;
}

const LANGUAGES: Record<string, { name: string; script: RegExp; words?: RegExp; foreign?: RegExp }> = {
  en: {
    name: 'English',
    script: /\p{Script=Latin}/u,
    words:
      /^(?:a|an|and|are|as|at|be|been|can|do|for|from|had|have|how|if|in|is|it|not|of|on|or|our|please|that|the|this|to|us|was|we|what|with|would|you|your|will|any|they|them|so)$/i,
  },
  hi: {
    name: 'Hindi',
    script: /\p{Script=Devanagari}/u,
    words:
      /^(?:का|के|की|को|में|से|पर|और|है|हैं|हो|ही|भी|हम|हमें|हमारे|हमारी|आप|आपको|आपका|आपके|आपकी|आपने|इस|यह|तो|कि|या|लिए|नहीं|ने|कुछ|क्या|कोई|उन्हें|करें)$/u,
  },
  ta: { name: 'Tamil', script: /\p{Script=Tamil}/u },
  te: { name: 'Telugu', script: /\p{Script=Telugu}/u },
  // ৰ and ৱ are written in Assamese, not in Bengali.
  bn: { name: 'Bengali', script: /\p{Script=Bengali}/u, foreign: /[ৰৱ]/u },
};

/** A language without rules here is taken as it is: a person may write what no template can. */
function languageProblems(subject: string, body: string, language: string): string[] {
  const rules = LANGUAGES[language];
  if (rules === undefined) return [];
  const problem = [`is not written in ${rules.name}`];
  const needed = language === 'en' ? 0.9 : 0.6;
  // Names and brands may be in Latin letters; in a subject they weigh more.
  if (scriptShare(body, language) < needed || scriptShare(subject, language) < needed - 0.2) return problem;
  if (rules.foreign?.test(body) === true) return problem;
  if (
    /\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}]|[\p{Script=Cyrillic}\p{Script=Greek}]\p{Script=Latin}/u.test(
      subject + body,
    )
  ) {
    return ['mixes letters of different scripts in one word'];
  }
  return rules.words !== undefined && hasForeignSentence(body, rules.words) ? problem : [];
}

/** Whether a sentence long enough to tell has hardly any of the language's common words. */
function hasForeignSentence(body: string, common: RegExp): boolean {
  return body
    .normalize('NFC')
    .split(/[.!?।\n]/u)
    .map((sentence) => sentence.match(/[\p{L}\p{M}]+/gu) ?? [])
    .some((words) => words.length >= 8 && words.filter((word) => common.test(word)).length / words.length < 0.15);
}

/** The share of letters (with their marks) in the language's script; 1 without any letter. */
function scriptShare(text: string, language: string): number {
  const script = LANGUAGES[language]?.script;
  const letters = text.match(/[\p{L}\p{M}]/gu) ?? [];
  if (script === undefined || letters.length === 0) return 1;
  return (
    letters.filter((letter) => script.test(letter) || /\p{Script=Inherited}/u.test(letter)).length / letters.length
  );
}

const LINKS = [
  /[a-z][a-z0-9+.-]*:\/\//iu,
  /\b(?:www\.|mailto:|tel:|hxxps?|javascript:|data:)/iu,
  // A host or file name: letters, a dot (as IDNA takes it), two letters or more.
  /[\p{L}\p{M}\d_-][.。．｡][\p{L}\p{M}]{2,}/u,
  /[\p{L}\d]\s?[[({]\s?(?:dot|\.)\s?[\])}]\s?[\p{L}\d]/iu,
  /\bdot\s(?:com|net|org|in|io|me|co|info|biz|xyz|app|ly)\b/iu,
  /@/u,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/u,
  // Six digits or more, however grouped: a phone, card or account number.
  /(?:\d[\s().+-]{0,2}){6,}/u,
];

function linkProblems(text: string): string[] {
  return LINKS.some((pattern) => pattern.test(text)) ? ['contains a link or address that is not listed'] : [];
}

const PLACEHOLDERS =
  /[{}[\]<>«»]|%\(?\w*\)?[sd]\b|_{2,}|\b(?:lorem ipsum|undefined|NaN|TODO|TBD|X{3,}|(?:first|last|your|customer)_?name|insert \w+ here)\b/iu;

function placeholderProblems(text: string): string[] {
  return PLACEHOLDERS.test(text) ? ['has a placeholder or markup left in it'] : [];
}

function percentagesOf(text: string): number[] {
  const named = [...text.matchAll(new RegExp(`(\\d+(?:[.,]\\d+)?)?\\s*(?:${PERCENT.normalize('NFKC')})`, 'giu'))];
  // A percent sign without a number may be one in words, which no rule decided either.
  return named.map(([, number]) => (number === undefined ? NaN : Number(number.replace(',', '.'))));
}

function offerProblems(text: string, { discountPercent, serviceOnly }: MessageRules['decision']): string[] {
  const allowed = serviceOnly ? 0 : discountPercent;
  const problems: string[] = [];
  if (percentagesOf(text).some((value) => allowed === 0 || value !== allowed)) problems.push(UNDECIDED_PERCENTAGE);
  if (PRICE.test(text)) problems.push(PRICED);
  if (OFFER_WORDS.never.test(text) || (allowed === 0 && OFFER_WORDS.discount.test(text))) {
    problems.push('makes an offer that was not decided');
  }
  if (serviceOnly && OFFER_WORDS.promotion.test(text)) problems.push('promotes without consent');
  return problems;
}
