/** Completeness of a file of which only the header was parsed, by random access: memory stays small. */
import { AppError } from '../errors.ts';
import { byteSource } from './byte-source.ts';
import { parseOffsetTable, readFragments, readItemHeader } from './fragments.ts';
import type { Fragment, PixelDataLocation } from './pixel-data-location.ts';
import type { ParsedInstance } from './parse.ts';
import { checkPixelDataLength } from './pixel-length.ts';
import { defaultLimits, readDataset } from './read-dataset.ts';
import { transferSyntax } from './transfer-syntax.ts';

/** Reads exactly `length` bytes at `offset` of the file. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

/** Longest data set behind the pixel data (signatures, padding). */
const maximumTailBytes = 16 * 1024 * 1024;
const maximumTableBytes = 16 * 1024 * 1024;
const maximumFragments = 1_000_000;

async function walkFragments(read: ReadRange, start: number, totalSize: number): Promise<ReturnType<typeof readFragments>> {
  const fragments: Fragment[] = [];
  let basicOffsetTable: readonly number[] | undefined;
  let at = start;
  const truncated = (): AppError => new AppError('DICOM_TRUNCATED', 'the file ends inside pixel data', { details: { totalSize } });
  for (;;) {
    if (at + 8 > totalSize) throw truncated();
    const bytes = await read(at, 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const length = view.getUint32(4, true);
    const kind = readItemHeader(view.getUint16(0, true), view.getUint16(2, true), length, at);
    at += 8;
    if (kind === 'end') {
      if (basicOffsetTable === undefined) throw new AppError('DICOM_MALFORMED', 'the basic offset table is missing');
      return { basicOffsetTable, fragments, end: at };
    }
    if (at + length > totalSize) throw truncated();
    if (basicOffsetTable !== undefined) fragments.push({ offset: at, length });
    else if (length > maximumTableBytes) throw new AppError('DICOM_TOO_LARGE', 'the basic offset table is unreasonably long');
    else basicOffsetTable = length === 0 ? [] : parseOffsetTable(await read(at, length));
    if (fragments.length > maximumFragments) throw new AppError('DICOM_TOO_LARGE', 'there are too many fragments');
    at += length;
  }
}

function completeInflated(instance: ParsedInstance, location: PixelDataLocation, inflated: Uint8Array): PixelDataLocation {
  const source = byteSource(inflated);
  if (location.kind === 'native') {
    source.require(location.offset, location.length);
    return location;
  }
  const { basicOffsetTable, fragments } = readFragments(source, location.offset);
  const found = { ...location, basicOffsetTable, fragments };
  checkPixelDataLength(instance.dataset, found, transferSyntax(instance.meta.transferSyntaxUID));
  return found;
}

/**
 * The instance with its pixel data located, once the rest of the file has been checked: all fragments and their
 * delimiter, enough bytes for every frame, nothing but elements or padding behind.
 * @throws AppError DICOM_TRUNCATED, DICOM_MALFORMED, DICOM_TOO_LARGE.
 */
export async function verifyComplete(instance: ParsedInstance, read: ReadRange, totalSize: number): Promise<ParsedInstance> {
  const { pixelData } = instance;
  if (pixelData === undefined) return instance;
  if (instance.inflated !== undefined) return { ...instance, pixelData: completeInflated(instance, pixelData, instance.inflated) };
  const syntax = transferSyntax(instance.meta.transferSyntaxUID);
  let location = pixelData;
  let end: number;
  if (location.kind === 'native') {
    end = location.offset + location.length;
    if (end > totalSize) throw new AppError('DICOM_TRUNCATED', 'the file ends inside pixel data', { details: { totalSize } });
  } else {
    const { end: after, ...found } = await walkFragments(read, location.offset, totalSize);
    location = { ...location, ...found };
    end = after;
  }
  checkPixelDataLength(instance.dataset, location, syntax);
  if (totalSize - end > maximumTailBytes) throw new AppError('DICOM_MALFORMED', 'there is too much behind the pixel data');
  const tail = totalSize === end ? {} : readDataset(byteSource(await read(end, totalSize - end), undefined, !syntax.bigEndian), 0, {
    explicit: instance.explicitVR, limits: defaultLimits,
  }).dataset;
  return { ...instance, dataset: { ...tail, ...instance.dataset }, pixelData: location };
}
