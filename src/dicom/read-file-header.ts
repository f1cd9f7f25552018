/** The header of a Part 10 file on disk, from no more bytes than it takes. */
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { parseHeader, type ParsedInstance } from './parse.ts';

const firstReadBytes = 128 * 1024;

/** @throws AppError DICOM_TRUNCATED when the file ends before that */
export async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new AppError('DICOM_TRUNCATED', 'the file is shorter than its header says');
    done += bytesRead;
  }
  return bytes;
}

/** @throws AppError as `parseHeader` */
export async function headerOfOpenFile(file: FileHandle, sizeBytes: number): Promise<ParsedInstance> {
  let wantedBytes = Math.min(sizeBytes, firstReadBytes);
  for (;;) {
    const result = parseHeader(await readExactly(file, 0, wantedBytes), sizeBytes);
    if (result.kind === 'done') return result.instance;
    wantedBytes = result.bytes;
  }
}

/** @throws AppError as `parseHeader` (DICOM_NOT_PART10 for a file of any other kind); errors of the file system */
export async function readFileHeader(path: string): Promise<ParsedInstance> {
  const file = await open(path);
  try {
    return await headerOfOpenFile(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** The same, undefined for a file that is no DICOM file. @throws AppError of a broken one; errors of the file system */
export async function readHeaderIfDicom(path: string): Promise<ParsedInstance | undefined> {
  try {
    return await readFileHeader(path);
  } catch (error) {
    if (error instanceof AppError && error.code === 'DICOM_NOT_PART10') return undefined;
    throw error;
  }
}
