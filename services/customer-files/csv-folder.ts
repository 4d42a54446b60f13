import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import type { Cell } from './cells.ts';
import { unescapeFormula } from './escapes.ts';
import { type Problems, unusable } from './problems.ts';
import type { RowSink } from './sheet-reader.ts';

const MAX_CSV_BYTES = 256 * 1024 * 1024;

/** The folder's CSV files: path by sheet name in lower case. */
export async function listCsvFiles(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder);
  const csv = names.filter((name) => name.toLowerCase().endsWith('.csv')).sort();
  return new Map(csv.map((name) => [name.slice(0, -'.csv'.length).toLowerCase(), join(folder, name)]));
}

/** @throws ReveilleError `invalid_input` when the bytes are neither UTF-8 nor UTF-16 with its byte order mark. */
function decode(file: string, content: Buffer): string {
  const [first, second] = content;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  const notText = 'is not text in UTF-8 (or in UTF-16 with a byte order mark)';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch (error) {
    throw unusable(file, notText, error);
  }
  // UTF-16 without its mark is valid UTF-8 with a NUL for every other character.
  if (text.includes('\0')) throw unusable(file, notText);
  return text;
}

/** Spreadsheets of many countries write semicolons, and tabs in what they call Unicode text. */
function delimiterOf(text: string): string {
  const header = /^.*$/m.exec(text.trimStart())?.[0] ?? '';
  return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

function cellOf(value: string): Cell {
  return unescapeFormula(value).trim() || undefined;
}

const QUOTE_PROBLEMS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a closing quote is followed by more text',
  INVALID_OPENING_QUOTE: 'a quote stands inside a value that does not start with one',
};

/**
 * Reads one CSV file (RFC 4180) into `sink`. Row numbers are a spreadsheet's: a record over several lines is one row.
 * Every row must have as many values as the header; blank lines are passed over.
 * @throws ReveilleError `invalid_input` when the file is too large or no text.
 */
export async function readCsvFile(path: string, sheet: string, sink: RowSink, problems: Problems): Promise<void> {
  const file = `${sheet}.csv`;
  if ((await stat(path)).size > MAX_CSV_BYTES) throw unusable(file, `is larger than ${MAX_CSV_BYTES} bytes`);
  const text = decode(file, await readFile(path));
  let row = 0;
  let width: number | null = null;
  const takeRecord = (record: string[]): null => {
    row += 1;
    const cells = record.map(cellOf);
    const blank = cells.every((cell) => cell === undefined);
    if (!blank && width === null) width = record.length;
    if (blank || record.length === width) sink.takeRow(row, cells);
    else problems.addRow(sheet, row, `has ${record.length} values where the header has ${width}`);
    return null;
  };
  try {
    parse(text, {
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: false,
      on_record: takeRecord,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    problems.addRow(sheet, row + 1, QUOTE_PROBLEMS[error.code] ?? 'is not well-formed CSV');
  }
}
