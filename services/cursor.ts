import type { z } from 'zod';
import { invalidInput } from '../domain/errors.ts';

/** Where a page of a list ended, as callers hand it back: opaque to them. `position` begins with the list's name. */
export function encodeCursor(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws ReveilleError `invalid_input` naming `cursor` when the list with positions like this did not give it out */
export function decodeCursor<Position extends readonly unknown[]>(
  cursor: string,
  position: z.ZodType<Position>,
): Position {
  try {
    const value = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (encodeCursor(value) === cursor) return value;
  } catch {
    // Told below like every other cursor that is not ours.
  }
  throw invalidInput([{ path: 'cursor', message: 'is not a cursor of this list' }]);
}
