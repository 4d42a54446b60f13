/**
 * The time of an activity: the clock of its machine, or the workflow's `at` (both ISO 8601) where that is later, as in time
 * that a test server skips, or on a machine whose clock is behind the server's.
 */
export const timeFrom = (at: string): string => new Date(Math.max(Date.parse(at), Date.now())).toISOString();
