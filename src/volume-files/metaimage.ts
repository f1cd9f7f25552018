/** MetaImage (.mhd with .raw or .zraw, .mha), as ITK writes it: LPS mm, samples of the first axis fastest. */
import type { Columns3 } from '../volume/vec3.ts';
import { scale } from '../volume/vec3.ts';
import type { Vec3 } from '../volume/types.ts';
import type { ElementType } from './element-type.ts';
import type { Fault } from './faults.ts';
import type { DataPart, VolumeFileHeader } from './header.ts';
import { sizeOf } from './limits.ts';
import { neighbour, numberedFiles, numbersOf } from './text-header.ts';

const types: Readonly<Record<string, ElementType>> = {
  MET_CHAR: 'int8', MET_UCHAR: 'uint8', MET_SHORT: 'int16', MET_USHORT: 'uint16', MET_INT: 'int32', MET_UINT: 'uint32',
  // Of 4 bytes whatever the platform: MetaIO's table of sizes.
  MET_LONG: 'int32', MET_ULONG: 'uint32', MET_LONG_LONG: 'int64', MET_ULONG_LONG: 'uint64', MET_FLOAT: 'float32', MET_DOUBLE: 'float64',
};

/** Bytes at the beginning that may still be a header: its first word. */
export function isMetaImage(start: Uint8Array): boolean {
  return /^\s*(?:ObjectType|Comment|NDims)\s*=/u.test(Buffer.from(start.subarray(0, 64)).toString('latin1'));
}

/**
 * The place after the last line of the header: that of ElementDataFile, and for LIST the names after it. Undefined while
 * the header goes on.
 */
export function metaImageHeaderEnd(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const line = /(?:^|\n)[ \t]*ElementDataFile[ \t]*=[ \t]*([^\r\n]*)\r?\n/u.exec(text);
  if (line === null) return undefined;
  return /^LIST\b/u.test(line[1]!.trim()) ? undefined : line.index + line[0].length;
}

function fieldsOf(text: string, fault: Fault): { fields: ReadonlyMap<string, string>; list: readonly string[] } {
  const fields = new Map<string, string>();
  const lines = text.split(/\r?\n/u);
  for (const [n, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cut = line.indexOf('=');
    if (cut < 0) throw fault('VOLUME_FILE_MALFORMED', `line ${n + 1} of the header is not "key = value"`);
    const key = line.slice(0, cut).trim();
    if (fields.has(key)) throw fault('VOLUME_FILE_MALFORMED', `the header says ${key} twice`);
    fields.set(key, line.slice(cut + 1).trim());
    if (key === 'ElementDataFile') return { fields, list: lines.slice(n + 1).map((name) => name.trim()).filter((name) => name !== '') };
  }
  throw fault('VOLUME_FILE_MALFORMED', 'the header does not say ElementDataFile');
}

function flag(text: string | undefined, key: string, fault: Fault): boolean {
  if (text === undefined || /^(?:false|0|no)$/iu.test(text)) return false;
  if (/^(?:true|1|yes)$/iu.test(text)) return true;
  throw fault('VOLUME_FILE_MALFORMED', `${key} is neither True nor False`);
}

/** Several names for one thing: MetaIO takes all of them, the last one that is there. */
function oneOf(fields: ReadonlyMap<string, string>, ...keys: readonly string[]): string | undefined {
  return keys.map((key) => fields.get(key)).findLast((value) => value !== undefined);
}

function refuseWhatIsNotUnderstood(fields: ReadonlyMap<string, string>, fault: Fault): void {
  const unsupported = (problem: string): never => { throw fault('VOLUME_FILE_UNSUPPORTED', problem); };
  const kind = fields.get('ObjectType');
  if (kind !== undefined && kind !== 'Image') unsupported(`ObjectType ${kind.slice(0, 40)} is not an image`);
  if (fields.get('NDims') !== '3') unsupported(`NDims ${fields.get('NDims')?.slice(0, 10) ?? 'missing'}: only volumes of three dimensions are read`);
  if ((fields.get('ElementNumberOfChannels') ?? '1') !== '1') unsupported('more than one channel');
  if (fields.has('BinaryData') && !flag(fields.get('BinaryData'), 'BinaryData', fault)) unsupported('samples as text');
  for (const [key, neutral] of [['ElementToIntensityFunctionSlope', 1], ['ElementToIntensityFunctionOffset', 0]] as const) {
    if (fields.has(key) && Number(fields.get(key)) !== neutral) unsupported(`${key} other than ${neutral}`);
  }
}

function partsOf(fields: ReadonlyMap<string, string>, list: readonly string[], own: { readonly file: string; readonly headerBytes: number }, slices: number, fault: Fault): readonly DataPart[] {
  const data = fields.get('ElementDataFile') ?? '';
  const [skip = 0] = numbersOf(fields.get('HeaderSize') ?? '0', 'HeaderSize', 1, fault);
  if (!Number.isSafeInteger(skip) || skip < -1) throw fault('VOLUME_FILE_MALFORMED', `HeaderSize ${skip}`);
  const beside = (name: string): DataPart => ({ file: neighbour(name, fault), skipBytes: skip === -1 ? 'end' : skip, skipLines: 0 });
  if (data === 'LOCAL' || data === 'Local' || data === 'local') return [{ file: own.file, skipBytes: own.headerBytes, skipLines: 0 }];
  const words = data.split(/\s+/u);
  let names: readonly string[];
  if (words[0] === 'LIST') {
    const dimensions = words[1] === undefined ? 2 : Number(words[1].replace(/D$/u, ''));
    if (dimensions !== 2) throw fault('VOLUME_FILE_UNSUPPORTED', 'a LIST of files that are not one slice each');
    names = list;
  } else if (words[0]!.includes('%') && words.length >= 3) {
    const [from = 0, to = 0, step = 1] = numbersOf(words.slice(1).join(' '), 'ElementDataFile', undefined, fault);
    names = numberedFiles(words[0]!, from, to, step, fault);
  } else return [beside(data)];
  if (names.length !== slices) throw fault('VOLUME_FILE_MALFORMED', `${names.length} data files for ${slices} slices`);
  return names.map(beside);
}

/** @throws AppError VOLUME_FILE_MALFORMED, VOLUME_FILE_UNSUPPORTED, VOLUME_FILE_GEOMETRY */
export function parseMetaImage(bytes: Uint8Array, file: string, fault: Fault): VolumeFileHeader {
  const { fields, list } = fieldsOf(Buffer.from(bytes).toString('latin1'), fault);
  refuseWhatIsNotUnderstood(fields, fault);
  const needed = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw fault('VOLUME_FILE_MALFORMED', `the header does not say ${key}`);
    return value;
  };
  const size = sizeOf(numbersOf(needed('DimSize'), 'DimSize', undefined, fault), fault);
  const elementType = types[needed('ElementType')];
  if (elementType === undefined) throw fault('VOLUME_FILE_UNSUPPORTED', `ElementType ${needed('ElementType').slice(0, 40)}`);
  const spacingText = oneOf(fields, 'ElementSize', 'ElementSpacing');
  // MetaIO would take 1 mm; a size that nobody stated must not become a measurement.
  if (spacingText === undefined) throw fault('VOLUME_FILE_GEOMETRY', 'the header does not say ElementSpacing');
  const spacing = numbersOf(spacingText, 'ElementSpacing', 3, fault);
  const matrix = numbersOf(oneOf(fields, 'Orientation', 'Rotation', 'TransformMatrix') ?? '1 0 0 0 1 0 0 0 1', 'TransformMatrix', 9, fault);
  const [x = 0, y = 0, z = 0] = numbersOf(oneOf(fields, 'Origin', 'Position', 'Offset') ?? '0 0 0', 'Offset', 3, fault);
  const step = (axis: 0 | 1 | 2): Vec3 => {
    const direction: Vec3 = [matrix[3 * axis]!, matrix[3 * axis + 1]!, matrix[3 * axis + 2]!];
    if (Math.abs(Math.hypot(...direction) - 1) > 1e-3) throw fault('VOLUME_FILE_GEOMETRY', 'a row of TransformMatrix is not of length 1');
    if (!(spacing[axis]! > 0)) throw fault('VOLUME_FILE_GEOMETRY', `a distance between voxels of ${spacing[axis]} mm`);
    return scale(direction, spacing[axis]!);
  };
  const steps: Columns3 = [step(0), step(1), step(2)];
  const bigEndian = flag(oneOf(fields, 'ElementByteOrderMSB', 'BinaryDataByteOrderMSB'), 'BinaryDataByteOrderMSB', fault);
  return {
    format: 'MetaImage', size, steps, origin: [x, y, z], elementType, littleEndian: !bigEndian, slope: 1, intercept: 0,
    compression: flag(fields.get('CompressedData'), 'CompressedData', fault) ? 'gzip-or-zlib' : 'none',
    parts: partsOf(fields, list, { file, headerBytes: bytes.length }, size[2], fault),
  };
}
