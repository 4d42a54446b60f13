import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import { ReveilleError } from '../../domain/errors.ts';
import { instantOfSerial, isDateFormat, parseInstant } from '../../services/customer-files/dates.ts';
import { columnLetters } from '../../services/customer-files/problems.ts';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { writeCustomerFiles } from '../../services/customer-files/write.ts';
import {
  declareSize,
  type RawCell,
  TemporaryFolder,
  type WorkbookParts,
  workbookParts,
  zip,
} from '../support/workbook-file.ts';

const HEADER = ['customer_id', 'lifetime_value', 'signup_date'];
const CUSTOMERS: RawCell[][] = [HEADER, ['C1', 10, '2025-01-29'], ['C2', 20, null]];
const day = (text: string): number => Date.parse(`${text}Z`);

async function readBytes(content: Buffer | string, name = 'book.xlsx'): Promise<CustomerData> {
  await using folder = await TemporaryFolder.create();
  return await readCustomerFiles(await folder.file(name, content));
}

const readSheets = (sheets: Record<string, RawCell[][]>, more: Partial<WorkbookParts> = {}): Promise<CustomerData> =>
  readBytes(zip(workbookParts({ sheets, ...more })));

async function readCsv(files: Record<string, string | Buffer>): Promise<CustomerData> {
  await using folder = await TemporaryFolder.create();
  for (const [name, content] of Object.entries(files)) await folder.file(name, content);
  return await readCustomerFiles(folder.path);
}

/** The error of a read that must fail, which must be one a user may see. */
async function failure(read: Promise<CustomerData>): Promise<ReveilleError> {
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
async function failsWith(read: Promise<CustomerData>, expected: [string, RegExp][]): Promise<void> {
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

describe('what is written', () => {
  const asOf = Date.parse('2026-03-01T12:34:56.789Z');
  const sample = generateCustomers({ count: 60, seed: 3, asOf });
  const awkward: CustomerData = {
    ...sample,
    supportTickets: sample.supportTickets.map((ticket, index) => ({
      ...ticket,
      issueText: ['=1+1', '+44', '-5', "it's", 'a,b;c\t"d"\nsecond line', '<b> & _x0041_', 'தாமதம் 😀', "'=x"][
        index % 8
      ]!,
    })),
  };

  it('reads back the same from a workbook', async () => {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, 'new', 'sample.XLSX');
    await writeCustomerFiles(path, sample);
    assert.deepEqual(await readCustomerFiles(path), sample);
    assert.deepEqual(await readdir(join(folder.path, 'new')), ['sample.XLSX']);
  });

  it('reads back the same from a folder of CSV files, which it replaces', async () => {
    await using folder = await TemporaryFolder.create();
    await writeCustomerFiles(folder.path, { ...sample, orders: [] });
    await writeCustomerFiles(folder.path, awkward);
    assert.deepEqual((await readdir(folder.path)).sort(), [
      'churn_labels.csv',
      'customers.csv',
      'nps_survey.csv',
      'orders.csv',
      'support_tickets.csv',
    ]);
    assert.deepEqual(await readCustomerFiles(folder.path), awkward);
  });

  it('keeps awkward texts in a workbook', async () => {
    await using folder = await TemporaryFolder.create();
    const path = join(folder.path, 'awkward.xlsx');
    await writeCustomerFiles(path, awkward);
    assert.deepEqual(await readCustomerFiles(path), awkward);
  });
});

describe('a workbook', () => {
  it('needs no more than ids and lifetime values; what is not there is unknown', async () => {
    assert.deepEqual(
      await readSheets({
        customers: [
          ['customer_id', 'lifetime_value'],
          ['C1', 10],
        ],
      }),
      {
        customers: [
          {
            customerId: 'C1',
            firstName: null,
            lastName: null,
            email: null,
            phone: null,
            signupAt: null,
            country: null,
            city: null,
            segment: null,
            lifetimeValue: 10,
            avgOrderValue: null,
            preferredCategory: null,
            lastActiveAt: null,
            loyaltyTier: null,
            optInMarketing: false,
            language: null,
          },
        ],
        orders: [],
        supportTickets: [],
        npsAnswers: [],
        churnLabels: [],
      },
    );
  });

  it('may hold other sheets and columns, whatever is in them', async () => {
    const formula = { attributes: '', content: '<f>1/0</f><v>0</v>' };
    const data = await readSheets({
      notes: [['anything', 'anything'], [formula]],
      customers: [
        [null, 'Notes', ' Customer_ID ', 'lifetime_value', 'notes'],
        [null, formula, 'C1', 10, { attributes: 't="e"', content: '<v>#N/A</v>' }],
      ],
    });
    assert.deepEqual([data.customers[0]?.customerId, data.customers[0]?.lifetimeValue], ['C1', 10]);
  });

  it('reads shared strings, rich text without its readings, flags, numbers as text, and tickets by either header', async () => {
    const shared = (index: number): RawCell => ({ attributes: 't="s"', content: `<v>${index}</v>` });
    const data = await readSheets(
      {
        customers: [
          ['customer_id', 'lifetime_value', 'first_name', 'opt_in_marketing', 'language', 'phone'],
          ['C1', '12.5', shared(0), true, 'EN-gb', 15550100],
          ['C2', 1e3, shared(1), 'No', 'hi', null],
        ],
        support_tickets: [
          ['ticket_id', 'customer_id', 'issue_text', 'csat_score'],
          ['T1', 'C1', 'late', 4],
        ],
      },
      {
        sharedStrings:
          '<x:sst xmlns:x="m"><x:si><x:r><x:t>A</x:t></x:r><x:r><x:t>da_x0041_</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh></x:si>' +
          '<x:si><x:t xml:space="preserve"> Bo </x:t></x:si></x:sst>',
      },
    );
    assert.deepEqual(
      data.customers.map((one) => [one.firstName, one.lifetimeValue, one.optInMarketing, one.language, one.phone]),
      [
        ['AdaA', 12.5, true, 'en', '15550100'],
        ['Bo', 1000, false, 'hi', null],
      ],
    );
    assert.equal(data.supportTickets[0]?.issueText, 'late');
  });

  it('reads dates as text and as numbers of both date systems', async () => {
    const dates = (serials: number[]): Record<string, RawCell[][]> => ({
      customers: [
        HEADER,
        ...serials.map((serial, index): RawCell[] => [
          `C${index}`,
          1,
          { attributes: `s="${(index % 2) + 1}"`, content: `<v>${serial}</v>` },
        ]),
      ],
    });
    const formats = ['[$-409]d\\-mmm\\-yyyy;@'];
    const since1900 = await readSheets(dates([45_686, 45_686.5, 59, 61]), { formats });
    const expected = ['2025-01-29T00:00:00', '2025-01-29T12:00:00', '1900-02-28T00:00:00', '1900-03-01T00:00:00'];
    assert.deepEqual(
      since1900.customers.map((one) => one.signupAt),
      expected.map(day),
    );
    const since1904 = await readSheets(dates([45_686 - 1_462]), { formats, date1904: true });
    assert.equal(since1904.customers[0]?.signupAt, day('2025-01-29T00:00:00'));
    const text = await readSheets({ customers: [HEADER, ['C1', 1, '2025-01-29T01:02:03'], ['C2', 1, '2025-01-29']] });
    assert.deepEqual(
      text.customers.map((one) => one.signupAt),
      [day('2025-01-29T01:02:03'), day('2025-01-29T00:00:00')],
    );
  });

  it('reads on after blank rows, and names rows as the spreadsheet does', async () => {
    const data = await readSheets({ customers: [[], HEADER, ['C1', 10], [], ['  ', null], ['C2', 20]] });
    assert.deepEqual(
      data.customers.map((one) => one.customerId),
      ['C1', 'C2'],
    );
    await failsWith(readSheets({ customers: [[], HEADER, ['C1', 10], [], ['  ', null], ['C2', 'many']] }), [
      ['customers!B6', /customers row 6, column lifetime_value: "many" is not a number/],
    ]);
  });

  it('without the customers sheet, or without a row in it, is refused', async () => {
    await failsWith(
      readSheets({
        clients: CUSTOMERS,
        orders: [
          ['order_id', 'customer_id'],
          ['O1', 'C1'],
        ],
      }),
      [['customers', /this sheet is missing \(sheets found: clients, orders\)/]],
    );
    await failsWith(readSheets({ customers: [HEADER] }), [['customers', /has no rows/]]);
    await failsWith(readSheets({ customers: CUSTOMERS, orders: [] }), [['orders', /is empty/]]);
  });

  it('with missing or double headers is refused', async () => {
    await failsWith(
      readSheets({
        customers: [
          ['customer_id', 'value'],
          ['C1', 1],
        ],
      }),
      [
        ['customers!1:1', /row 1: the header has no column lifetime_value/],
        ['customers', /has no rows/],
      ],
    );
    await failsWith(
      readSheets({
        customers: [
          ['customer_id', 'lifetime_value', 'Email', 'email '],
          ['C1', 1],
        ],
        orders: [
          ['id', 'customer_id'],
          ['O1', 'C1'],
        ],
      }),
      [
        ['customers!D1', /column email: this header stands there twice/],
        ['customers', /has no rows/],
        ['orders!1:1', /no column order_id/],
      ],
    );
  });

  it('with ids twice, missing or of the wrong shape is refused', async () => {
    await failsWith(
      readSheets({ customers: [HEADER, ['C1', 1], ['C1', 2], [null, 3], ['ada@example.com', 4], ['C2', null]] }),
      [
        ['customers!A3', /customer_id: "C1" stands already in row 2/],
        ['customers!A4', /customer_id: is empty/],
        ['customers!A5', /"ada@example.com" must be 1 to 64 of/],
        ['customers!B6', /lifetime_value: is empty/],
      ],
    );
  });

  it('with rows of customers it does not have is refused', async () => {
    await failsWith(
      readSheets({
        customers: CUSTOMERS,
        orders: [
          ['order_id', 'customer_id'],
          ['O1', 'C1'],
          ['O2', 'C9'],
          ['O1', 'C2'],
        ],
        churn_labels: [['customer_id'], ['C2'], ['C2'], ['C8']],
      }),
      [
        ['orders!B3', /no customer has the id "C9"/],
        ['orders!A4', /"O1" stands already in row 2/],
        ['churn_labels!A3', /"C2" stands already in row 2/],
        ['churn_labels!A4', /no customer has the id "C8"/],
      ],
    );
  });

  it('with formulas or errors in columns that are read is refused', async () => {
    await failsWith(
      readSheets({
        customers: [
          HEADER,
          ['C1', { attributes: '', content: '<f>5+5</f><v>10</v>' }],
          ['C2', { attributes: 't="e"', content: '<v>#N/A</v>' }],
          ['C3', { attributes: 't="s"', content: '<v>99</v>' }],
        ],
      }),
      [
        ['customers!B2', /holds a formula/],
        ['customers!B3', /holds the error #N\/A/],
        ['customers!B4', /refers to a text that the workbook does not have/],
      ],
    );
  });

  it('with dates that do not exist, or numbers for dates, is refused', async () => {
    const dated = (serial: number): RawCell => ({ attributes: 's="1"', content: `<v>${serial}</v>` });
    await failsWith(
      readSheets({
        customers: [
          HEADER,
          ['C1', 1, '2025-02-30'],
          ['C2', 1, '29/01/2025'],
          ['C3', 1, 45_686],
          ['C4', 1, dated(60)],
          ['C5', 1, dated(-1)],
          ['C6', 1, '2025-01-29T24:00:00'],
          ['C7', dated(45_686), null],
        ],
      }),
      [
        ['customers!C2', /"2025-02-30" is not a date/],
        ['customers!C3', /"29\/01\/2025" is not a date/],
        ['customers!C4', /45686 is a number without a date format/],
        ['customers!C5', /60 is not a date/],
        ['customers!C6', /-1 is not a date/],
        ['customers!C7', /is not a date/],
        ['customers!B8', /"2025-01-29" is not a number/],
      ],
    );
  });

  it('with numbers out of bounds is refused', async () => {
    await failsWith(
      readSheets({
        customers: [HEADER, ['C1', 1], ['C2', -1], ['C3', 1e300], ['C4', '1e999'], ['C5', '1,5'], ['C6', 'NaN']],
        support_tickets: [
          ['ticket_id', 'customer_id', 'csat_score', 'sentiment_score'],
          ['T1', 'C1', 0, null],
          ['T2', 'C1', 5.1, 1.5],
        ],
        nps_survey: [
          ['customer_id', 'nps_score'],
          ['C1', 11],
          ['C1', -1],
          ['C1', 7.5],
          ['C1', null],
        ],
        churn_labels: [
          ['customer_id', 'is_churn', 'predicted_churn_score'],
          ['C1', 'maybe', 1.2],
        ],
      }),
      [
        ['customers!B3', /"-1" is not a number from 0 to/],
        ['customers!B4', /lifetime_value/],
        ['customers!B5', /"1e999"/],
        ['customers!B6', /"1,5"/],
        ['customers!B7', /"NaN"/],
        ['support_tickets!C2', /"0" is not a number from 1 to 5/],
        ['support_tickets!C3', /"5.1"/],
        ['support_tickets!D3', /"1.5" is not a number from -1 to 1/],
        ['nps_survey!B2', /"11" is not a whole number from 0 to 10/],
        ['nps_survey!B3', /"-1"/],
        ['nps_survey!B4', /"7.5"/],
        ['nps_survey!B5', /is empty/],
        ['churn_labels!B2', /"maybe" is not true or false/],
        ['churn_labels!C2', /"1.2" is not a number from 0 to 1/],
      ],
    );
  });

  it('with texts that no database or mail can hold is refused', async () => {
    await failsWith(
      readSheets({
        customers: [
          [...HEADER, 'city', 'language'],
          ['C1', 1, null, 'a_x0000_b', null],
          ['C2', 1, null, '_xD800_', null],
          ['C3', 1, null, 'x'.repeat(201), 'Hindi!'],
        ],
      }),
      [
        ['customers!D2', /holds control characters/],
        ['customers!D3', /lone surrogate/],
        ['customers!D4', /has 201 characters; at most 200/],
        ['customers!E4', /"Hindi!" is not a language code/],
      ],
    );
  });

  it('with very many errors names the first hundred and counts the rest', async () => {
    const rows = Array.from({ length: 250 }, (_, index): RawCell[] => [`C${index}`, 'x']);
    const { errors, message } = await failure(readSheets({ customers: [HEADER, ...rows] }));
    assert.equal(errors.length, 101);
    assert.equal(errors.at(-1)?.message, 'and 150 more');
    assert.match(message, /^book\.xlsx was not read: .*; and 240 more$/);
  });
});

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

describe('dates and columns of spreadsheets', () => {
  it('are read with and without time and zone, and only where they exist', () => {
    assert.equal(parseInstant('2024-02-29'), day('2024-02-29T00:00:00'));
    assert.equal(parseInstant('2025-01-29 01:02'), day('2025-01-29T01:02:00'));
    assert.equal(parseInstant('2025-01-29T01:02:03.4567Z'), day('2025-01-29T01:02:03.456'));
    assert.equal(parseInstant('2025-01-29T01:02:03+05:30'), day('2025-01-28T19:32:03'));
    for (const text of [
      '2025-02-29',
      '2025-00-10',
      '2025-1-2',
      '1899-12-31',
      '2200-01-01',
      '2025-01-29T25:00',
      '45686',
    ]) {
      assert.equal(parseInstant(text), undefined, text);
    }
    assert.equal(parseInstant('2025-01-29T01:02:60'), undefined);
    assert.equal(parseInstant('2025-01-29T01:02:03+15:00'), undefined);
  });

  it('have numbers to the second in both systems', () => {
    assert.equal(instantOfSerial(45_686 + 3_723 / 86_400, false), day('2025-01-29T01:02:03'));
    assert.equal(instantOfSerial(0, true), day('1904-01-01T00:00:00'));
    assert.equal(instantOfSerial(Number.NaN, false), undefined);
  });

  it('are told by their format', () => {
    for (const code of ['yyyy-mm-dd', 'd/m', '[h]:mm:ss', '[$-409]mmm yy;@']) assert.ok(isDateFormat(200, code), code);
    for (const code of ['General', '0.00', '"days" 0', '[Red]0', '\\d0', '_d0', '@']) {
      assert.ok(!isDateFormat(200, code), code);
    }
    assert.ok(isDateFormat(14, undefined) && isDateFormat(47, undefined) && !isDateFormat(49, undefined));
  });

  it('have letters beyond Z', () => {
    assert.deepEqual([0, 25, 26, 701, 702, 16_383].map(columnLetters), ['A', 'Z', 'AA', 'ZZ', 'AAA', 'XFD']);
  });
});
