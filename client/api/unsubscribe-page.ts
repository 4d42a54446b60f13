import { createHash } from 'node:crypto';
import { UNSUBSCRIBE_TEXTS } from '../../domain/contacts/unsubscribe-texts.ts';
import type { TextLanguage } from '../../domain/follow-ups/texts/follow-up-texts.ts';
import type { Unsubscription } from '../../services/links.ts';

/** System colours and fonts, so that it is as light, dark and large as the reader wants everything. */
const STYLE = `
:root { color-scheme: light dark; font: 1.125rem/1.6 system-ui, sans-serif; }
body { margin: 0; padding: 1.25rem; background: light-dark(#f4f4f2, #17181a); color: light-dark(#1c1d1f, #ececea); }
main { max-width: 30rem; margin: 8vh auto 0; padding: 1.5rem; border-radius: .75rem;
  background: light-dark(#fff, #232427); border: 1px solid light-dark(#d6d6d2, #3d3f44); overflow-wrap: break-word; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
p:last-child { margin: 0; }
dl { margin: 0 0 1.5rem; }
dt { font-size: .9rem; color: light-dark(#55575b, #b4b6ba); }
dd { margin: 0 0 .75rem; font-weight: 600; }
button { width: 100%; min-height: 3rem; padding: .5rem 1rem; border: 0; border-radius: .5rem; font: inherit;
  font-weight: 600; background: light-dark(#1f4f9e, #9cc1ff); color: light-dark(#fff, #10131a); cursor: pointer; }
button:focus-visible { outline: 3px solid light-dark(#1c1d1f, #ececea); outline-offset: 3px; }
`;

/** The page takes its own style and its own form, and nothing else from anywhere. */
export const PAGE_HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: [`'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  hsts: false,
} as const;

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

/** For a token that is none of ours: it says nothing of anybody, and so nothing of their language. */
export const invalidPage = (): string =>
  page('en', 'This link is not valid', [
    paragraph('Nothing has changed. Please use the link of a newer message, whole as it stands there.'),
  ]);

export const failedPage = (): string =>
  page('en', 'That did not work', [paragraph('You are not unsubscribed yet. Please try again in a few minutes.')]);

function list(language: TextLanguage, { channel, purpose }: What): string {
  const { labels, purposes, channels } = UNSUBSCRIBE_TEXTS[language];
  const rows = [
    [labels.messages, purposes[purpose ?? 'all']],
    [labels.by, channels[channel ?? 'all']],
  ] as const;
  return `<dl>${rows.map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;
}

const paragraph = (text: string): string => `<p>${escaped(text)}</p>`;

const page = (language: TextLanguage, heading: string, content: readonly string[]): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(heading)}</title>
<style>${STYLE}</style>
</head>
<body><main><h1>${escaped(heading)}</h1>
${content.join('\n')}
</main></body>
</html>
`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
