import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import writeXlsxFile from 'write-excel-file/node';
import type { CustomerData } from '../../domain/customers/customer.ts';
import type { Writable } from './cells.ts';
import { escapeFormula, escapeXlsxText } from './escapes.ts';
import { isFileSystemError, unusable } from './problems.ts';
import { CHURN_LABELS, type Column, CUSTOMERS, NPS_SURVEY, ORDERS, type Sheet, SUPPORT_TICKETS } from './sheets.ts';

interface Table {
  name: string;
  /** The header row first. */
  rows: (Writable | null)[][];
}

function tableOf<Row>(sheet: Sheet<Row>, rows: readonly Row[]): Table {
  const columns = Object.entries(sheet.columns) as [keyof Row & string, Column<unknown>][];
  const values = rows.map((row) =>
    columns.map(([field, column]) => {
      const value = row[field];
      return value === null || value === undefined ? null : column.kind.write(value);
    }),
  );
  return { name: sheet.name, rows: [columns.map(([, column]) => column.headers[0]), ...values] };
}

function tablesOf(data: CustomerData): Table[] {
  return [
    tableOf(CUSTOMERS, data.customers),
    tableOf(ORDERS, data.orders),
    tableOf(SUPPORT_TICKETS, data.supportTickets),
    tableOf(NPS_SURVEY, data.npsAnswers),
    tableOf(CHURN_LABELS, data.churnLabels),
  ];
}

/** Writes beside `path` and moves into place, so that a crash leaves no half a file under the name. */
async function replaceFile(path: string, content: Buffer | string): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeWorkbook(path: string, tables: readonly Table[]): Promise<void> {
  const sheets = tables.map(({ name, rows }) => ({
    sheet: name,
    data: rows.map((row) => row.map((cell) => (typeof cell === 'string' ? escapeXlsxText(cell) : cell))),
    stickyRowsCount: 1,
  }));
  await replaceFile(path, await writeXlsxFile(sheets).toBuffer());
}

/** UTF-8 with its mark, for Excel; texts that a spreadsheet would take for a formula are escaped. */
function csvOf(table: Table): string {
  return stringify(table.rows, {
    bom: true,
    record_delimiter: 'windows',
    cast: { boolean: String, string: escapeFormula },
  });
}

/**
 * Writes `data` so that `readCustomerFiles` reads the same rows: an .xlsx workbook when `path` ends in .xlsx, else a
 * folder with one CSV file a sheet. Replaces files of the same names.
 * @throws ReveilleError `invalid_input` when nothing can be written there.
 */
export async function writeCustomerFiles(path: string, data: CustomerData): Promise<void> {
  try {
    await writeTables(path, tablesOf(data));
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    throw unusable(basename(path), `cannot be written (${error.code})`, error);
  }
}

async function writeTables(path: string, tables: readonly Table[]): Promise<void> {
  if (path.toLowerCase().endsWith('.xlsx')) {
    await mkdir(dirname(path), { recursive: true });
    await writeWorkbook(path, tables);
    return;
  }
  await mkdir(path, { recursive: true });
  for (const table of tables) await replaceFile(join(path, `${table.name}.csv`), csvOf(table));
}
