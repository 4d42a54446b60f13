import { readFileSync } from 'node:fs';

/** The instructions of our Dockerfile, comments left out and continuation lines joined. */
export function dockerfile(): [instruction: string, rest: string][] {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1).trim()]);
}
