import { offsetAt } from './transitions.ts';
import { LINKS, PLACES } from './zone-table.ts';

/** What people mean by what is no place: the largest one whose clocks are called so. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ est: 'America/New_York', edt: 'America/New_York', est5edt: 'America/New_York', et: 'America/New_York' },
    ...{ cst: 'America/Chicago', cdt: 'America/Chicago', cst6cdt: 'America/Chicago', ct: 'America/Chicago' },
    ...{ mst: 'America/Denver', mdt: 'America/Denver', mst7mdt: 'America/Denver', mt: 'America/Denver' },
    ...{ pst: 'America/Los_Angeles', pdt: 'America/Los_Angeles', pst8pdt: 'America/Los_Angeles' },
    ...{ pt: 'America/Los_Angeles', hst: 'Pacific/Honolulu', akst: 'America/Anchorage', akdt: 'America/Anchorage' },
    ...{ ast: 'America/Halifax', adt: 'America/Halifax', nst: 'America/St_Johns', brt: 'America/Sao_Paulo' },
    ...{ wet: 'Europe/Lisbon', west: 'Europe/Lisbon', bst: 'Europe/London', ist: 'Asia/Kolkata' },
    ...{ cet: 'Europe/Paris', cest: 'Europe/Paris', met: 'Europe/Paris', mest: 'Europe/Paris' },
    ...{ eet: 'Europe/Athens', eest: 'Europe/Athens', msk: 'Europe/Moscow', trt: 'Europe/Istanbul' },
    ...{ cat: 'Africa/Harare', eat: 'Africa/Nairobi', wat: 'Africa/Lagos', sast: 'Africa/Johannesburg' },
    ...{ gst: 'Asia/Dubai', pkt: 'Asia/Karachi', npt: 'Asia/Kathmandu', ict: 'Asia/Bangkok', wib: 'Asia/Jakarta' },
    ...{ sgt: 'Asia/Singapore', hkt: 'Asia/Hong_Kong', jst: 'Asia/Tokyo', kst: 'Asia/Seoul' },
    ...{ awst: 'Australia/Perth', acst: 'Australia/Adelaide', acdt: 'Australia/Adelaide' },
    ...{ aest: 'Australia/Sydney', aedt: 'Australia/Sydney', nzst: 'Pacific/Auckland', nzdt: 'Pacific/Auckland' },
  }),
);

const UNIVERSAL = ['gmt0', 'greenwich', 'uct', 'universal', 'zulu', 'z', 'utc'];

/** Among places with one offset, these are thought of first. */
const WELL_KNOWN = `
  Asia/Kolkata America/New_York America/Chicago America/Los_Angeles America/Sao_Paulo Europe/London Europe/Paris
  Europe/Athens Europe/Moscow Asia/Dubai Asia/Karachi Asia/Dhaka Asia/Bangkok Asia/Shanghai Asia/Tokyo
  Australia/Sydney Pacific/Auckland America/Denver America/Halifax America/Anchorage Pacific/Honolulu
`
  .trim()
  .split(/\s+/);

/** Why `name` is no zone, and which to write; `now` in epoch milliseconds. */
export function suggestZone(name: string, now: number): string {
  if (name === '') return 'is empty: write a zone such as America/New_York, or UTC';
  const bare = name.toLowerCase().replace(/^etc\//, '');
  const offset = parseOffset(bare, name.length !== bare.length);
  if (bare === 'gmt') return `"${name}" is not taken: write UTC, or Europe/London for British clocks`;
  if (UNIVERSAL.includes(bare) || offset === 0) return `"${name}" is not taken for universal time: write UTC`;
  if (offset !== null) {
    const place = placeAt(offset, now);
    return `"${name}" is an offset, which knows no change of clocks: write a place${place ? `, such as ${place}` : ''}`;
  }
  const meant = ABBREVIATIONS.get(bare);
  if (meant !== undefined) return `"${name}" is an abbreviation, not a place: write ${meant}, or another place`;
  const old = [...LINKS].find(([link]) => link.toLowerCase() === bare)?.[1];
  if (old !== undefined) return `"${name}" has no area: write ${old}`;
  const near = nearest(name);
  if (near !== null) return `"${name}" is not in tzdata: did you mean ${near}?`;
  return `"${name}" is not in tzdata: write a name such as Europe/Berlin or Asia/Kolkata, or UTC`;
}

/** Milliseconds east of UTC of `+05:30`, `utc+2`, `gmt-3`; null when it is none. Under Etc the sign means west. */
function parseOffset(text: string, underEtc: boolean): number | null {
  const match = /^(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d\d))?$/.exec(text);
  if (!match) return null;
  const [, sign, hours, minutes = 0] = match;
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return (sign === '-') === underEtc ? size : -size;
}

/** A place with this offset in all seasons, else now. */
function placeAt(offset: number, now: number): string | undefined {
  const half = now + 182 * 86_400_000;
  const has = (place: string): boolean => offsetAt(place, now) === offset;
  const keeps = (place: string): boolean => has(place) && offsetAt(place, half) === offset;
  return WELL_KNOWN.find(keeps) ?? WELL_KNOWN.find(has) ?? PLACES.find(keeps) ?? PLACES.find(has);
}

const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
const city = (name: string): string => letters(name.split('/').at(-1) ?? '');

/** The place that a slip of the pen, or a city without its area, stands for. */
function nearest(name: string): string | null {
  const known = [...PLACES.map((place) => [place, place] as const), ...LINKS].filter(([known]) => known.includes('/'));
  const sameCity = known.find(([link]) => city(link) === city(name));
  if (sameCity) return sameCity[1];
  const wanted = letters(name);
  const whole = name.includes('/');
  const allowed = Math.floor(wanted.length / 5);
  let [best, least] = [null as string | null, Math.min(allowed, 3) + 1];
  for (const [link, place] of known) {
    const distance = editDistance(wanted, whole ? letters(link) : city(link), least);
    if (distance < least) [best, least] = [place, distance];
  }
  return best;
}

/** Letters to add, leave out or change (Levenshtein); `limit` when it is that or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let index = 0; index < a.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (b[column - 1] === a[index] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] ?? limit, limit);
}
