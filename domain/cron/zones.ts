import { invalidInput } from '../errors.ts';
import { offsetAt } from './transitions.ts';
import { suggestZone } from './zone-suggestions.ts';
import { LINKS, PLACES } from './zone-table.ts';

/** Every name that is taken, in small letters, with what it is from then on. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...[...LINKS].filter(([link]) => link.includes('/')).map(([link, place]) => [link.toLowerCase(), place] as const),
  ...PLACES.map((place) => [place.toLowerCase(), place] as const),
  ['utc', 'UTC'],
  ['etc/utc', 'UTC'],
]);

/**
 * The one name that a zone goes by: a name of tzdata's zone.tab stays what it is, with its case put right; other links
 * lead to theirs. `now` (epoch milliseconds) serves to find a place with a given offset.
 * @throws ReveilleError `invalid_input` at `timezone`, with what to write instead
 */
export function parseZone(name: string, now: number): string {
  const written = name.trim();
  const zone = NAMES.get(written.toLowerCase());
  if (zone === undefined) throw refused(suggestZone(written, now));
  if (!isKnownToIntl(zone)) throw refused(`${zone} is newer than the tzdata of this Node.js: update Node.js`);
  return zone;
}

function isKnownToIntl(zone: string): boolean {
  try {
    offsetAt(zone, 0);
    return true;
  } catch {
    return false;
  }
}

const refused = (message: string) => invalidInput([{ path: 'timezone', message }]);
