import { UNSUBSCRIBE_TEXTS } from '../../domain/contacts/unsubscribe-texts.ts';
import type { TextLanguage } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import type { Unsubscription } from '../../services/links.ts';
import { escaped, facts, page, paragraph } from './public-page.ts';

type What = Pick<Unsubscription, 'channel' | 'purpose'>;

/** Asks whether these messages are to stop; its button sends what a mail program's one click does. */
export function questionPage(language: TextLanguage, what: What): string {
  const texts = UNSUBSCRIBE_TEXTS[language];
  const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>${escaped(texts.button)}</button></form>`;
  return page(language, texts.question, [paragraph(texts.wouldStop), list(language, what), form]);
}

/** Says that these messages have ended. */
export function donePage(language: TextLanguage, what: What): string {
  const texts = UNSUBSCRIBE_TEXTS[language];
  return page(language, texts.done, [paragraph(texts.stopped), list(language, what), paragraph(texts.nothingMore)]);
}

export const failedPage = (): string =>
  page('en', 'That did not work', [paragraph('You are not unsubscribed yet. Please try again in a few minutes.')]);

function list(language: TextLanguage, { channel, purpose }: What): string {
  const { labels, purposes, channels } = UNSUBSCRIBE_TEXTS[language];
  return facts([
    [labels.messages, purposes[purpose ?? 'all']],
    [labels.by, channels[channel ?? 'all']],
  ]);
}
