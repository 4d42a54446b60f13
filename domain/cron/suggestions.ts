import type { Field } from './fields.ts';

const LAYOUT = 'minute, hour, day, month, weekday';

/** What is wrong with a wrong number of fields, and what to write; `isCron` says whether five fields mean something. */
export function suggestCount(written: readonly string[], isCron: (text: string) => boolean): string {
  const count = written.length;
  const joined = written.join(' ');
  if (/^(?:CRON_)?TZ=/i.test(joined)) return `${written[0]}: a zone does not go here: give it as timezone`;
  const glued = joined.replace(/\s*,\s*/g, ',');
  if (glued !== joined && isCron(glued)) return `has blanks inside a list: write "${glued}"`;
  if (count < 5) return `has ${count} of five fields: write ${LAYOUT}, such as "0 9 * * *"`;
  const candidates = [written.slice(1), written.slice(0, -1), written.slice(1, -1)];
  const meant = candidates.map((fields) => fields.join(' ').replaceAll('?', '*')).find(isCron);
  const extra = count === 6 ? 'six fields, one too many' : `${count} fields`;
  return `has ${extra}, and seconds and years are not taken: write five (${LAYOUT}), ${meant === undefined ? 'such as "0 9 * * *"' : `here "${meant}"`}`;
}

/** What is wrong with a part of a field that is no value, range or step, and what to write. */
export function suggestPart(field: Field, part: string): string {
  const ofDays = field.name.startsWith('day');
  const name = field.names.find((short) => part.length > 3 && part.toLowerCase().startsWith(short));
  if (part === '') return 'there is nothing between the commas: leave one comma out';
  if (part.includes('?')) return '? is not taken: write * for any';
  if (part.includes('~')) return '~ is not taken: name a time, or spread the starts with jitter';
  if (ofDays && part.includes('#')) return `# is not taken: write the weekday alone, ${part.split('#')[0] || 'fri'}`;
  if (ofDays && /^l(?:w|-\d+)?$/i.test(part)) {
    return 'L (the last day) is not taken: write 28, which every month has, or 1 for the day after the last';
  }
  if (ofDays && /l$/i.test(part)) return `L (the last) is not taken: write the weekday alone, ${part.slice(0, -1)}`;
  if (ofDays && /^\d+w$/i.test(part)) {
    return 'W (the nearest weekday) is not taken: write the day alone, or mon-fri as the day of week';
  }
  if (/^h(?:\(|\/|$)/i.test(part)) return 'H is not taken: name a value';
  if (part.startsWith('-')) return `it is out of range: use ${field.range}`;
  if (/[./]\d*\.|\.\d/.test(part)) return `only whole numbers are taken: use ${field.range}`;
  if (name !== undefined && /^[a-z]+$/i.test(part)) return `names have three letters: write ${name}`;
  return `it is not understood: use ${field.range}, ranges such as ${field.least}-${field.least + 4}, lists, or * with a step`;
}

/** A range that was written from late to early, as cron takes it. */
export function suggestRange(field: Field, from: number, to: number, step: number): string {
  if (step === 1) {
    if (field.most === 7 && to === 0) return `${from}-7`;
    const part = (low: number, high: number): string => (low === high ? `${low}` : `${low}-${high}`);
    return `${part(from, Math.min(field.most, field.least + field.size - 1))},${part(field.least, to)}`;
  }
  const values: number[] = [];
  for (let value = from; value <= to + field.size; value += step) {
    values.push(((value - field.least) % field.size) + field.least);
  }
  return values.join(',');
}
