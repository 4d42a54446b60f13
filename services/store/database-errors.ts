import { DrizzleQueryError } from 'drizzle-orm';
import { ReveilleError, invalidInput } from '../../domain/errors.ts';

/**
 * SQLSTATEs after which the same call may succeed later: connection lost, server full, out of disk, shutting down or
 * starting, cancelled, and deadlocks. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY = /^(08|53|57|58|40001|40P01|25P03|55P03|55006)/;
/** Refusals that only the operator can mend: password, role, database, rights. */
const REFUSED = /^(28|3D000|42501)/;
/** A constraint that keeps rows apart (exclusion_violation). */
const EXCLUDED = '23P01';
/** What keeps bookings apart needs it. */
const EXTENSION = 'btree_gist';
/** Text that Postgres cannot keep at all, and values too long for an index. */
const UNSTORABLE = /^(22021|22P05|54)/;

function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error && 'severity' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** `unavailable` as every method of the store throws it; the cause is for the log, never for the message. */
export function storeUnavailable(cause: unknown): ReveilleError {
  return new ReveilleError('unavailable', whyAway(cause), { cause });
}

function whyAway(cause: unknown): string {
  // It stands in the way of a migration only, whose statement holds nothing of anybody.
  if (cause instanceof Error && cause.message.includes(EXTENSION)) {
    return `The database has no ${EXTENSION}, or this user may not create it: it is one of PostgreSQL's contrib modules.`;
  }
  return REFUSED.test(sqlStateOf(cause) ?? '')
    ? 'The database refuses this user or has no such database: check DATABASE_URL.'
    : 'The database is not available at the moment.';
}

/**
 * A failed statement as a ReveilleError, without the statement and its parameters, which hold personal data. Errors that
 * are not a statement's are given back as they are.
 */
export function storeError(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  const { cause } = error;
  const state = sqlStateOf(cause);
  // What the server did not say itself went wrong on the way to it.
  const isExtension = state !== undefined && cause instanceof Error && cause.message.includes(EXTENSION);
  if (state === undefined || isExtension || AWAY.test(state) || REFUSED.test(state)) return storeUnavailable(cause);
  if (state === EXCLUDED) return new ReveilleError('conflict', 'Something else has this time already.', { cause });
  if (UNSTORABLE.test(state)) {
    return invalidInput([{ path: '', message: 'a text is too long or holds characters that cannot be kept' }]);
  }
  return new ReveilleError('internal', 'The database refused a statement.', { cause });
}
