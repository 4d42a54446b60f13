import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instantOfSerial, isDateFormat, parseInstant } from '../../services/customer-files/dates.ts';
import { columnLetters } from '../../services/customer-files/problems.ts';
import { day } from '../support/reading-files.ts';

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
