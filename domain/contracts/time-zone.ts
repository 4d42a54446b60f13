import { z } from 'zod';
import { parseZone } from '../cron/zones.ts';
import { invalidInput } from '../errors.ts';

const NO_ZONE = 'must be an IANA time zone such as Asia/Kolkata, or UTC';

/** The zone's name as it is kept; null when it is none. */
function zoneOf(name: string, now: number): string | null {
  try {
    return parseZone(name, now);
  } catch {
    return null;
  }
}

/** An IANA zone as people write it, its case put right. What is wrong is not quoted: it may be a secret in the wrong place. */
export const timeZone = z.string().transform((name, context) => {
  const zone = zoneOf(name, Date.now());
  if (zone !== null) return zone;
  context.addIssue({ code: 'custom', message: NO_ZONE });
  return z.NEVER;
});

/** The zone in which somebody reads times, at `now` (epoch ms). @throws ReveilleError `invalid_input` at `timezone` */
export function readersZone(name: string, now: number): string {
  const zone = zoneOf(name, now);
  if (zone === null) throw invalidInput([{ path: 'timezone', message: NO_ZONE }]);
  return zone;
}
