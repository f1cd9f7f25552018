/** Comma-separated values as in RFC 4180, fed in pieces of text of any size. */

/** Longer than any record of a table: an unclosed quote must not swallow the rest of a large file. */
const maxRecordLength = 1 << 20;

/** What is wrong with the text, at the line (counted from 1) where the record begins. */
export class CsvSyntaxError extends Error {
  override readonly name = 'CsvSyntaxError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export interface CsvParser {
  push(text: string): void;
  /** Ends the text; the last record needs no line end. */
  end(): void;
}

/** A record that begins at `start` and holds a quote: its fields and the place after its line end; undefined when the text ends within it. */
function readQuotedRecord(text: string, start: number, line: number, last: boolean): { fields: string[]; next: number } | undefined {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      let from = at + 1;
      for (;;) {
        const close = text.indexOf('"', from);
        if (close < 0 || (close === text.length - 1 && !last)) {
          if (last) throw new CsvSyntaxError('a quoted field is not closed', line);
          return undefined;
        }
        field += text.slice(from, close);
        if (text[close + 1] !== '"') {
          at = close + 1;
          break;
        }
        field += '"';
        from = close + 2;
      }
    } else {
      const begin = at;
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') at += 1;
      field = text.slice(begin, at);
      if (text[at] === '\n' && field.endsWith('\r')) field = field.slice(0, -1);
    }
    fields.push(field);
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    if (text[at] === '\r' && (at + 1 < text.length || last)) at += 1;
    if (at >= text.length) return last ? { fields, next: at } : undefined;
    if (text[at] === '\n') return { fields, next: at + 1 };
    if (text[at] === '\r') return undefined;
    throw new CsvSyntaxError('text follows a closing quote', line);
  }
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/**
 * Calls `onRecord` with the fields of each record and the line it begins at. Quoted fields may hold commas, quotes and
 * line ends; line ends are LF or CRLF; empty lines are passed over; a byte order mark at the start is dropped.
 *
 * @throws CsvSyntaxError an unclosed quote, text after a closing quote, a record longer than 1 MiB
 */
export function createCsvParser(onRecord: (fields: readonly string[], line: number) => void): CsvParser {
  let rest = '';
  let line = 1;
  let begun = false;

  function drain(text: string, last: boolean): void {
    let start = 0;
    while (start < text.length) {
      const newline = text.indexOf('\n', start);
      if (newline < 0 && !last) break;
      const end = newline < 0 ? text.length : newline;
      const content = text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end);
      if (!content.includes('"')) {
        if (content.length > maxRecordLength) throw new CsvSyntaxError('the record is too long', line);
        if (content !== '') onRecord(content.split(','), line);
        start = end + 1;
        line += 1;
        continue;
      }
      const record = readQuotedRecord(text, start, line, last);
      if (record === undefined) break;
      onRecord(record.fields, line);
      line += Math.max(1, countLines(text, start, record.next));
      start = record.next;
    }
    rest = text.slice(start);
    if (rest.length > maxRecordLength) throw new CsvSyntaxError('the record is too long, or a quote is not closed', line);
  }

  return {
    push(text) {
      if (text === '') return;
      drain(rest + (!begun && text.startsWith('\uFEFF') ? text.slice(1) : text), false);
      begun = true;
    },
    end() {
      drain(rest, true);
    },
  };
}
