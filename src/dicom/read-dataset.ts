/**
 * The data set reader: PS3.5 section 7, explicit and implicit VR, either endianness.
 *
 * Written for hostile input. Every length is checked against the enclosing item and the file before it is used;
 * nesting, the number of elements and the length of text are limited; nothing is guessed past an error. A library
 * parser (dicom-parser) was set aside here because it takes a data set that ends inside an undefined-length item
 * as complete, drops private sequences, and cannot tell "malformed" from "only a prefix so far".
 */
import { AppError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { knownCharacterSets } from './charset.ts';
import type { Dataset, DicomElement } from './dataset.ts';
import { decodeValue } from './decode-value.ts';
import { readFragments } from './fragments.ts';
import type { PixelDataLocation } from './pixel-data-location.ts';
import { vrOf } from './tags.ts';
import { hasLongLength, isKnownVR } from './vr.ts';

const undefinedLength = 0xffff_ffff;
const pixelDataTags = new Set(['7FE00010', '7FE00008', '7FE00009']);

export interface ReadLimits {
  /** Deepest nesting of sequences. */
  readonly maxDepth: number;
  /** Elements, items and values in the whole data set. */
  readonly maxElements: number;
}

/** Far above what real objects have: an Enhanced CT of 5000 frames has about half a million elements. */
export const defaultLimits: ReadLimits = { maxDepth: 64, maxElements: 2_000_000 };

interface ElementHeader {
  readonly tag: string;
  readonly vr: string;
  readonly length: number;
  readonly valueOffset: number;
}

/** What is inherited by nested items. */
interface Context {
  readonly source: ByteSource;
  readonly explicit: boolean;
  readonly depth: number;
  readonly characterSets: readonly string[];
  readonly signed: boolean;
  readonly limits: ReadLimits;
  readonly budget: { left: number };
}

export interface ReadOptions {
  readonly explicit: boolean;
  readonly limits: ReadLimits;
  /** Stop in front of the value of top-level pixel data. */
  readonly stopAtPixelData?: boolean;
  /** Stop before the first element of another group (file meta information). */
  readonly onlyGroup?: number;
  readonly characterSets?: readonly string[];
}

export interface ReadResult {
  readonly dataset: Dataset;
  readonly pixelData?: PixelDataLocation;
  /** Where reading stopped. */
  readonly end: number;
}

function malformed(message: string, offset: number): AppError {
  return new AppError('DICOM_MALFORMED', message, { details: { offset } });
}

function spend(budget: { left: number }, count: number): void {
  budget.left -= count;
  if (budget.left < 0) throw new AppError('DICOM_TOO_LARGE', 'the data set has too many elements');
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

function resolveVR(vr: string, signed: boolean): string {
  if (vr === 'XS') return signed ? 'SS' : 'US';
  if (vr === 'OX' || vr === 'LX') return 'OW';
  return vr;
}

function readHeader(context: Context, at: number): ElementHeader {
  const { source, explicit, signed } = context;
  const tag = hex4(source.u16(at)) + hex4(source.u16(at + 2));
  if (tag.startsWith('FFFE')) return { tag, vr: '--', length: source.u32(at + 4), valueOffset: at + 8 };
  if (!explicit) return { tag, vr: resolveVR(vrOf(tag), signed), length: source.u32(at + 4), valueOffset: at + 8 };
  const [first = 0, second = 0] = source.slice(at + 4, 2);
  const vr = String.fromCharCode(first, second);
  if (!/^[A-Z]{2}$/u.test(vr)) throw malformed(`element ${tag} has no value representation`, at);
  // VRs added to the standard later have the long form (PS3.5 6.2.2).
  const long = isKnownVR(vr) ? hasLongLength(vr) : source.u16(at + 6) === 0;
  return long
    ? { tag, vr, length: source.u32(at + 8), valueOffset: at + 12 }
    : { tag, vr, length: source.u16(at + 6), valueOffset: at + 8 };
}

/** UN (PS3.5 6.2.2 note 2): an element that lost its VR on the way gets it back where the standard fixes it. */
function effectiveVR(header: ElementHeader, signed: boolean): string {
  if (header.vr === 'UN') return resolveVR(vrOf(header.tag), signed);
  return isKnownVR(header.vr) ? header.vr : 'UN';
}

function readItems(context: Context, header: ElementHeader, end: number): { readonly items: readonly Dataset[]; readonly end: number } {
  const { source } = context;
  if (context.depth >= context.limits.maxDepth) throw malformed('sequences are nested too deeply', header.valueOffset);
  const items: Dataset[] = [];
  let at = header.valueOffset;
  const stop = header.length === undefinedLength ? Infinity : at + header.length;
  const inner = { ...context, depth: context.depth + 1 };
  while (at < stop) {
    if (at + 8 > end) throw at + 8 > source.totalSize ? new AppError('DICOM_TRUNCATED', 'the file ends inside a sequence') : malformed('a sequence is longer than what encloses it', at);
    const marker = hex4(source.u16(at)) + hex4(source.u16(at + 2));
    const length = source.u32(at + 4);
    at += 8;
    if (marker === 'FFFEE0DD' && stop === Infinity) return { items, end: at };
    if (marker !== 'FFFEE000') throw malformed('a sequence holds something that is not an item', at - 8);
    spend(context.budget, 1);
    const itemEnd = length === undefinedLength ? Infinity : at + length;
    if (itemEnd !== Infinity && itemEnd > Math.min(stop, end)) throw beyond(source, itemEnd, at);
    const item = readElements(inner, at, itemEnd, Math.min(stop, end), {});
    items.push(item.dataset);
    at = item.end;
  }
  return { items, end: at };
}

function beyond(source: ByteSource, end: number, offset: number): AppError {
  return end > source.totalSize
    ? new AppError('DICOM_TRUNCATED', 'an element declares more bytes than the file has', { details: { offset, totalSize: source.totalSize } })
    : malformed('an element is longer than what encloses it', offset);
}

function readSequence(context: Context, header: ElementHeader, vr: string, end: number): { readonly element: DicomElement; readonly end: number } {
  // A UN sequence of undefined length is implicit VR little endian, whatever surrounds it (PS3.5 6.2.2).
  const inner = header.vr === 'UN' ? { ...context, explicit: false, source: context.source.withEndianness(true) } : context;
  const { items, end: after } = readItems(inner, header, end);
  return { element: items.length === 0 ? { vr } : { vr, Value: items }, end: after };
}

function joined(source: ByteSource, parts: readonly { readonly offset: number; readonly length: number }[]): Uint8Array {
  return Buffer.concat(parts.map(({ offset, length }) => source.slice(offset, length)));
}

function readElement(context: Context, header: ElementHeader, end: number): { readonly element: DicomElement; readonly end: number } {
  const { source } = context;
  const vr = effectiveVR(header, context.signed);
  const { length, valueOffset } = header;
  if (length === undefinedLength) {
    if (vr === 'SQ' || vr === 'UN') return readSequence(context, header, 'SQ', end);
    if (vr !== 'OB' && vr !== 'OW') throw malformed(`element ${header.tag} of VR ${vr} has no length`, valueOffset);
    const encapsulated = readFragments(source, valueOffset);
    return { element: { vr, bytes: joined(source, encapsulated.fragments) }, end: encapsulated.end };
  }
  if (valueOffset + length > end) throw beyond(source, valueOffset + length, valueOffset);
  if (vr === 'SQ') return readSequence(context, header, vr, Math.min(end, valueOffset + length));
  return { element: decodeValue(vr, source.slice(valueOffset, length), source.littleEndian, context.characterSets), end: valueOffset + length };
}

function pixelDataAt(context: Context, header: ElementHeader): PixelDataLocation {
  const { tag, length, valueOffset } = header;
  const vr = header.vr === 'UN' ? 'OW' : header.vr;
  if (length === undefinedLength) return { kind: 'encapsulated', tag, vr, offset: valueOffset };
  if (valueOffset + length > context.source.totalSize) throw beyond(context.source, valueOffset + length, valueOffset);
  return { kind: 'native', tag, vr, offset: valueOffset, length };
}

function allZero(source: ByteSource, at: number): boolean {
  if (source.totalSize > source.bytes.length) source.require(at, source.totalSize - at);
  return source.bytes.subarray(at).every((byte) => byte === 0);
}

function textValues(element: DicomElement): readonly string[] {
  return (element.Value ?? []).map((value) => (typeof value === 'string' ? value : ''));
}

interface ElementsOptions {
  readonly stopAtPixelData?: boolean | undefined;
  readonly onlyGroup?: number | undefined;
}

/** Reads elements until `end`, or an item delimiter where `end` is Infinity; `limit` is the end of what encloses it. */
function readElements(outer: Context, start: number, end: number, limit: number, options: ElementsOptions): ReadResult {
  const dataset: Dataset = {};
  let context = outer;
  let at = start;
  const stop = Math.min(end, limit);
  while (at < end) {
    if (at + 8 > stop) {
      if (context.depth === 0 && allZero(context.source, at)) return { dataset, end: stop };
      throw beyond(context.source, at + 8, at);
    }
    // The data set behind the meta group may be encoded in another way: look at nothing but the group.
    if (options.onlyGroup !== undefined && context.source.u16(at) !== options.onlyGroup) return { dataset, end: at };
    const header = context.depth === 0 && context.source.u32(at) === 0 && allZero(context.source, at) ? undefined : readHeader(context, at);
    // Zero bytes up to the end of the file: padding that some writers leave behind.
    if (header === undefined) return { dataset, end: stop };
    const { tag } = header;
    if (tag === 'FFFEE00D' && end === Infinity) return { dataset, end: header.valueOffset };
    if (tag.startsWith('FFFE')) throw malformed('an item or delimiter stands where an element should', at);
    spend(context.budget, 1);
    if (options.stopAtPixelData === true && pixelDataTags.has(tag)) return { dataset, pixelData: pixelDataAt(context, header), end: at };
    const read = readElement(context, header, stop);
    at = read.end;
    spend(context.budget, (read.element.Value?.length ?? 0) >> 3);
    if (tag === '00080005') context = { ...context, characterSets: knownCharacterSets(textValues(read.element)) };
    if (tag === '00280103') context = { ...context, signed: read.element.Value?.[0] === 1 };
    if (keeps(tag, options) && !Object.hasOwn(dataset, tag)) dataset[tag] = read.element;
  }
  return { dataset, end: at };
}

/** Group lengths are retired, groups below 0008 are not part of a data set, FFFC,FFFC is padding (PS3.10 7.2). */
function keeps(tag: string, options: ElementsOptions): boolean {
  if (tag.endsWith('0000') || tag === 'FFFCFFFC') return false;
  return options.onlyGroup !== undefined || tag >= '00080000' || tag.startsWith('0004');
}

/** Reads one data set from `start` on. @throws AppError (DICOM_TRUNCATED, DICOM_MALFORMED, DICOM_TOO_LARGE), NeedMoreBytes. */
export function readDataset(source: ByteSource, start: number, options: ReadOptions): ReadResult {
  const context: Context = {
    source,
    explicit: options.explicit,
    depth: 0,
    characterSets: options.characterSets ?? [],
    signed: false,
    limits: options.limits,
    budget: { left: options.limits.maxElements },
  };
  return readElements(context, start, source.totalSize, source.totalSize, options);
}
