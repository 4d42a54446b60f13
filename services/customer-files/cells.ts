import { identifier } from '../../domain/contracts/names.ts';
import type { EpochMs } from '../../domain/customers/customer.ts';
import { formatInstant, parseInstant } from './dates.ts';

/** What a reader finds wrong with a cell, in words that follow "row 7, column order_date:". */
export class Wrong {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A number that its workbook shows as a date. */
export class DateCell {
  readonly at: EpochMs;

  constructor(at: EpochMs) {
    this.at = at;
  }
}

/** A cell as a file has it; undefined is an empty one. */
export type Cell = string | number | boolean | DateCell | Wrong | undefined;
export type FilledCell = Exclude<Cell, undefined | Wrong>;
export type Writable = string | number | boolean;

/** How one kind of value is read from a cell and written to one. */
export interface Kind<Value> {
  read: (cell: FilledCell) => Value | Wrong;
  write: (value: Value) => Writable;
}

/** Excel's own limit on the text of a cell. */
const MAX_TEXT = 32_767;
// Tab and line feed may stand in a text; a database refuses NUL, and nobody misses the other ASCII controls.
const CONTROL_CHARACTERS = /[\p{Cc}--[\t\n\u0080-\u009f]]/v;
const PLAIN_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A cell's content as an error shows it, cut short. */
function shown(cell: FilledCell): string {
  const text = textOf(cell);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function textOf(cell: FilledCell): string {
  return cell instanceof DateCell ? formatInstant(cell.at) : String(cell);
}

/** Any text of at most `maxLength` characters. */
export function text(maxLength: number = MAX_TEXT): Kind<string> {
  return {
    read: (cell) => {
      const value = textOf(cell).replaceAll(/\r\n?/g, '\n');
      if (value.length > maxLength)
        return new Wrong(`has ${value.length} characters; at most ${maxLength} are allowed`);
      if (CONTROL_CHARACTERS.test(value)) return new Wrong('holds control characters');
      return value.isWellFormed() ? value : new Wrong('holds half a character (a lone surrogate)');
    },
    write: (value) => value,
  };
}

export const id: Kind<string> = {
  read: (cell) => {
    const parsed = identifier.safeParse(textOf(cell));
    return parsed.success ? parsed.data : new Wrong(`${shown(cell)} ${parsed.error.issues[0]?.message ?? 'is no id'}`);
  },
  write: (value) => value,
};

/** A finite number from `min` to `max`; `integer` refuses fractions. */
export function number(min: number, max: number, options: { integer?: boolean } = {}): Kind<number> {
  const what = `${options.integer ? 'a whole number' : 'a number'} from ${min} to ${max}`;
  return {
    read: (cell) => {
      const value = typeof cell === 'string' && PLAIN_NUMBER.test(cell) ? Number(cell) : cell;
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (!fits || (options.integer && !Number.isInteger(value))) return new Wrong(`${shown(cell)} is not ${what}`);
      return value + 0;
    },
    write: (value) => value,
  };
}

const FLAGS = new Map([
  ['true', true],
  ['yes', true],
  ['y', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['n', false],
  ['0', false],
]);

export const flag: Kind<boolean> = {
  read: (cell) => FLAGS.get(textOf(cell).toLowerCase()) ?? new Wrong(`${shown(cell)} is not true or false`),
  write: (value) => value,
};

/** A language code, kept as its primary subtag: `en-GB` is `en`. */
export const language: Kind<string> = {
  read: (cell) => {
    const subtag = /^([a-z]{2,3})([-_][a-z0-9]+)*$/i.exec(textOf(cell))?.[1];
    return subtag?.toLowerCase() ?? new Wrong(`${shown(cell)} is not a language code such as "en" or "hi"`);
  },
  write: (value) => value,
};

export const instant: Kind<EpochMs> = {
  read: (cell) => {
    if (cell instanceof DateCell) return cell.at;
    if (typeof cell === 'number') return new Wrong(`${cell} is a number without a date format`);
    return (
      parseInstant(textOf(cell)) ??
      new Wrong(`${shown(cell)} is not a date such as 2025-01-29 or 2025-01-29T01:02:03, from 1900 to 2199`)
    );
  },
  write: formatInstant,
};
