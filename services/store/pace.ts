import { and, eq, gte, lt, sql } from 'drizzle-orm';
import { oneOf } from './bulk.ts';
import type { Database } from './connection.ts';
import { scheduledActions } from './contact-schema.ts';
import { isOpen } from './follow-up-rows.ts';

/**
 * So many follow-ups of a workspace are tried within a second; more of one instant go on in the seconds after it. Timers that all
 * end at once take the server several times the work of the same spread over the time that sending them takes anyway.
 */
const MOST_PER_SECOND = 83;
const SECOND_MS = 1_000;
/** Of so many seconds it is read at once how full they are. */
const READ_SECONDS = 600;

const secondOf = (instant: string): number => Math.floor(Date.parse(instant) / SECOND_MS);
const instantOf = (second: number): string => new Date(second * SECOND_MS).toISOString();

/** How many follow-ups are tried in each second (since 1970) from the first to before the last. */
async function counted(
  database: Database,
  workspace: string,
  [first, last]: readonly [first: number, last: number],
  only?: readonly number[],
): Promise<[second: number, count: number][]> {
  const { nextAt } = scheduledActions;
  const second = sql<number>`floor(extract(epoch from ${nextAt}))::bigint`.mapWith(Number);
  const rows = await database
    .select({ second, count: sql<number>`count(*)`.mapWith(Number) })
    .from(scheduledActions)
    .where(
      and(
        eq(scheduledActions.workspace, workspace),
        isOpen,
        gte(nextAt, instantOf(first)),
        lt(nextAt, instantOf(last)),
        only && sql`${second}::text = ${oneOf(only.map(String))}`,
      ),
    )
    .groupBy(second);
  return rows.map((row) => [row.second, row.count]);
}

/** When each of those that are due at these instants (ISO 8601) is tried: never early, and none later than it has to be. */
export async function paced(database: Database, workspace: string, due: readonly string[]): Promise<string[]> {
  const seconds = [...new Set(due.map(secondOf))];
  if (seconds.length === 0) return [];
  const range = [Math.min(...seconds), Math.max(...seconds) + 1] as const;
  const taken = new Map(seconds.map((second) => [second, 0]));
  for (const [second, count] of await counted(database, workspace, range, seconds)) taken.set(second, count);

  async function takenIn(second: number): Promise<number> {
    const known = taken.get(second);
    if (known !== undefined) return known;
    const end = second + READ_SECONDS;
    const found = new Map(await counted(database, workspace, [second, end]));
    for (let each = second; each < end; each++) if (!taken.has(each)) taken.set(each, found.get(each) ?? 0);
    return taken.get(second) ?? 0;
  }

  const places: string[] = [];
  // Full seconds stay full: those that are due in one go on looking where the last of them found room.
  const lastOf = new Map<number, number>();
  for (const instant of due) {
    const own = secondOf(instant);
    let second = lastOf.get(own) ?? own;
    let before = await takenIn(second);
    while (before >= MOST_PER_SECOND) before = await takenIn(++second);
    taken.set(second, before + 1);
    lastOf.set(own, second);
    const within = (before * SECOND_MS) / MOST_PER_SECOND;
    places.push(second === own ? instant : new Date(second * SECOND_MS + within).toISOString());
  }
  return places;
}
