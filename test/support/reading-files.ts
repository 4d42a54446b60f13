import assert from 'node:assert/strict';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { type RawCell, TemporaryFolder, type WorkbookParts, workbookParts, zip } from './workbook-file.ts';

export const HEADER = ['customer_id', 'lifetime_value', 'signup_date'];
export const CUSTOMERS: RawCell[][] = [HEADER, ['C1', 10, '2025-01-29'], ['C2', 20, null]];
export const day = (text: string): number => Date.parse(`${text}Z`);

export async function readBytes(content: Buffer | string, name = 'book.xlsx'): Promise<CustomerData> {
  await using folder = await TemporaryFolder.create();
  return await readCustomerFiles(await folder.file(name, content));
}

export const readSheets = (
  sheets: Record<string, RawCell[][]>,
  more: Partial<WorkbookParts> = {},
): Promise<CustomerData> => readBytes(zip(workbookParts({ sheets, ...more })));

export async function readCsv(files: Record<string, string | Buffer>): Promise<CustomerData> {
  await using folder = await TemporaryFolder.create();
  for (const [name, content] of Object.entries(files)) await folder.file(name, content);
  return await readCustomerFiles(folder.path);
}

/** The error of a read that must fail, which must be one a user may see. */
export async function failure(read: Promise<CustomerData>): Promise<ReveilleError> {
  const error = await read.then(
    () => assert.fail('it was read'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ReveilleError)) throw error;
  assert.equal(error.code, 'invalid_input');
  assert.ok(error.errors.length > 0);
  return error;
}

/** Asserts that reading fails with exactly these errors, each `[path, words in its message]`. */
export async function failsWith(read: Promise<CustomerData>, expected: [string, RegExp][]): Promise<void> {
  const { errors, message } = await failure(read);
  assert.deepEqual(
    errors.map((error) => error.path),
    expected.map(([path]) => path),
    message,
  );
  expected.forEach(([, words], index) => {
    assert.match(errors[index]!.message, words);
    if (index < 10) assert.match(message, words);
  });
}
