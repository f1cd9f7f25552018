/** A CSV file, plain or gzip, read once: its records and the SHA-256 of its bytes. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { plainCell } from '../csv-text.ts';
import { AppError } from '../errors.ts';
import { isGzip } from '../is-gzip.ts';
import { CsvSyntaxError, createCsvParser } from './csv-parser.ts';

/** The file as it was read. */
export interface FileIdentity {
  readonly name: string;
  /** SHA-256 of the bytes on disk (of the compressed ones when it is gzip), hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Longer lines are not waited for. */
const longestLine = 1 << 20;

/** The first line that is not UTF-8, counted from 1. The file is read once more for it, so that good files need not be counted. */
async function lineOfBadText(path: string): Promise<number | undefined> {
  const gzip = await isGzip(path);
  const file = createReadStream(path);
  try {
    let line = 1;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of (gzip ? file.pipe(createGunzip()) : file) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        if (!isUtf8(bytes.subarray(start, end))) return line;
        start = end + 1;
        line += 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > longestLine) return line;
    }
    return isUtf8(rest) ? undefined : line;
  } finally {
    file.destroy();
  }
}

/** Names file and line in what `onRecord`, the decoder and the parser throw. */
async function locate(error: unknown, path: string): Promise<AppError> {
  if (error instanceof AppError) return error;
  const name = basename(path);
  if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const line = await lineOfBadText(path);
    return new AppError('EVALUATION_FILE_UNREADABLE', `${name}${line === undefined ? '' : `, line ${line}`}: text that is not UTF-8`, { cause: error, details: { file: name, ...(line !== undefined && { line }) } });
  }
  if (error instanceof CsvSyntaxError) {
    return new AppError('EVALUATION_CSV_MALFORMED', `${name}, line ${error.line}: ${error.message}`, { cause: error, details: { file: name, line: error.line } });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('EVALUATION_FILE_UNREADABLE', `${name} cannot be read: ${reason}`, { cause: error, details: { file: name } });
}

/**
 * Reads the file as a stream, so memory does not grow with it.
 *
 * @throws AppError EVALUATION_FILE_UNREADABLE (absent, not UTF-8, broken gzip), EVALUATION_CSV_MALFORMED, or what `onRecord` throws
 */
export async function readCsvFile(path: string, onRecord: (fields: readonly string[], line: number) => void): Promise<FileIdentity> {
  const name = basename(path);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const parser = createCsvParser((fields, line) => onRecord(fields.some((field) => field.startsWith("'")) ? fields.map(plainCell) : fields, line));
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const hashed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    const parse = async (source: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of source) parser.push(decoder.decode(chunk, { stream: true }));
      parser.push(decoder.decode());
      parser.end();
    };
    const gzip = await isGzip(path);
    const file = createReadStream(path, { highWaterMark: 1 << 18 });
    await (gzip ? pipeline(file, hashed, createGunzip(), parse) : pipeline(file, hashed, parse));
  } catch (error) {
    throw await locate(error, path);
  }
  return { name, sha256: hash.digest('hex'), bytes };
}
