/** NRRD (.nrrd, .nhdr): "nearly raw raster data", as its definition at teem.sourceforge.net says. */
import type { Vec3 } from '../volume/types.ts';
import type { Columns3 } from '../volume/vec3.ts';
import type { ElementType } from './element-type.ts';
import type { Fault } from './faults.ts';
import type { Compression, DataPart, VolumeFileHeader } from './header.ts';
import { sizeOf } from './limits.ts';
import { neighbour, numberedFiles, numbersOf } from './text-header.ts';

const names: readonly (readonly [ElementType, string])[] = [
  ['int8', 'signed char|int8|int8_t'], ['uint8', 'uchar|unsigned char|uint8|uint8_t'],
  ['int16', 'short|short int|signed short|signed short int|int16|int16_t'], ['uint16', 'ushort|unsigned short|unsigned short int|uint16|uint16_t'],
  ['int32', 'int|signed int|int32|int32_t'], ['uint32', 'uint|unsigned int|uint32|uint32_t'],
  ['int64', 'longlong|long long|long long int|signed long long|signed long long int|int64|int64_t'],
  ['uint64', 'ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t'], ['float32', 'float'], ['float64', 'double'],
];
const types = new Map(names.flatMap(([type, spellings]) => spellings.split('|').map((name) => [name, type] as const)));

/** Signs that turn the axes of a space into LPS. */
const spaces: Readonly<Record<string, Vec3>> = {
  'left-posterior-superior': [1, 1, 1], 'lps': [1, 1, 1],
  'right-anterior-superior': [-1, -1, 1], 'ras': [-1, -1, 1],
  'left-anterior-superior': [1, -1, 1], 'las': [1, -1, 1],
};
/** Kinds of an axis along which the patient lies. */
const spatialKinds: ReadonlySet<string> = new Set(['space', 'domain', '???', 'none']);

export function isNrrd(start: Uint8Array): boolean {
  return /^NRRD000[1-9]\r?\n/u.test(Buffer.from(start.subarray(0, 16)).toString('latin1'));
}

/** The place after the blank line that ends the header. */
export function nrrdHeaderEnd(bytes: Uint8Array): number | undefined {
  const blank = /\r?\n\r?\n/u.exec(Buffer.from(bytes).toString('latin1'));
  return blank === null ? undefined : blank.index + blank[0].length;
}

/** Spellings of one field: without blanks, in small letters. */
const keyOf = (text: string): string => text.toLowerCase().replaceAll(/\s/gu, '');

function fieldsOf(text: string, fault: Fault): { readonly fields: ReadonlyMap<string, string>; readonly list: readonly string[] } {
  const fields = new Map<string, string>();
  const lines = text.split(/\r?\n/u);
  for (const [n, line] of lines.entries()) {
    if (n === 0 || line.startsWith('#')) continue;
    if (line.trim() === '') break;
    const field = /^([^:]+): ?(.*)$/u.exec(line);
    if (field === null) {
      if (line.includes(':=')) continue;
      throw fault('VOLUME_FILE_MALFORMED', `line ${n + 1} of the header is not "field: value"`);
    }
    const key = keyOf(field[1]!);
    if (fields.has(key)) throw fault('VOLUME_FILE_MALFORMED', `the header says ${key.slice(0, 40)} twice`);
    fields.set(key, field[2]!.trim());
    if (key === 'datafile' && field[2]!.trim().startsWith('LIST')) return { fields, list: lines.slice(n + 1).map((name) => name.trim()).filter((name) => name !== '') };
  }
  return { fields, list: [] };
}

function vectors(text: string, fault: Fault): readonly (Vec3 | undefined)[] {
  const words = text.match(/none|\([^)]*\)/gu) ?? [];
  return words.map((word) => {
    if (word === 'none') return undefined;
    const [x = 0, y = 0, z = 0] = numbersOf(word.slice(1, -1), 'a vector', 3, fault);
    return [x, y, z];
  });
}

function placeOf(fields: ReadonlyMap<string, string>, fault: Fault): { readonly steps: Columns3; readonly origin: Vec3 } {
  const space = fields.get('space');
  const signs = space === undefined ? undefined : spaces[space.toLowerCase()];
  if (signs === undefined) throw fault('VOLUME_FILE_GEOMETRY', space === undefined ? 'the header does not say in which space it lies' : `the space ${space.slice(0, 40)} is not of a patient`);
  const units = fields.get('spaceunits');
  if (units !== undefined && (units.match(/"[^"]*"/gu) ?? []).some((unit) => unit !== '"mm"' && unit !== '""')) throw fault('VOLUME_FILE_UNSUPPORTED', 'lengths in another unit than mm');
  const toLPS = (vector: Vec3): Vec3 => [signs[0] * vector[0], signs[1] * vector[1], signs[2] * vector[2]];
  const [i, j, k, ...more] = vectors(fields.get('spacedirections') ?? '', fault);
  const origin = vectors(fields.get('spaceorigin') ?? '', fault)[0];
  if (!i || !j || !k || more.length > 0) throw fault('VOLUME_FILE_GEOMETRY', 'there must be three space directions');
  if (!origin) throw fault('VOLUME_FILE_GEOMETRY', 'the header does not say the space origin');
  return { steps: [toLPS(i), toLPS(j), toLPS(k)], origin: toLPS(origin) };
}

function compressionOf(encoding: string, fault: Fault): Compression {
  if (encoding === 'raw') return 'none';
  if (encoding === 'gzip' || encoding === 'gz') return 'gzip-or-zlib';
  throw fault('VOLUME_FILE_UNSUPPORTED', `the encoding ${encoding.slice(0, 40)}`);
}

function partsOf(fields: ReadonlyMap<string, string>, list: readonly string[], own: { readonly file: string; readonly headerBytes: number }, size: readonly [number, number, number], fault: Fault): readonly DataPart[] {
  const whole = (key: string): number => {
    const [value = 0] = numbersOf(fields.get(key) ?? '0', key, 1, fault);
    if (!Number.isSafeInteger(value)) throw fault('VOLUME_FILE_MALFORMED', `${key} ${value}`);
    return value;
  };
  const bytes = whole('byteskip');
  const lines = whole('lineskip');
  if (bytes < -1 || lines < 0) throw fault('VOLUME_FILE_MALFORMED', 'a number of bytes or lines to skip below 0');
  const data = fields.get('datafile');
  if (data === undefined) return [{ file: own.file, skipBytes: own.headerBytes, skipLines: 0 }];
  const beside = (name: string): DataPart => ({ file: neighbour(name.replace(/^\.\//u, ''), fault), skipBytes: bytes === -1 ? 'end' : bytes, skipLines: lines });
  const words = data.split(/\s+/u);
  let files: readonly string[];
  if (words[0] === 'LIST') {
    if (words[1] !== undefined && words[1] !== '2') throw fault('VOLUME_FILE_UNSUPPORTED', 'a LIST of files that are not one slice each');
    files = list;
  } else if (words[0]!.includes('%') && words.length >= 4) {
    if (words[4] !== undefined && words[4] !== '2') throw fault('VOLUME_FILE_UNSUPPORTED', 'files that are not one slice each');
    const [from = 0, to = 0, step = 1] = numbersOf(words.slice(1, 4).join(' '), 'data file', 3, fault);
    files = numberedFiles(words[0]!, from, to, step, fault);
  } else return [beside(data)];
  if (files.length !== size[2]) throw fault('VOLUME_FILE_MALFORMED', `${files.length} data files for ${size[2]} slices`);
  return files.map(beside);
}

/** @throws AppError VOLUME_FILE_MALFORMED, VOLUME_FILE_UNSUPPORTED, VOLUME_FILE_GEOMETRY */
export function parseNrrd(bytes: Uint8Array, file: string, fault: Fault): VolumeFileHeader {
  const { fields, list } = fieldsOf(Buffer.from(bytes).toString('latin1'), fault);
  const needed = (key: string, spelled: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw fault('VOLUME_FILE_MALFORMED', `the header does not say ${spelled}`);
    return value;
  };
  if (needed('dimension', 'dimension') !== '3') throw fault('VOLUME_FILE_UNSUPPORTED', `dimension ${needed('dimension', 'dimension').slice(0, 10)}: only volumes of three dimensions are read`);
  const size = sizeOf(numbersOf(needed('sizes', 'sizes'), 'sizes', undefined, fault), fault);
  const kind = (fields.get('kinds') ?? '').split(/\s+/u).find((word) => word !== '' && !spatialKinds.has(word.toLowerCase()));
  if (kind !== undefined) throw fault('VOLUME_FILE_UNSUPPORTED', `an axis of the kind ${kind.slice(0, 40)}`);
  const spelled = needed('type', 'type').toLowerCase();
  const elementType = types.get(spelled);
  if (elementType === undefined) throw fault('VOLUME_FILE_UNSUPPORTED', `the type ${spelled.slice(0, 40)}`);
  const endian = fields.get('endian')?.toLowerCase();
  const oneByte = elementType === 'int8' || elementType === 'uint8';
  if (endian !== 'little' && endian !== 'big' && !(endian === undefined && oneByte)) throw fault('VOLUME_FILE_MALFORMED', 'the header does not say endian');
  return {
    format: 'NRRD', size, ...placeOf(fields, fault), elementType, littleEndian: endian !== 'big', slope: 1, intercept: 0,
    compression: compressionOf(needed('encoding', 'encoding').toLowerCase(), fault),
    parts: partsOf(fields, list, { file, headerBytes: bytes.length }, size, fault),
  };
}
