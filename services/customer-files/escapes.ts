/**
 * Characters that make a spreadsheet take a text for a formula; some programs take the full-width ones for the others.
 * `escape_formulas` of csv-stringify does the same, but not so that it can be undone.
 */
const FORMULA = /^'*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
const ESCAPED_FORMULA = /^'+[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A text as a CSV file holds it: with `'` before what a spreadsheet would run. */
export function escapeFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

export function unescapeFormula(text: string): string {
  return ESCAPED_FORMULA.test(text) ? text.slice(1) : text;
}

/** A text as a workbook holds it: `_x000D_` stands for a character that XML cannot hold (ECMA-376 part 1, 22.9.2.19). */
export function escapeXlsxText(text: string): string {
  return text.replaceAll(/_x[0-9A-Fa-f]{4}_/g, '_x005F$&');
}

export function unescapeXlsxText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
