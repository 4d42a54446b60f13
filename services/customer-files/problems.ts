import { type FieldError, ReveilleError } from '../../domain/errors.ts';

/** How many errors are kept, and how many of them the message spells out; the rest is counted. */
const MAX_KEPT = 100;
const MAX_SPELT_OUT = 10;

/** `A`, `B` … `Z`, `AA` …: a spreadsheet's name of a column, counted from 0. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}

/** `customers.xlsx: what is wrong`, for a file that cannot be read or written at all. */
export function unusable(file: string, what: string, cause?: unknown): ReveilleError {
  return new ReveilleError('invalid_input', `${file}: ${what}`, {
    errors: [{ path: file, message: what }],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An error of the operating system, such as EACCES, ENOSPC. */
export function isFileSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** Everything wrong with one file, in the order it was found. */
export class Problems {
  readonly #kept: FieldError[] = [];
  #count = 0;

  /** A cell, by its column counted from 0 and that column's name in the header row. */
  addCell(sheet: string, row: number, column: number, header: string, message: string): void {
    this.#add(`${sheet}!${columnLetters(column)}${row}`, `${sheet} row ${row}, column ${header}: ${message}`);
  }

  addRow(sheet: string, row: number, message: string): void {
    this.#add(`${sheet}!${row}:${row}`, `${sheet} row ${row}: ${message}`);
  }

  addSheet(sheet: string, message: string): void {
    this.#add(sheet, `${sheet}: ${message}`);
  }

  /** @throws ReveilleError `invalid_input` when there was any problem. */
  throwIfAny(file: string): void {
    if (this.#count === 0) return;
    const rest = (shown: number): string[] => (this.#count > shown ? [`and ${this.#count - shown} more`] : []);
    const spelt = this.#kept.slice(0, MAX_SPELT_OUT).map((error) => error.message);
    const errors = [...this.#kept, ...rest(this.#kept.length).map((message) => ({ path: '', message }))];
    const message = `${file} was not read: ${[...spelt, ...rest(spelt.length)].join('; ')}`;
    throw new ReveilleError('invalid_input', message, { errors });
  }

  #add(path: string, message: string): void {
    this.#count += 1;
    if (this.#kept.length < MAX_KEPT) this.#kept.push({ path, message });
  }
}
