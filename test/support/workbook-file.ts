import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, type Zippable, zipSync } from 'fflate';

/** A cell as it stands in a sheet's XML: text goes inline, `xml` is the inside of `<c r="…" …>` with its attributes. */
export type RawCell = string | number | boolean | null | { attributes: string; content: string };

export interface WorkbookParts {
  sheets: Record<string, RawCell[][]>;
  date1904?: boolean;
  /** Custom number formats; cell style 1 is a built-in date, style 2 and on are these. */
  formats?: string[];
  sharedStrings?: string;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function cellXml(cell: RawCell, reference: string): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
  if (typeof cell === 'boolean') return `<c r="${reference}" t="b"><v>${Number(cell)}</v></c>`;
  if (typeof cell === 'string') return `<c r="${reference}" t="inlineStr"><is><t>${escape(cell)}</t></is></c>`;
  return `<c r="${reference}" ${cell.attributes}>${cell.content}</c>`;
}

/** Rows without cells are left out of the file, as spreadsheets do. */
function sheetXml(rows: RawCell[][]): string {
  const body = rows.map((cells, row) => {
    if (cells.length === 0) return '';
    const inside = cells.map((cell, column) => cellXml(cell, `${String.fromCharCode(65 + column)}${row + 1}`));
    return `<row r="${row + 1}">${inside.join('')}</row>`;
  });
  return `<worksheet><sheetData>${body.join('')}</sheetData></worksheet>`;
}

/** The parts of a small workbook, to be zipped as they are or spoilt first. */
export function workbookParts({
  sheets,
  date1904 = false,
  formats = [],
  sharedStrings,
}: WorkbookParts): Record<string, string> {
  const names = Object.keys(sheets);
  const type = (name: string): string => `http://schemas.openxmlformats.org/officeDocument/2006/relationships/${name}`;
  const relationship = (id: string, kind: string, target: string): string =>
    `<Relationship Id="${id}" Type="${type(kind)}" Target="${target}"/>`;
  const numberFormats = formats.map(
    (code, index) => `<numFmt numFmtId="${200 + index}" formatCode="${escape(code)}"/>`,
  );
  const cellFormats = ['0', '14', ...formats.map((_, index) => String(200 + index))];
  return {
    '_rels/.rels': `<Relationships>${relationship('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    'xl/_rels/workbook.xml.rels':
      `<Relationships>${names.map((_, index) => relationship(`s${index}`, 'worksheet', `worksheets/sheet${index}.xml`)).join('')}` +
      `${relationship('st', 'styles', 'styles.xml')}` +
      `${sharedStrings === undefined ? '' : relationship('ss', 'sharedStrings', '/xl/sharedStrings.xml')}</Relationships>`,
    'xl/workbook.xml':
      `<workbook xmlns:r="r"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>` +
      `${names.map((name, index) => `<sheet name="${escape(name)}" sheetId="${index + 1}" r:id="s${index}"/>`).join('')}</sheets></workbook>`,
    'xl/styles.xml':
      `<styleSheet><numFmts>${numberFormats.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
      `<cellXfs>${cellFormats.map((format) => `<xf numFmtId="${format}"/>`).join('')}</cellXfs></styleSheet>`,
    ...(sharedStrings === undefined ? {} : { 'xl/sharedStrings.xml': sharedStrings }),
    ...Object.fromEntries(names.map((name, index) => [`xl/worksheets/sheet${index}.xml`, sheetXml(sheets[name]!)])),
  };
}

export function zip(parts: Record<string, string>, level: 0 | 6 = 6): Buffer {
  const files: Zippable = Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]));
  return Buffer.from(zipSync(files, { level }));
}

/** Changes the unpacked size that an archive declares for one part, in its central directory. */
export function declareSize(archive: Buffer, part: string, size: number): Buffer {
  const changed = Buffer.from(archive);
  for (let at = changed.indexOf('PK\u0001\u0002'); at >= 0; at = changed.indexOf('PK\u0001\u0002', at + 1)) {
    const name = changed.subarray(at + 46, at + 46 + changed.readUInt16LE(at + 28)).toString();
    if (name === part) changed.writeUInt32LE(size, at + 24);
  }
  return changed;
}

/** Files of one test, removed with it. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), 'reveille-files-')));
  }

  async file(name: string, content: Buffer | string): Promise<string> {
    const path = join(this.path, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
