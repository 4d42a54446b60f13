import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { CUSTOMERS, failsWith, failure, readBytes, readCsv } from '../support/reading-files.ts';
import { declareSize, TemporaryFolder, workbookParts, zip } from '../support/workbook-file.ts';

describe('a file that is no sound workbook', () => {
  const sound = workbookParts({ sheets: { customers: CUSTOMERS } });
  const sheet = 'xl/worksheets/sheet0.xml';
  const refused = async (content: Buffer | string, words: RegExp): Promise<void> => {
    const error = await failure(readBytes(content));
    assert.match(error.message, words);
    assert.match(error.message, /^book\.xlsx: /);
  };

  it('is refused when it is missing, empty, or something else', async () => {
    await using folder = await TemporaryFolder.create();
    assert.match((await failure(readCustomerFiles(join(folder.path, 'none.xlsx')))).message, /no such file/);
    await refused('', /the file is empty/);
    await refused('customer_id,lifetime_value\nC1,1\n', /not a zip archive/);
    await refused(zip({ 'readme.txt': 'hello' }), /a zip archive, but not an \.xlsx workbook/);
    await refused(zip({ ...sound, '_rels/.rels': '<Relationships/>' }), /is not an \.xlsx workbook/);
  });

  it('is refused when it is encrypted, or an old .xls', async () => {
    const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(1_024)]);
    await refused(ole, /old \.xls workbook/);
    await refused(Buffer.concat([ole, Buffer.from('EncryptedPackage', 'utf16le')]), /is encrypted with a password/);
  });

  it('is refused when it is cut off, altered, or lacks a part', async () => {
    await refused(zip(sound).subarray(0, 600), /is damaged/);
    const altered = zip(sound, 0);
    altered.write('9', altered.indexOf('<v>10</v>') + 3);
    await refused(altered, /is damaged \(part xl\/worksheets\/sheet0\.xml\)/);
    const { [sheet]: _, ...without } = sound;
    await refused(zip(without), /it has no part xl\/worksheets\/sheet0\.xml/);
    await refused(zip({ ...sound, [sheet]: '<worksheet><sheetData><row r="1">' }), /is damaged/);
    await refused(
      zip({ ...sound, [sheet]: '<worksheet><row r="9999999"/></worksheet>' }),
      /is damaged \(a row 9999999\)/,
    );
    await refused(zip({ ...sound, [sheet]: '<worksheet><row r="1"><c r="ZZZZ1"/></row></worksheet>' }), /a cell ZZZZ1/);
  });

  it('is refused as a bomb before it unpacks, also when it lies about its size', async () => {
    await refused(declareSize(zip(sound), sheet, 0xf0000000), /unpacks to more than is read/);
    const large = zip({ ...sound, [sheet]: `<worksheet>${' '.repeat(20_000_000)}</worksheet>` });
    assert.ok(large.length < 50_000);
    await refused(declareSize(large, sheet, 1_000), /is damaged/);
  });

  it('is refused when its XML defines entities of its own', async () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><c r="A1"><v>&b;</v></c></worksheet>';
    await refused(zip({ ...sound, [sheet]: bomb }), /is damaged/);
  });

  it('is refused when two sheets have one name', async () => {
    const workbook = sound['xl/workbook.xml']!.replace(/(<sheet [^>]*\/>)/, '$1$1');
    await refused(zip({ ...sound, 'xl/workbook.xml': workbook }), /two sheets named customers/);
  });
});

describe('a folder of CSV files', () => {
  const plain = 'customer_id,lifetime_value,city\r\nC1,10,"Delhi, ""old"""\r\n\r\nC2,20,\r\n';
  const cities = async (content: string | Buffer): Promise<(string | null)[]> =>
    (await readCsv({ 'customers.csv': content })).customers.map((one) => one.city);

  it('is read in UTF-8 with and without its mark, and in UTF-16 with it', async () => {
    const expected = ['Delhi, "old"', null];
    assert.deepEqual(await cities(plain), expected);
    assert.deepEqual(await cities(`\uFEFF${plain}`), expected);
    const littleEndian = Buffer.from(`\uFEFF${plain}`, 'utf16le');
    assert.deepEqual(await cities(littleEndian), expected);
    assert.deepEqual(await cities(Buffer.from(littleEndian).swap16()), expected);
  });

  it('is refused in UTF-16 without its mark, and in no encoding at all', async () => {
    const words = /customers\.csv: is not text in UTF-8/;
    assert.match((await failure(readCsv({ 'customers.csv': Buffer.from(plain, 'utf16le') }))).message, words);
    assert.match(
      (await failure(readCsv({ 'customers.csv': Buffer.from('customer_id\n\xe9', 'latin1') }))).message,
      words,
    );
  });

  it('may use semicolons or tabs, and any case in its names', async () => {
    const data = await readCsv({
      'Customers.CSV': 'customer_id;lifetime_value\nC1;10\n',
      'orders.csv': 'order_id\tcustomer_id\nO1\tC1\n',
      'other.txt': 'ignored',
    });
    assert.equal(data.orders[0]?.customerId, 'C1');
  });

  it('is refused with ragged rows, named by their row', async () => {
    await failsWith(readCsv({ 'customers.csv': 'customer_id,lifetime_value\nC1,10\nC2\n\nC3,1,2\n' }), [
      ['customers!3:3', /customers row 3: has 1 values where the header has 2/],
      ['customers!5:5', /customers row 5: has 3 values where the header has 2/],
    ]);
  });

  it('is refused with quotes out of place', async () => {
    await failsWith(readCsv({ 'customers.csv': 'customer_id,lifetime_value\nC1,10\n"C2,20\n' }), [
      ['customers!3:3', /a quote is opened and never closed/],
    ]);
    await failsWith(readCsv({ 'customers.csv': 'customer_id,lifetime_value\nC1,10\n"C2"x,20\n' }), [
      ['customers!3:3', /a closing quote is followed by more text/],
    ]);
  });

  it('is refused with wrong values as a workbook is, and when it is empty', async () => {
    await failsWith(
      readCsv({
        'customers.csv': 'customer_id,lifetime_value,signup_date\nC1,abc,2025-13-01\n',
        'nps_survey.csv': 'customer_id,nps_score\nC2,12\n',
      }),
      [
        ['customers!B2', /"abc" is not a number/],
        ['customers!C2', /"2025-13-01" is not a date/],
        ['nps_survey!A2', /no customer has the id "C2"/],
        ['nps_survey!B2', /"12" is not a whole number/],
      ],
    );
    await failsWith(readCsv({}), [['customers', /this sheet is missing \(sheets found: none\)/]]);
    await failsWith(readCsv({ 'customers.csv': '' }), [
      ['customers', /is empty/],
      ['customers', /has no rows/],
    ]);
  });
});
