/** Part 10 files (PS3.10 section 7) into data sets; the one way in for bytes from outside. */
import { AppError } from '../errors.ts';
import { byteSource, NeedMoreBytes } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import { text } from './access.ts';
import type { Dataset } from './dataset.ts';
import { readFragments } from './fragments.ts';
import { inflateDataset } from './inflate.ts';
import { checkPixelDataLength, requirePixelData } from './pixel-length.ts';
import type { PixelDataLocation } from './pixel-data-location.ts';
import { defaultLimits, readDataset } from './read-dataset.ts';
import type { ReadLimits } from './read-dataset.ts';
import { transferSyntax } from './transfer-syntax.ts';
import { parseUID } from './uid.ts';

export interface FileMeta {
  readonly transferSyntaxUID: string;
  readonly mediaStorageSOPClassUID?: string;
  readonly mediaStorageSOPInstanceUID?: string;
  readonly sourceApplicationEntityTitle?: string;
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
}

export interface ParsedInstance {
  readonly meta: FileMeta;
  /** Everything but the pixel data; group lengths, padding and stray low groups left out. */
  readonly dataset: Dataset;
  readonly pixelData?: PixelDataLocation;
  /** Offset of the first element behind the file meta information, in the file. */
  readonly datasetOffset: number;
  /** The data set is in implicit VR, whatever the transfer syntax says. */
  readonly explicitVR: boolean;
  /** For the deflated syntax: what the offsets of `pixelData` refer to instead of the file. */
  readonly inflated?: Uint8Array;
}

export interface ParseOptions extends Partial<ReadLimits> {
  /** Do not look at pixel data or what follows it; encapsulated pixel data then has no `fragments`. */
  readonly stopBeforePixelData?: boolean;
  /** Most bytes that a deflated data set may become; default 512 MiB. */
  readonly maxInflatedBytes?: number;
}

export type HeaderResult =
  | { readonly kind: 'done'; readonly instance: ParsedInstance }
  /** Call again with a prefix of at least this many bytes. */
  | { readonly kind: 'need-more'; readonly bytes: number };

const preambleBytes = 128;

function limitsOf(options: ParseOptions): ReadLimits {
  return { maxDepth: options.maxDepth ?? defaultLimits.maxDepth, maxElements: options.maxElements ?? defaultLimits.maxElements };
}

function readMeta(source: ByteSource, limits: ReadLimits): { readonly meta: FileMeta; readonly end: number } {
  const prefix = Math.min(preambleBytes + 4, source.totalSize);
  if (prefix < preambleBytes + 4) throw new AppError('DICOM_NOT_PART10', 'the file is too short for DICOM Part 10');
  if (Buffer.from(source.slice(preambleBytes, 4)).toString('latin1') !== 'DICM') {
    throw new AppError('DICOM_NOT_PART10', 'there is no DICM marker after the preamble');
  }
  const { dataset, end } = readDataset(source.withEndianness(true), prefix, { explicit: true, limits, onlyGroup: 2 });
  const syntax = text(dataset, 'TransferSyntaxUID');
  if (syntax === undefined) throw new AppError('DICOM_MISSING_ATTRIBUTE', 'the file meta information has no transfer syntax', { details: { keyword: 'TransferSyntaxUID' } });
  const optional = (key: keyof FileMeta, value: string | undefined): object => (value === undefined ? {} : { [key]: value });
  return {
    end,
    meta: {
      transferSyntaxUID: parseUID(syntax, 'TransferSyntaxUID'),
      ...optional('mediaStorageSOPClassUID', text(dataset, 'MediaStorageSOPClassUID')),
      ...optional('mediaStorageSOPInstanceUID', text(dataset, 'MediaStorageSOPInstanceUID')),
      ...optional('sourceApplicationEntityTitle', text(dataset, 'SourceApplicationEntityTitle')),
      ...optional('implementationClassUID', text(dataset, 'ImplementationClassUID')),
      ...optional('implementationVersionName', text(dataset, 'ImplementationVersionName')),
    },
  };
}

/** Some writers use implicit VR under an explicit syntax, or the reverse: the first element tells. */
function looksExplicit(source: ByteSource, at: number, declared: boolean): boolean {
  if (at + 8 > source.totalSize) return declared;
  const vr = Buffer.from(source.slice(at + 4, 2)).toString('latin1');
  return /^[A-Z]{2}$/u.test(vr);
}

function finishPixelData(source: ByteSource, location: PixelDataLocation): { readonly location: PixelDataLocation; readonly end: number } {
  if (location.kind === 'native') {
    source.require(location.offset, location.length);
    return { location, end: location.offset + location.length };
  }
  const { end, ...found } = readFragments(source, location.offset);
  return { location: { ...location, ...found }, end };
}

function parse(file: ByteSource, options: ParseOptions): ParsedInstance {
  const limits = limitsOf(options);
  const { meta, end: datasetOffset } = readMeta(file, limits);
  const syntax = transferSyntax(meta.transferSyntaxUID);
  const inflated = syntax.deflated ? inflateDataset(file, datasetOffset, options.maxInflatedBytes) : undefined;
  const source = inflated === undefined ? file.withEndianness(!syntax.bigEndian) : byteSource(inflated);
  const start = inflated === undefined ? datasetOffset : 0;
  const explicit = looksExplicit(source, start, syntax.explicitVR);
  const head = readDataset(source, start, { explicit, limits, stopAtPixelData: true });
  const common = { meta, datasetOffset, explicitVR: explicit, ...(inflated === undefined ? {} : { inflated }) };
  if (head.pixelData === undefined) {
    requirePixelData(head.dataset);
    return { ...common, dataset: head.dataset };
  }
  checkPixelDataLength(head.dataset, head.pixelData, syntax);
  if (options.stopBeforePixelData === true) return { ...common, dataset: head.dataset, pixelData: head.pixelData };
  const { location, end } = finishPixelData(source, head.pixelData);
  checkPixelDataLength(head.dataset, location, syntax);
  const tail = readDataset(source, end, { explicit, limits });
  return { ...common, dataset: { ...tail.dataset, ...head.dataset }, pixelData: location };
}

/**
 * Parses a complete Part 10 file and checks that it is complete.
 * @throws AppError DICOM_NOT_PART10, DICOM_TRUNCATED, DICOM_MALFORMED, DICOM_MISSING_ATTRIBUTE, DICOM_INVALID_UID,
 * DICOM_TOO_LARGE.
 */
export function parsePart10(bytes: Uint8Array, options: ParseOptions = {}): ParsedInstance {
  return parse(byteSource(bytes), options);
}

/**
 * Parses as much of a file as its header needs. `prefix` are its first bytes, `totalSize` its size; elements that
 * declare more than the file has are refused at once, so a lying length never leads to endless reading.
 * @throws AppError as {@link parsePart10}. What follows the header is looked at by `verifyComplete` only.
 */
export function parseHeader(prefix: Uint8Array, totalSize: number, options: ParseOptions = {}): HeaderResult {
  try {
    return { kind: 'done', instance: parse(byteSource(prefix, totalSize), { ...options, stopBeforePixelData: true }) };
  } catch (error) {
    if (!(error instanceof NeedMoreBytes)) throw error;
    return { kind: 'need-more', bytes: Math.min(totalSize, Math.max(error.upTo, prefix.length * 2, 64 * 1024)) };
  }
}

/** Parses a data set without file meta information, as DIMSE carries it. @throws AppError as {@link parsePart10}. */
export function parseDataset(bytes: Uint8Array, transferSyntaxUID: string, options: ParseOptions = {}): Dataset {
  const syntax = transferSyntax(transferSyntaxUID);
  const source = byteSource(syntax.deflated ? inflateDataset(byteSource(bytes), 0, options.maxInflatedBytes) : bytes, undefined, !syntax.bigEndian);
  return readDataset(source, 0, { explicit: syntax.explicitVR, limits: limitsOf(options) }).dataset;
}
