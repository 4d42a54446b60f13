import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { listCsvFiles, readCsvFile } from './csv-folder.ts';
import { isFileSystemError, Problems, unusable } from './problems.ts';
import { type RowSink, SheetReader } from './sheet-reader.ts';
import { CHURN_LABELS, CUSTOMERS, NPS_SURVEY, ORDERS, type Sheet, SUPPORT_TICKETS } from './sheets.ts';
import { XlsxArchive } from './xlsx-archive.ts';
import { readXlsxSheet } from './xlsx-sheet.ts';
import { readWorkbook } from './xlsx-workbook.ts';

const MAX_WORKBOOK_BYTES = 256 * 1024 * 1024;

/** Sheets of a workbook, or CSV files of a folder, whichever it is. */
interface Source {
  /** Names for a reader who looks for a sheet that is not there. */
  names: readonly string[];
  has(sheet: string): boolean;
  read(sheet: string, sink: RowSink, problems: Problems): Promise<void>;
}

async function openWorkbook(path: string): Promise<Source> {
  const file = basename(path);
  const archive = await XlsxArchive.open(file, await readFile(path));
  const workbook = await readWorkbook(archive, file);
  return {
    names: workbook.sheetNames,
    has: (sheet) => workbook.sheetParts.has(sheet),
    read: (sheet, sink) => readXlsxSheet(archive, file, workbook.sheetParts.get(sheet)!, workbook, sink),
  };
}

async function openFolder(path: string): Promise<Source> {
  const files = await listCsvFiles(path);
  return {
    names: [...files.keys()],
    has: (sheet) => files.has(sheet),
    read: (sheet, sink, problems) => readCsvFile(files.get(sheet)!, sheet, sink, problems),
  };
}

async function openSource(path: string): Promise<Source> {
  const file = basename(path);
  const found = await stat(path).catch(() => null);
  if (!found) throw unusable(file, 'there is no such file or folder');
  if (found.isDirectory()) return openFolder(path);
  if (!found.isFile()) throw unusable(file, 'is neither a file nor a folder');
  if (found.size > MAX_WORKBOOK_BYTES) throw unusable(file, `is larger than ${MAX_WORKBOOK_BYTES} bytes`);
  return openWorkbook(path);
}

/**
 * Reads an .xlsx workbook, or a folder of CSV files named after the sheets (docs/customers.md). `customers` must be
 * there; other sheets, other columns and empty cells need not. Other sheets and columns are ignored.
 * @throws ReveilleError `invalid_input` naming every wrong cell (the first 100), and then nothing was read.
 */
export async function readCustomerFiles(path: string): Promise<CustomerData> {
  try {
    return await readSource(await openSource(path), basename(path));
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    throw unusable(basename(path), `cannot be read (${error.code})`, error);
  }
}

async function readSource(source: Source, file: string): Promise<CustomerData> {
  const problems = new Problems();
  const read = async <Row extends { customerId: string }>(
    sheet: Sheet<Row>,
    known: ReadonlyMap<string, number> | null,
  ): Promise<SheetReader<Row>> => {
    const reader = new SheetReader(sheet, problems, known);
    if (!source.has(sheet.name)) return reader;
    await source.read(sheet.name, reader, problems);
    reader.end();
    return reader;
  };

  const customers = await read(CUSTOMERS, null);
  if (!source.has(CUSTOMERS.name)) {
    const names = source.names.slice(0, 20).join(', ') || 'none';
    problems.addSheet(CUSTOMERS.name, `this sheet is missing (sheets found: ${names})`);
  } else if (customers.rows.length === 0) {
    problems.addSheet(CUSTOMERS.name, 'has no rows');
  }
  // Without any customer each order would be one more error that says nothing new.
  const known = customers.rowOfId.size > 0 ? customers.rowOfId : null;
  const orders = await read(ORDERS, known);
  const supportTickets = await read(SUPPORT_TICKETS, known);
  const npsAnswers = await read(NPS_SURVEY, known);
  const churnLabels = await read(CHURN_LABELS, known);
  problems.throwIfAny(file);
  return {
    customers: customers.rows,
    orders: orders.rows,
    supportTickets: supportTickets.rows,
    npsAnswers: npsAnswers.rows,
    churnLabels: churnLabels.rows,
  };
}
