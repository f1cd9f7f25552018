/** Writing data sets and Part 10 files. Always UTF-8, sequences with defined lengths, elements in order. */
import { deflateRawSync } from 'node:zlib';

import { AppError } from '../errors.ts';
import { requireText } from './access.ts';
import { put, putBytes } from './build.ts';
import type { Dataset, DicomElement, DicomValue } from './dataset.ts';
import { encodeValue } from './encode-value.ts';
import { isPrivateTag, vrOf } from './tags.ts';
import { deflatedExplicitVRLittleEndian, explicitVRLittleEndian, transferSyntax } from './transfer-syntax.ts';
import { uidFromName } from './uid.ts';
import { hasLongLength, isKnownVR } from './vr.ts';

/** Identifies this software as the writer of a file (PS3.10 7.1). */
export const implementationClassUID = uidFromName('Phoi DICOM implementation');
export const implementationVersionName = 'PHOI_0.1';

export interface EncodeOptions {
  /**
   * `strict` (the default) refuses values that PS3.5 6.2 does not allow; `received` writes what another system
   * sent as it is, faults included.
   */
  readonly values?: 'strict' | 'received';
}

interface Writer {
  readonly explicit: boolean;
  readonly strict: boolean;
}

function checkVR(tag: string, vr: string): void {
  if (!isKnownVR(vr)) throw new AppError('DICOM_INVALID_VALUE', `${tag} has the unknown VR ${vr}`, { details: { tag, vr } });
  const expected = vrOf(tag);
  const allowed: Readonly<Record<string, readonly string[]>> = { XS: ['US', 'SS'], OX: ['OB', 'OW'], LX: ['US', 'SS', 'OW'] };
  if (expected === 'UN' || isPrivateTag(tag) || (allowed[expected] ?? [expected]).includes(vr)) return;
  throw new AppError('DICOM_INVALID_VALUE', `${tag} is ${expected}, not ${vr}`, { details: { tag, vr } });
}

function header(writer: Writer, tag: string, vr: string, length: number): Uint8Array {
  const long = writer.explicit && hasLongLength(vr);
  const out = Buffer.alloc(long ? 12 : 8);
  out.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  out.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  if (!writer.explicit) out.writeUInt32LE(length, 4);
  else {
    out.write(vr, 4, 'latin1');
    if (long) out.writeUInt32LE(length, 8);
    else if (length <= 0xffff) out.writeUInt16LE(length, 6);
    else throw new AppError('DICOM_INVALID_VALUE', `the value of ${tag} (${vr}) is too long`, { details: { tag, vr, length } });
  }
  return out;
}

function padding(vr: string): number {
  return ['UI', 'OB', 'UN', 'OW', 'OF', 'OD', 'OL', 'OV'].includes(vr) ? 0 : 0x20;
}

function isItem(value: DicomValue): value is Dataset {
  return typeof value === 'object' && value !== null;
}

function total(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function encodeSequence(writer: Writer, tag: string, element: DicomElement): readonly Uint8Array[] {
  const body: Uint8Array[] = [];
  for (const value of element.Value ?? []) {
    if (!isItem(value)) throw new AppError('DICOM_INVALID_VALUE', `${tag} holds something that is not an item`, { details: { tag } });
    const item = encodeElements(writer, value, false);
    body.push(header({ ...writer, explicit: false }, 'FFFEE000', '--', total(item)));
    for (const part of item) body.push(part);
  }
  return [header(writer, tag, 'SQ', total(body)), ...body];
}

function encodeElement(writer: Writer, tag: string, element: DicomElement): readonly Uint8Array[] {
  if (writer.strict) checkVR(tag, element.vr);
  if (element.vr === 'SQ') return encodeSequence(writer, tag, element);
  const value = encodeValue(tag, element, writer.strict);
  const odd = value.length % 2 === 1;
  const parts = [header(writer, tag, element.vr, value.length + (odd ? 1 : 0)), value];
  return odd ? [...parts, Uint8Array.of(padding(element.vr))] : parts;
}

function encodeElements(writer: Writer, dataset: Dataset, topLevel: boolean): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const tag of Object.keys(dataset).sort()) {
    const element = dataset[tag];
    // A nested declaration would contradict the text, which is UTF-8 throughout.
    if (element === undefined || (tag === '00080005' && !topLevel)) continue;
    // One by one: a large functional group sequence has more parts than a call may have arguments.
    for (const part of encodeElement(writer, tag, element)) parts.push(part);
  }
  return parts;
}

function valueIsAscii(value: DicomValue): boolean {
  if (typeof value === 'string') return /^[\x00-\x7f]*$/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((inner: unknown) => (typeof inner === 'string' ? valueIsAscii(inner) : elementIsAscii(inner as DicomElement)));
}

function elementIsAscii(element: DicomElement): boolean {
  return element.Value?.every(valueIsAscii) ?? true;
}

function withCharacterSet(dataset: Dataset): Dataset {
  if (dataset['00080005'] === undefined && Object.values(dataset).every(elementIsAscii)) return dataset;
  const copy: Dataset = { ...dataset };
  put(copy, 'SpecificCharacterSet', 'ISO_IR 192');
  return copy;
}

/**
 * The data set in Explicit or Implicit VR Little Endian (or deflated). Non-ASCII text makes it ISO_IR 192.
 * @throws AppError DICOM_INVALID_VALUE naming the tag; DICOM_UNSUPPORTED_TRANSFER_SYNTAX for a syntax that is
 * compressed or big endian.
 */
export function encodeDataset(dataset: Dataset, transferSyntaxUID: string = explicitVRLittleEndian, options: EncodeOptions = {}): Uint8Array {
  const syntax = transferSyntax(transferSyntaxUID);
  if (syntax.encapsulated || syntax.bigEndian) {
    throw new AppError('DICOM_UNSUPPORTED_TRANSFER_SYNTAX', `data sets are not written in ${syntax.name}`, { details: { transferSyntaxUID } });
  }
  const writer: Writer = { explicit: syntax.explicitVR, strict: options.values !== 'received' };
  const plain = Buffer.concat(encodeElements(writer, withCharacterSet(dataset), true));
  if (transferSyntaxUID !== deflatedExplicitVRLittleEndian) return plain;
  const deflated = deflateRawSync(plain);
  return deflated.length % 2 === 0 ? deflated : Buffer.concat([deflated, Uint8Array.of(0)]);
}

export interface FileMetaFields {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  /** AE title that sent the data set (PS3.10 7.1). */
  readonly sourceApplicationEntityTitle?: string;
}

/** Preamble, marker and file meta information; a received data set follows it as it came. @throws AppError DICOM_INVALID_VALUE. */
export function fileMeta(fields: FileMetaFields): Uint8Array {
  const meta: Dataset = {};
  putBytes(meta, 'FileMetaInformationVersion', 'OB', Uint8Array.of(0, 1));
  put(meta, 'MediaStorageSOPClassUID', fields.sopClassUID);
  put(meta, 'MediaStorageSOPInstanceUID', fields.sopInstanceUID);
  put(meta, 'TransferSyntaxUID', fields.transferSyntaxUID);
  put(meta, 'ImplementationClassUID', implementationClassUID);
  put(meta, 'ImplementationVersionName', implementationVersionName);
  if (fields.sourceApplicationEntityTitle !== undefined) put(meta, 'SourceApplicationEntityTitle', fields.sourceApplicationEntityTitle);
  const writer: Writer = { explicit: true, strict: true };
  const body = Buffer.concat(encodeElements(writer, meta, true));
  const length: Dataset = {};
  put(length, 'FileMetaInformationGroupLength', body.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), ...encodeElements(writer, length, true), body]);
}

/** A Part 10 file of the data set; its SOP class and instance go into the meta information. @throws AppError as {@link encodeDataset}. */
export function encodePart10(dataset: Dataset, options: EncodeOptions & { readonly transferSyntaxUID?: string } = {}): Uint8Array {
  const transferSyntaxUID = options.transferSyntaxUID ?? explicitVRLittleEndian;
  const meta = fileMeta({
    sopClassUID: requireText(dataset, 'SOPClassUID'),
    sopInstanceUID: requireText(dataset, 'SOPInstanceUID'),
    transferSyntaxUID,
  });
  return Buffer.concat([meta, encodeDataset(dataset, transferSyntaxUID, options)]);
}
