import { dayWords } from './day-words.ts';
import { parseCron } from './dialect.ts';
import { localTime } from './fires.ts';
import { timeWords } from './time-words.ts';
import type { EveryTiming, Timing } from './timing.ts';

/** A timing in plain words: `at 02:00 every day, New York time`, `every 5 minutes`. */
export function describeTiming(timing: Timing): string {
  if (!('cron' in timing)) return describeEvery(timing);
  const fields = parseCron(timing.cron);
  const time = timeWords(fields);
  const day = dayWords(fields);
  const when = day === 'every day' && time.allDay ? time.words : `${time.words} ${day}`;
  return `${when}, ${zoneWords(timing.timezone)}`;
}

const UNITS = [
  // 24 hours stay hours: a day on the clock may have 23.
  { size: 86_400_000, least: 2, name: 'day' },
  { size: 3_600_000, least: 1, name: 'hour' },
  { size: 60_000, least: 1, name: 'minute' },
  { size: 1_000, least: 1, name: 'second' },
] as const;

function describeEvery({ every, anchor, timezone }: EveryTiming): string {
  const { size, name } = UNITS.find((unit) => every % unit.size === 0 && every >= unit.size * unit.least) ?? UNITS[3];
  const interval = every === size ? `every ${name}` : `every ${every / size} ${name}s`;
  if (anchor === null) return interval;
  const [day = '', time = ''] = localTime(anchor, timezone).split('T');
  return `${interval}, counted from ${day} ${time.slice(0, 8).replace(/:00$/, '')}, ${zoneWords(timezone)}`;
}

function zoneWords(timezone: string): string {
  return timezone === 'UTC' ? 'UTC' : `${timezone.split('/').at(-1)?.replaceAll('_', ' ')} time`;
}
