import type { Decision, Message } from '../../domain/agents.ts';
import type { Channel } from '../../domain/contracts/interventions.ts';
import type { Festival } from '../festivals.ts';
import type { Situation } from '../situation.ts';
import { bn } from './bn.ts';
import { en } from './en.ts';
import { hi } from './hi.ts';
import type { Letter, MessageLanguage, MessageTexts } from './message-texts.ts';
import { ta } from './ta.ts';
import { te } from './te.ts';

export const MESSAGE_TEXTS: Record<MessageLanguage, MessageTexts> = { en, hi, ta, te, bn };

export interface MessageParts {
  language: MessageLanguage;
  channel: Channel;
  /** A usable first name, or null for the form without one. */
  name: string | null;
  /** null for the language's own words. */
  sender: string | null;
  festival: Festival | null;
  discountPercent: number;
}

/** The letter for a situation: the service one, the one with the offer, or the plain one. */
export function letterOf(
  language: MessageLanguage,
  situation: Situation,
  { discountPercent, serviceOnly }: Pick<Decision, 'discountPercent' | 'serviceOnly'>,
): Letter {
  const texts = MESSAGE_TEXTS[language].situations[situation];
  if (serviceOnly) return texts.service ?? texts.plain;
  return discountPercent > 0 ? texts.offer : texts.plain;
}

/** The template message as it would be sent on `parts.channel`. */
export function composeTemplate(
  situation: Situation,
  decision: Pick<Decision, 'discountPercent' | 'serviceOnly'>,
  parts: MessageParts,
): Message {
  const letter = letterOf(parts.language, situation, decision);
  const texts = MESSAGE_TEXTS[parts.language];
  const form = !decision.serviceOnly && decision.discountPercent > 0 ? 'offer' : 'plain';
  if (parts.channel === 'sms') {
    const sms = texts.situations[situation].sms[form];
    return filled({ subject: letter.subject, body: `${sms} ${texts.smsClosing}` }, parts);
  }
  if (parts.channel === 'phone') {
    const note = texts.situations[situation].callNote[form];
    const heading = texts.callHeading[parts.name === null ? 'unnamed' : 'named'];
    return filled({ subject: letter.subject, body: `${heading}\n\n${note}` }, parts);
  }
  return composeLetter(letter, parts);
}

/** A letter between its salutation and closing, a festival's wish as a paragraph of its own. */
export function composeLetter(letter: Letter, parts: MessageParts): Message {
  const texts = MESSAGE_TEXTS[parts.language];
  const paragraphs = [texts.salutation[parts.name === null ? 'unnamed' : 'named'], letter.body];
  if (parts.festival !== null) paragraphs.push(texts.festivals[parts.festival]);
  return filled({ subject: letter.subject, body: [...paragraphs, texts.closing].join('\n\n') }, parts);
}

/** All slots in one pass, so that a value never becomes a slot. */
function filled(letter: Letter, { language, name, sender, discountPercent }: MessageParts): Message {
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 });
  const values: Record<string, string> = {
    name: name ?? '',
    sender: sender ?? MESSAGE_TEXTS[language].sender,
    discount: percent.format(discountPercent / 100),
  };
  const fill = (text: string): string => text.replace(/\{(name|sender|discount)\}/g, (_, slot) => values[slot] ?? '');
  return { language, subject: fill(letter.subject), body: fill(letter.body) };
}
