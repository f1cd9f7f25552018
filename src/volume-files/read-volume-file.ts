/** A CT volume from a MetaImage, NIfTI or NRRD file: Hounsfield units, LPS geometry, as if it had been assembled from DICOM. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createUnzip } from 'node:zlib';
import { uidFromName } from '../dicom/uid.ts';
import { AppError } from '../errors.ts';
import type { SliceReference, Volume, VolumeGeometry } from '../volume/types.ts';
import { add, scale } from '../volume/vec3.ts';
import { elementBytes } from './element-type.ts';
import type { Fault } from './faults.ts';
import type { DataPart, VolumeFileHeader } from './header.ts';
import { checkSize } from './limits.ts';
import { placeVolume } from './place.ts';
import { readHeader } from './read-header.ts';
import { createVoxelSink, type VoxelSink } from './voxel-sink.ts';

export interface VolumeFile {
  readonly volume: Volume;
  readonly format: VolumeFileHeader['format'];
  /** SHA-256 over the bytes of the header's file and of every data file beside it, in order. */
  readonly sha256: string;
  /** Names of all files that were read, the header's first. */
  readonly files: readonly string[];
}

export interface ReadVolumeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
/** Deflate makes at most so many bytes of one (RFC 1951: 258 of two bits). */
const mostInflation = 1040;

/** True for a name that this module reads: .mhd, .mha, .nii, .nii.gz, .nrrd, .nhdr. */
export function isVolumeFileName(path: string): boolean {
  return /\.(?:mhd|mha|nii|nii\.gz|nrrd|nhdr)$/iu.test(path);
}

/** The name without folder and ending: in LUNA16 the UID of the series. */
export function volumeFileStem(path: string): string {
  return basename(path).replace(/\.(?:mhd|mha|nii|nii\.gz|nrrd|nhdr)$/iu, '');
}

/** Bytes to pass over in a part, and whether what is left can hold its samples: decided before any memory is taken. */
function planPart(part: DataPart, fileBytes: number, expectedBytes: number, isPacked: boolean, fault: Fault): number {
  if (part.skipBytes === 'end') {
    if (isPacked) throw fault('VOLUME_FILE_UNSUPPORTED', 'compressed samples counted from the end of the file');
    if (fileBytes < expectedBytes) throw fault('VOLUME_FILE_TRUNCATED', `${part.file} holds ${fileBytes} bytes where the header says ${expectedBytes}`);
    return fileBytes - expectedBytes;
  }
  const rest = fileBytes - (isPacked && part.skipLines === 0 ? 0 : part.skipBytes);
  if (rest < (isPacked ? expectedBytes / mostInflation : expectedBytes)) {
    throw fault('VOLUME_FILE_TRUNCATED', `${part.file} holds ${Math.max(0, rest)} bytes of samples where the header says ${expectedBytes}`);
  }
  if (!isPacked && part.skipLines === 0 && rest > expectedBytes) throw fault('VOLUME_FILE_MALFORMED', `${part.file} holds ${rest} bytes of samples where the header says ${expectedBytes}`);
  return part.skipBytes;
}

/** Passes over lines, then bytes. */
function createSkipper(lines: number, bytes: number): (chunk: Buffer) => Buffer {
  let [linesLeft, bytesLeft] = [lines, bytes];
  return (chunk) => {
    let at = 0;
    while (linesLeft > 0 && at < chunk.length) {
      const newline = chunk.indexOf(10, at);
      at = newline < 0 ? chunk.length : newline + 1;
      if (newline >= 0) linesLeft -= 1;
    }
    if (linesLeft > 0) return chunk.subarray(chunk.length);
    const skipped = Math.min(bytesLeft, chunk.length - at);
    bytesLeft -= skipped;
    return chunk.subarray(at + skipped);
  };
}

interface PartSource {
  readonly path: string;
  readonly part: DataPart;
  readonly skipBytes: number;
  /** gzip as a whole: what is skipped is counted after decompression. */
  readonly isCompressed: boolean;
  /** The samples alone are compressed. */
  readonly isPacked: boolean;
}

async function streamPart(source: PartSource, sink: VoxelSink, hash: Hash, onBytes: (count: number) => void, signal: AbortSignal | undefined): Promise<void> {
  const skip = createSkipper(source.part.skipLines, source.skipBytes);
  const before = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      onBytes(chunk.length);
      const rest = source.isCompressed ? chunk : skip(chunk);
      if (rest.length > 0) yield rest;
    }
  };
  const after = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) sink.push(source.isCompressed ? skip(chunk) : chunk);
  };
  const file = createReadStream(source.path, { highWaterMark: 1 << 20 });
  const options = signal === undefined ? {} : { signal };
  if (source.isCompressed || source.isPacked) await pipeline(file, before, createUnzip({ chunkSize: 1 << 18 }), after, options);
  else await pipeline(file, before, after, options);
}

/** An error of the file system or of zlib with a code of ours. */
function translate(error: unknown, file: string, fault: Fault): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (error.name === 'AbortError') return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return fault('VOLUME_FILE_TRUNCATED', `the compressed samples of ${file} end too early`, error);
  if (code.startsWith('Z_')) return fault('VOLUME_FILE_MALFORMED', `the compressed samples of ${file} are damaged`, error);
  return fault('VOLUME_FILE_UNREADABLE', `${file} cannot be read: ${code === '' ? 'unknown reason' : code}`, error);
}

/** The slices have no images of their own; their UIDs are made from the content, so that the same file gives the same ones. */
function sliceReferences(geometry: VolumeGeometry, sha256: string): readonly SliceReference[] {
  return Array.from({ length: geometry.slices }, (_, k) => ({
    sopInstanceUID: uidFromName(`volume file ${sha256} slice ${k}`), sopClassUID: ctImageStorage,
    imagePositionPatient: add(geometry.origin, scale(geometry.sliceDirection, k * geometry.spacingMm[2])),
  }));
}

/**
 * Reads a volume. Columns run towards the left of the patient, rows towards the back, slices towards the head, as near as
 * the stored axes come to it; oblique and flipped volumes keep every voxel at its place.
 *
 * @throws AppError VOLUME_FILE_UNREADABLE, _MALFORMED, _TRUNCATED, _UNSUPPORTED, _TOO_LARGE, _GEOMETRY; the signal's reason when it aborts
 */
export async function readVolumeFile(path: string, { signal, onProgress }: ReadVolumeOptions = {}): Promise<VolumeFile> {
  signal?.throwIfAborted();
  const { header, isCompressed, fault } = await readHeader(path);
  const placement = placeVolume(header, fault);
  checkSize(placement.geometry, fault);
  const [ni, nj, nk] = header.size;
  const expectedBytes = ni * nj * nk * elementBytes[header.elementType] / header.parts.length;
  const isPacked = !isCompressed && header.compression !== 'none';
  const sources: PartSource[] = [];
  let allBytes = 0;
  for (const part of header.parts) {
    const partPath = join(dirname(path), part.file);
    let fileBytes: number;
    try {
      fileBytes = (await stat(partPath)).size;
    } catch (error) {
      throw translate(error, part.file, fault);
    }
    sources.push({ path: partPath, part, skipBytes: planPart(part, fileBytes, expectedBytes, isPacked || isCompressed, fault), isCompressed, isPacked });
    allBytes += fileBytes;
  }
  const hash = createHash('sha256');
  const name = basename(path);
  const own = header.parts.some(({ file }) => file === name);
  let done = 0;
  const sink = createVoxelSink(header, placement, fault);
  let current = name;
  try {
    if (!own) await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => { for await (const chunk of chunks) hash.update(chunk); });
    for (const source of sources) {
      current = source.part.file;
      await streamPart(source, sink, hash, (count) => { done += count; onProgress?.(done / allBytes); }, signal);
    }
    sink.end();
  } catch (error) {
    signal?.throwIfAborted();
    throw translate(error, current, fault);
  }
  const sha256 = hash.digest('hex');
  return {
    volume: { geometry: placement.geometry, hu: sink.hu, slices: sliceReferences(placement.geometry, sha256) },
    format: header.format, sha256, files: [...new Set([name, ...header.parts.map(({ file }) => file)])],
  };
}
