/**
 * Cells of CSV files: as RFC 4180 wants them, and so that no spreadsheet takes a text for a formula. A text that begins
 * like one gets an apostrophe before it (CWE-1236), which our own reader takes away again; numbers stay numbers.
 */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;
const formulaMark = /^'*[=+\-@\t\r]/u;
const guarded = /^'+[=+\-@\t\r]/u;

function cell(value: string | number): string {
  const text = String(value);
  const safe = typeof value === 'string' && formulaMark.test(text) && !decimal.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** With its line feed. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\n`;
}

/** A cell as it was before `csvLine` made it safe. */
export function plainCell(text: string): string {
  return guarded.test(text) ? text.slice(1) : text;
}
