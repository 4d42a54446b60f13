import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type FieldError, ReveilleError } from '../../domain/errors.ts';
import { MalformedRequest } from './problem.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Names that some program further on may take for more than a name. */
const DANGEROUS = new Set(['__proto__', 'constructor']);
/** More than these are not listed. */
const MOST_ERRORS = 20;

/**
 * Bodies are JSON in UTF-8, and nothing else. Stricter than JSON.parse, which keeps the last of two equal keys: what
 * was checked on the way here may have been the first.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async ({ headers }: FastifyRequest, body: Buffer) => {
      if ((headers['content-encoding'] ?? 'identity') === 'identity') return parseJson(decoded(body));
      throw new ReveilleError('unsupported_media_type', 'Send the body as it is, without Content-Encoding');
    },
  );
}

function decoded(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new MalformedRequest('The body is not valid UTF-8', { cause });
  }
}

/** @throws MalformedRequest naming every key that is there twice, or is `__proto__` or `constructor` */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedRequest('The body is not valid JSON', { cause });
  }
  const errors = keyErrors(text);
  if (errors.length === 0) return value;
  const [{ path, message }] = errors as [FieldError];
  throw new MalformedRequest(`The body cannot be taken: ${path}: ${message}`, { errors });
}

/** An object that is open at this point of the text, or (without keys) a list. */
interface Open {
  keys: Set<string> | null;
  at: string | number;
}

/** Goes over text that is known to be JSON, looking only at structure and keys. Nothing recurses: depth is the sender's. */
function keyErrors(text: string): FieldError[] {
  const errors: FieldError[] = [];
  const open: Open[] = [];
  let keyComes = false;
  for (let i = 0; i < text.length && errors.length < MOST_ERRORS; i += 1) {
    const top = open.at(-1);
    switch (text[i]) {
      case '"': {
        const end = endOfString(text, i);
        if (keyComes && top?.keys) {
          const key = JSON.parse(text.slice(i, end + 1)) as string;
          const wrong = top.keys.has(key) ? 'is given twice' : DANGEROUS.has(key) ? 'is not a name to use' : null;
          top.at = key;
          top.keys.add(key);
          if (wrong) errors.push({ path: open.map(({ at }) => at).join('.'), message: wrong });
        }
        keyComes = false;
        i = end;
        break;
      }
      case '{':
        open.push({ keys: new Set(), at: '' });
        keyComes = true;
        break;
      case '[':
        open.push({ keys: null, at: 0 });
        break;
      case ',':
        if (top?.keys) keyComes = true;
        else if (top) top.at = Number(top.at) + 1;
        break;
      case '}':
      case ']':
        open.pop();
        keyComes = false;
        break;
    }
  }
  return errors;
}

/** Where the string that begins at `start` ends: at the next quote after an even number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}
