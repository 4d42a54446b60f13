import { createHash } from 'node:crypto';

/** System colours and fonts, so that it is as light, dark and large as the reader wants everything. */
const STYLE = `
:root { color-scheme: light dark; font: 1.125rem/1.6 system-ui, sans-serif; }
body { margin: 0; padding: clamp(.75rem, 4vw, 1.25rem); background: light-dark(#f4f4f2, #17181a); color: light-dark(#1c1d1f, #ececea); }
main { max-width: 30rem; margin: min(8vh, 4rem) auto 0; padding: clamp(1rem, 5vw, 1.5rem); border-radius: .75rem;
  background: light-dark(#fff, #232427); border: 1px solid light-dark(#d6d6d2, #3d3f44); overflow-wrap: break-word; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
p:last-child, dl:last-child { margin-bottom: 0; }
dl { margin: 0 0 1.5rem; }
dt { font-size: .9rem; color: light-dark(#55575b, #b4b6ba); }
dd { margin: 0 0 .75rem; font-weight: 600; }
dd:last-child { margin-bottom: 0; }
a { color: light-dark(#1f4f9e, #9cc1ff); }
form + p { margin: 1.25rem 0 0; text-align: center; }
button { width: 100%; min-height: 3rem; padding: .5rem 1rem; border: 0; border-radius: .5rem; font: inherit;
  font-weight: 600; background: light-dark(#1f4f9e, #9cc1ff); color: light-dark(#fff, #10131a); cursor: pointer; }
input[type=text] { box-sizing: border-box; width: 100%; min-height: 3rem; margin: 0 0 1.25rem; padding: .5rem .75rem;
  border: 1px solid light-dark(#85878c, #7b7e85); border-radius: .5rem; font: inherit; background: none; color: inherit; }
fieldset { min-width: 0; margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0 0 .5rem; font-weight: 600; }
fieldset div { display: flex; flex-wrap: wrap; gap: .4rem; }
fieldset label { display: flex; align-items: center; gap: .3rem; box-sizing: border-box; min-width: 7.5rem; min-height: 3rem;
  padding: .4rem .5rem; font-size: .9rem; border: 1px solid light-dark(#85878c, #7b7e85); border-radius: .5rem; cursor: pointer; }
fieldset label:has(:checked) { border-color: light-dark(#1f4f9e, #9cc1ff); background: light-dark(#e8effb, #2a3547); }
.zone { margin-bottom: 1rem; color: light-dark(#55575b, #b4b6ba); }
input[type=radio] { flex: none; width: 1rem; height: 1rem; margin: 0; accent-color: light-dark(#1f4f9e, #9cc1ff); }
.notice { padding: .6rem .9rem; border-left: .25rem solid light-dark(#b45309, #fbbf24);
  background: light-dark(#fdf3e3, #352c1c); }
:is(a, button, input[type=text]):focus-visible, fieldset label:has(:focus-visible) {
  outline: 3px solid light-dark(#1c1d1f, #ececea); outline-offset: 3px; }
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

/** A whole page. The content is HTML, the heading is not. */
export const page = (language: string, heading: string, content: readonly string[]): string => `<!doctype html>
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

export const paragraph = (text: string): string => `<p>${escaped(text)}</p>`;

/** What something is, by label and value. */
export const facts = (rows: readonly (readonly [label: string, value: string])[]): string =>
  `<dl>${rows.map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`;

/** Text as HTML, also between double quotes. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For a token that is none of ours: it says nothing of anybody, and so nothing of their language. */
export const invalidPage = (): string =>
  page('en', 'This link is not valid', [
    paragraph('Nothing has changed. Please use the link of a newer message, whole as it stands there.'),
  ]);
