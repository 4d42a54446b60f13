import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CustomerData } from '../../domain/customers/customer.ts';
import { generateCustomers } from '../../domain/customers/generator.ts';
import { readCustomerFiles } from '../../services/customer-files/read.ts';
import { writeCustomerFiles } from '../../services/customer-files/write.ts';
import { CUSTOMERS, day, failsWith, failure, HEADER, readSheets } from '../support/reading-files.ts';
import { type RawCell, TemporaryFolder } from '../support/workbook-file.ts';

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

  it('is refused where nothing can be written', async () => {
    await using folder = await TemporaryFolder.create();
    const file = await folder.file('a-file', 'x');
    for (const path of [file, join(file, 'sample.xlsx')]) {
      await assert.rejects(writeCustomerFiles(path, sample), { code: 'invalid_input', message: /cannot be written/ });
    }
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
