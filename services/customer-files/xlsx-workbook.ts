import { posix } from 'node:path';
import { isDateFormat } from './dates.ts';
import { unescapeXlsxText } from './escapes.ts';
import { unusable } from './problems.ts';
import { localName, type XlsxArchive } from './xlsx-archive.ts';

/** What is needed of a workbook before its sheets can be read. */
export interface Workbook {
  /** Part of each sheet by its name in lower case. */
  sheetParts: ReadonlyMap<string, string>;
  /** Names as the workbook writes them. */
  sheetNames: readonly string[];
  date1904: boolean;
  sharedStrings: readonly string[];
  /** Cell styles, by number, that show a date. */
  dateStyles: ReadonlySet<number>;
}

const MAX_SHARED_STRINGS = 10_000_000;

interface Relationship {
  type: string;
  target: string;
}

/** Relationships of a part, or of the package where `part` is '' (ECMA-376 part 2, 8), by id; targets are archive paths. */
async function readRelationships(archive: XlsxArchive, part: string): Promise<Map<string, Relationship>> {
  const folder = posix.dirname(part);
  const relationships = new Map<string, Relationship>();
  await archive.readXml(posix.join(folder, '_rels', `${posix.basename(part)}.rels`), {
    open: (name, { Id, Type, Target }) => {
      if (name !== 'Relationship' || !Id || !Type || !Target) return;
      // Type is a URI whose start differs between the two editions of the standard.
      const type = Type.slice(Type.lastIndexOf('/') + 1);
      const target = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
      relationships.set(Id, { type, target });
    },
  });
  return relationships;
}

async function readSharedStrings(archive: XlsxArchive, file: string, part: string): Promise<string[]> {
  const strings: string[] = [];
  let current = '';
  let inText = false;
  let inPhonetic = false;
  await archive.readXml(part, {
    open: (name) => {
      if (name === 'si') current = '';
      else if (name === 'rPh') inPhonetic = true;
      else if (name === 't') inText = !inPhonetic;
    },
    text: (text) => {
      if (inText) current += text;
    },
    close: (name) => {
      if (name === 't') inText = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'si') {
        if (strings.push(unescapeXlsxText(current)) > MAX_SHARED_STRINGS) throw unusable(file, 'has too many texts');
      }
    },
  });
  return strings;
}

async function readDateStyles(archive: XlsxArchive, part: string): Promise<Set<number>> {
  const codes = new Map<number, string>();
  const dateStyles = new Set<number>();
  let inCellFormats = false;
  let style = 0;
  await archive.readXml(part, {
    open: (name, attributes) => {
      if (name === 'numFmt') codes.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '');
      else if (name === 'cellXfs') inCellFormats = true;
      else if (name === 'xf' && inCellFormats) {
        const format = Number(attributes['numFmtId'] ?? 0);
        if (isDateFormat(format, codes.get(format))) dateStyles.add(style);
        style += 1;
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCellFormats = false;
    },
  });
  return dateStyles;
}

/** @throws ReveilleError `invalid_input` when the archive holds no workbook, or two sheets of one name. */
export async function readWorkbook(archive: XlsxArchive, file: string): Promise<Workbook> {
  if (!archive.has('_rels/.rels')) throw unusable(file, 'is a zip archive, but not an .xlsx workbook');
  const roots = [...(await readRelationships(archive, '')).values()];
  const part = roots.find((root) => root.type === 'officeDocument')?.target;
  if (!part?.endsWith('.xml')) throw unusable(file, 'is not an .xlsx workbook');
  const relationships = await readRelationships(archive, part);
  const sheetParts = new Map<string, string>();
  const sheetNames: string[] = [];
  let date1904 = false;
  await archive.readXml(part, {
    open: (name, attributes) => {
      if (name === 'workbookPr') date1904 = /^(1|true|on)$/.test(attributes['date1904'] ?? '');
      if (name !== 'sheet') return;
      const relationId = Object.entries(attributes).find(([key]) => key.includes(':') && localName(key) === 'id')?.[1];
      const relationship = relationships.get(relationId ?? '');
      const sheetName = (attributes['name'] ?? '').trim();
      if (relationship?.type !== 'worksheet') return;
      if (sheetParts.has(sheetName.toLowerCase())) throw unusable(file, `has two sheets named ${sheetName}`);
      sheetParts.set(sheetName.toLowerCase(), relationship.target);
      sheetNames.push(sheetName);
    },
  });
  const partOf = (type: string): string | undefined =>
    [...relationships.values()].find((relationship) => relationship.type === type)?.target;
  const strings = partOf('sharedStrings');
  const styles = partOf('styles');
  return {
    sheetParts,
    sheetNames,
    date1904,
    sharedStrings: strings ? await readSharedStrings(archive, file, strings) : [],
    dateStyles: styles ? await readDateStyles(archive, styles) : new Set(),
  };
}
