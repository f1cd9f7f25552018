/** Helpers for headers that are lines of text. */
import type { Fault } from './faults.ts';

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

/** Numbers parted by blanks or commas. @throws AppError VOLUME_FILE_MALFORMED for anything else, also for a wrong count */
export function numbersOf(text: string, what: string, count: number | undefined, fault: Fault): number[] {
  const words = text.trim().split(/[\s,]+/u);
  if (!words.every((word) => decimal.test(word)) || (count !== undefined && words.length !== count)) {
    throw fault('VOLUME_FILE_MALFORMED', `${what} is ${JSON.stringify(text.slice(0, 80))}${count === undefined ? '' : `, not ${count} number${count === 1 ? '' : 's'}`}`);
  }
  return words.map(Number);
}

/** A name of a file beside the header. Paths out of its folder are refused: a header from elsewhere must not choose what is read. */
export function neighbour(name: string, fault: Fault): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.includes('/') || trimmed.includes('\\') || trimmed.includes('\0') || trimmed === '..' || trimmed === '.') {
    throw fault('VOLUME_FILE_MALFORMED', `the data file ${JSON.stringify(trimmed.slice(0, 80))} is not a file beside the header`);
  }
  return trimmed;
}

const mostFiles = 10_000;

/** Names from a pattern as of printf with one number (`slice%03d.raw`), for numbers from … to … in steps. */
export function numberedFiles(pattern: string, from: number, to: number, step: number, fault: Fault): readonly string[] {
  const field = /^([^%]*)%(0?)(\d{0,2})d([^%]*)$/u.exec(pattern);
  if (field === null || step === 0 || ![from, to, step].every(Number.isSafeInteger)) throw fault('VOLUME_FILE_MALFORMED', `the pattern of file names ${JSON.stringify(pattern.slice(0, 80))} is not understood`);
  const count = Math.floor((to - from) / step) + 1;
  if (!(count >= 1 && count <= mostFiles)) throw fault('VOLUME_FILE_MALFORMED', 'the pattern of file names gives no file or too many');
  const [, before = '', zero, width, after = ''] = field;
  return Array.from({ length: count }, (_, n) => before + String(from + n * step).padStart(Number(width), zero === '0' ? '0' : ' ') + after);
}
