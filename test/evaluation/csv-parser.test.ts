import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvSyntaxError, createCsvParser } from '../../src/evaluation/csv-parser.ts';

function parse(pieces: readonly string[]): { fields: readonly string[]; line: number }[] {
  const records: { fields: readonly string[]; line: number }[] = [];
  const parser = createCsvParser((fields, line) => records.push({ fields: [...fields], line }));
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return records;
}

const rows = (pieces: readonly string[]): (readonly string[])[] => parse(pieces).map(({ fields }) => fields);

describe('CSV', () => {
  it('reads quotes, CRLF, a byte order mark, empty lines and a last line without an end', () => {
    expect(parse(['\uFEFFa,"b ""c"", d"\r\n\r\n"two\nlines",x\n1,2'])).toEqual([
      { fields: ['a', 'b "c", d'], line: 1 }, { fields: ['two\nlines', 'x'], line: 3 }, { fields: ['1', '2'], line: 5 },
    ]);
  });

  it('keeps a byte order mark that is not at the start', () => {
    expect(rows(['a\n\uFEFFb'])).toEqual([['a'], ['\uFEFFb']]);
  });

  it('reads the same whatever the pieces', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '1'), maxLength: 6 });
    const record = fc.array(field, { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(fc.array(record, { maxLength: 6 }), fc.array(fc.nat(60), { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), (records, cuts, end, closed) => {
      const text = records.map((fields) => fields.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join(end) + (closed ? end : '');
      const places = [...new Set(cuts.filter((cut) => cut < text.length))].sort((a, b) => a - b);
      const pieces = [0, ...places].map((from, at) => text.slice(from, places[at] ?? text.length));
      expect(rows(pieces)).toEqual(records);
    }));
  });

  it.each([['a,b\n"open,1\n2,3', 2, 'not closed'], ['a\n\n"x"y\n', 3, 'closing quote'], ['a\n"x"\ry\n', 2, 'closing quote']])('names the line of %j', (text, line, words) => {
    let caught: unknown;
    try {
      parse([text]);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(CsvSyntaxError);
    expect((caught as CsvSyntaxError).line).toBe(line);
    expect((caught as CsvSyntaxError).message).toContain(words);
  });

  it('gives up on a record of more than 1 MiB', () => {
    const parser = createCsvParser(() => undefined);
    parser.push('head\n"');
    expect(() => {
      for (let piece = 0; piece < 40; piece += 1) parser.push('x'.repeat(1 << 16));
    }).toThrow(CsvSyntaxError);
  });
});
