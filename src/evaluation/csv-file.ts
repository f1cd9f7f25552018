/** A CSV file, plain or gzip, read once: its records and the SHA-256 of its bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors.ts';
import { CsvSyntaxError, createCsvParser } from './csv-parser.ts';

/** The file as it was read. */
export interface FileIdentity {
  readonly name: string;
  /** SHA-256 of the bytes on disk (of the compressed ones when it is gzip), hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** RFC 1952 2.3.1: ID1, ID2. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const magic = Buffer.alloc(2);
    const { bytesRead } = await file.read(magic, 0, 2, 0);
    return bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Names file and line in what `onRecord` and the parser throw. */
function locate(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
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
    const parser = createCsvParser(onRecord);
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
    throw locate(error, name);
  }
  return { name, sha256: hash.digest('hex'), bytes };
}
