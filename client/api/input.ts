import { type FieldError, invalidInput } from '../../domain/errors.ts';
import { parse } from '../../domain/parse.ts';
import type { Route } from './routes.ts';

const DEEPEST = 64;
const MOST_ERRORS = 20;

/**
 * An operation's input as its route has it, the same for callers here and through HTTP.
 * @throws ReveilleError `invalid_input` naming every wrong field
 */
export function parseInput(route: Pick<Route, 'input'>, input: unknown): unknown {
  refuseUnusable(input);
  return parse(route.input, input);
}

/**
 * Refuses what JSON can say and nothing can keep: numbers beyond all numbers (1e999), NUL and halves of characters in
 * texts and names, nesting without end. Schemas would let these through wherever anything may stand.
 * @throws ReveilleError `invalid_input`
 */
export function refuseUnusable(input: unknown): void {
  const errors: FieldError[] = [];
  const rest: [path: string[], value: unknown][] = [[[], input]];
  for (let next = rest.pop(); next && errors.length < MOST_ERRORS; next = rest.pop()) {
    const [path, value] = next;
    const message = complaint(value, path.length);
    if (message) errors.push({ path: path.join('.'), message });
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value).toReversed()) {
        const named = textComplaint(key);
        if (named) errors.push({ path: path.join('.'), message: `has a name that ${named}` });
        else rest.push([[...path, key], inner]);
      }
    }
  }
  if (errors.length > 0) throw invalidInput(errors);
}

function complaint(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textComplaint(value);
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'is not a number that can be kept';
  return depth > DEEPEST ? 'is nested too deeply' : null;
}

function textComplaint(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character';
  return text.isWellFormed() ? null : 'holds half of a character (a lone surrogate)';
}
