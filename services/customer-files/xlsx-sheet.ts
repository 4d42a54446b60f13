import { type Cell, DateCell, Wrong } from './cells.ts';
import { instantOfSerial, parseInstant } from './dates.ts';
import { unescapeXlsxText } from './escapes.ts';
import { unusable } from './problems.ts';
import type { RowSink } from './sheet-reader.ts';
import type { XlsxArchive } from './xlsx-archive.ts';
import type { Workbook } from './xlsx-workbook.ts';

/** Excel's own bounds. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;

/** `AB12` is column 27 (from 0); −1 when it is no cell reference. */
function columnOf(reference: string): number {
  let column = 0;
  let index = 0;
  for (; index < reference.length; index += 1) {
    const letter = reference.charCodeAt(index) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return index > 0 && column <= MAX_COLUMNS ? column - 1 : -1;
}

interface RawCell {
  type: string;
  style: number;
  hasFormula: boolean;
  /** What stands in `v`, or for inline text in `t`. */
  content: string;
}

function textCell(text: string): Cell {
  return text.trim() || undefined;
}

/** A cell's value by its type (ECMA-376 part 1, 18.18.11). */
function cellOf({ type, style, hasFormula, content }: RawCell, workbook: Workbook): Cell {
  if (hasFormula) return new Wrong('holds a formula; put its value in its place');
  switch (type) {
    case 's': {
      const text = content === '' ? undefined : workbook.sharedStrings[Number(content)];
      return text === undefined ? new Wrong('refers to a text that the workbook does not have') : textCell(text);
    }
    case 'inlineStr':
    case 'str':
      return textCell(unescapeXlsxText(content));
    case 'b':
      return content.trim() === '' ? undefined : content.trim() === '1' || content.trim() === 'true';
    case 'e':
      return new Wrong(`holds the error ${content}`);
    case 'd': {
      const at = parseInstant(content.trim());
      return at === undefined ? new Wrong(`${JSON.stringify(content.slice(0, 40))} is not a date`) : new DateCell(at);
    }
    default:
      return numberCell(content.trim(), workbook.dateStyles.has(style), workbook.date1904);
  }
}

function numberCell(content: string, isDate: boolean, date1904: boolean): Cell {
  if (content === '') return undefined;
  const value = Number(content);
  if (!Number.isFinite(value)) return new Wrong(`${JSON.stringify(content.slice(0, 40))} is not a number`);
  if (!isDate) return value;
  const at = instantOfSerial(value, date1904);
  return at === undefined ? new Wrong(`${value} is not a date from 1900 to 2199`) : new DateCell(at);
}

/**
 * Streams a sheet's rows into `sink`. Rows and cells that do not say where they stand follow the one before.
 * @throws ReveilleError `invalid_input` when the part cannot be read or its references make no sense.
 */
export async function readXlsxSheet(
  archive: XlsxArchive,
  file: string,
  part: string,
  workbook: Workbook,
  sink: RowSink,
): Promise<void> {
  let row = 0;
  let column = -1;
  let cells: Cell[] = [];
  let raw: RawCell = { type: 'n', style: 0, hasFormula: false, content: '' };
  let inContent = false;
  let inPhonetic = false;
  await archive.readXml(part, {
    open: (name, { r, t, s }) => {
      if (name === 'row') {
        row = r === undefined ? row + 1 : Number(r);
        if (!Number.isInteger(row) || row < 1 || row > MAX_ROWS) throw unusable(file, `is damaged (a row ${r})`);
        column = -1;
        cells = [];
      } else if (name === 'c') {
        column = r === undefined ? column + 1 : columnOf(r);
        if (column < 0 || column >= MAX_COLUMNS) throw unusable(file, `is damaged (a cell ${r ?? column})`);
        raw = { type: t ?? 'n', style: Number(s ?? 0), hasFormula: false, content: '' };
      } else if (name === 'f') raw.hasFormula = true;
      else if (name === 'rPh') inPhonetic = true;
      else if (name === 'v' || name === 't') inContent = !inPhonetic;
    },
    text: (text) => {
      if (inContent) raw.content += text;
    },
    close: (name) => {
      if (name === 'v' || name === 't') inContent = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'c') cells[column] = cellOf(raw, workbook);
      else if (name === 'row') sink.takeRow(row, cells);
    },
  });
}
