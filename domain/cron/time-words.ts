import type { CronFields } from './dialect.ts';
import { listed, listedRanges, stepOf } from './lists.ts';

/** More times than these are told as a rule where there is one. */
const TIMES_LISTED = 6;

interface TimeWords {
  words: string;
  /** Whether they say by themselves that it is every day: `every 5 minutes`. */
  allDay: boolean;
}

type Times = Pick<CronFields, 'hours' | 'minutes'>;

/** The times of a day: `at 09:00 and 17:00`, `every 15 minutes from 09:00 to 17:45`. */
export function timeWords({ hours, minutes }: Times): TimeWords {
  if (hours.length * minutes.length <= TIMES_LISTED) return { words: atTimes({ hours, minutes }), allDay: false };
  return minutes.length === 1 ? hourly(hours, minutes[0] ?? 0) : often({ hours, minutes });
}

const two = (value: number): string => String(value).padStart(2, '0');
const clock = (hour: number, minute: number): string => `${two(hour)}:${two(minute)}`;
const every = (count: number, unit: string): string => (count === 1 ? `every ${unit}` : `every ${count} ${unit}s`);

/** Whether values that far apart go round a dial of `size` without a rest. */
const goesRound = (values: readonly number[], step: number | null, size: number): step is number =>
  step !== null && size % step === 0 && values.length === size / step;

const atTimes = ({ hours, minutes }: Times): string =>
  `at ${listed(hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute))))}`;

const span = ({ hours, minutes }: Times): string =>
  `from ${clock(hours[0] ?? 0, minutes[0] ?? 0)} to ${clock(hours.at(-1) ?? 0, minutes.at(-1) ?? 0)}`;

/** One minute of many hours. */
function hourly(hours: number[], minute: number): TimeWords {
  const step = stepOf(hours);
  if (step === null) return { words: atTimes({ hours, minutes: [minute] }), allDay: false };
  if (minute === 0 && goesRound(hours, step, 24) && hours[0] === 0) return { words: every(step, 'hour'), allDay: true };
  if (hours.length === 24) return { words: `${past([minute])} every hour`, allDay: true };
  return { words: `${every(step, 'hour')} ${span({ hours, minutes: [minute] })}`, allDay: false };
}

/** Several minutes of an hour. */
function often({ hours, minutes }: Times): TimeWords {
  const step = stepOf(minutes);
  const even = goesRound(minutes, step, 60);
  const inRow = stepOf(hours) === 1;
  if (even && minutes[0] === 0 && hours.length === 24) return { words: every(step, 'minute'), allDay: true };
  if (step !== null && (hours.length === 1 || (even && inRow))) {
    return { words: `${every(step, 'minute')} ${span({ hours, minutes })}`, allDay: false };
  }
  if (hours.length === 24) return { words: `${past(minutes)} every hour`, allDay: true };
  if (inRow) return { words: `${past(minutes)} every hour ${span({ hours, minutes: [0] })}`, allDay: false };
  const inHours = listedRanges(hours, two);
  if (even) return { words: `${every(step, 'minute')} in the hours ${inHours}`, allDay: false };
  return { words: `${past(minutes)} the hours ${inHours}`, allDay: false };
}

const past = (minutes: readonly number[]): string =>
  `at ${listedRanges(minutes, String)} ${minutes.length === 1 && minutes[0] === 1 ? 'minute' : 'minutes'} past`;
