/** Volume files made by hand, one writer for each format, from one description in LPS. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import type { ElementType } from '../../src/volume-files/element-type.ts';
import type { Vec3 } from '../../src/volume/types.ts';
import type { Columns3 } from '../../src/volume/vec3.ts';

export interface Stored {
  readonly size: readonly [number, number, number];
  /** LPS mm. */
  readonly steps: Columns3;
  readonly origin: Vec3;
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly compressed: boolean;
  /** As stored, first axis fastest. */
  readonly values: readonly number[];
}

export const bytesOfType: Readonly<Record<ElementType, number>> = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float32: 4, float64: 8 };

export function encodeSamples({ values, type, littleEndian }: Pick<Stored, 'values' | 'type' | 'littleEndian'>): Buffer {
  const size = bytesOfType[type];
  const bytes = Buffer.alloc(values.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  values.forEach((value, n) => {
    const at = n * size;
    switch (type) {
      case 'int8': view.setInt8(at, value); break;
      case 'uint8': view.setUint8(at, value); break;
      case 'int16': view.setInt16(at, value, littleEndian); break;
      case 'uint16': view.setUint16(at, value, littleEndian); break;
      case 'int32': view.setInt32(at, value, littleEndian); break;
      case 'uint32': view.setUint32(at, value, littleEndian); break;
      case 'int64': view.setBigInt64(at, BigInt(value), littleEndian); break;
      case 'uint64': view.setBigUint64(at, BigInt(value), littleEndian); break;
      case 'float32': view.setFloat32(at, value, littleEndian); break;
      case 'float64': view.setFloat64(at, value, littleEndian); break;
    }
  });
  return bytes;
}

const metTypes: Readonly<Record<ElementType, string>> = {
  int8: 'MET_CHAR', uint8: 'MET_UCHAR', int16: 'MET_SHORT', uint16: 'MET_USHORT', int32: 'MET_INT', uint32: 'MET_UINT',
  int64: 'MET_LONG_LONG', uint64: 'MET_ULONG_LONG', float32: 'MET_FLOAT', float64: 'MET_DOUBLE',
};

export function metaHeader(stored: Stored, dataFile: string): string {
  const spacing = stored.steps.map((step) => Math.hypot(...step));
  const matrix = stored.steps.flatMap((step, n) => step.map((value) => value / spacing[n]!));
  return [
    'ObjectType = Image', 'NDims = 3', 'BinaryData = True', `BinaryDataByteOrderMSB = ${stored.littleEndian ? 'False' : 'True'}`,
    `CompressedData = ${stored.compressed ? 'True' : 'False'}`, `TransformMatrix = ${matrix.join(' ')}`, `Offset = ${stored.origin.join(' ')}`,
    'CenterOfRotation = 0 0 0', `ElementSpacing = ${spacing.join(' ')}`, `DimSize = ${stored.size.join(' ')}`, `ElementType = ${metTypes[stored.type]}`,
    `ElementDataFile = ${dataFile}`, '',
  ].join('\n');
}

/** Gives the path of the header's file. */
export async function writeMetaImage(folder: string, stored: Stored, local: boolean): Promise<string> {
  const raw = encodeSamples(stored);
  const data = stored.compressed ? deflateSync(raw) : raw;
  const path = join(folder, local ? 'v.mha' : 'v.mhd');
  if (local) {
    await writeFile(path, Buffer.concat([Buffer.from(metaHeader(stored, 'LOCAL')), data]));
    return path;
  }
  const name = stored.compressed ? 'v.zraw' : 'v.raw';
  await writeFile(join(folder, name), data);
  await writeFile(path, metaHeader(stored, name));
  return path;
}

export async function writeNrrd(folder: string, stored: Stored, space: 'left-posterior-superior' | 'RAS' | 'left-anterior-superior', detached: boolean): Promise<string> {
  const signs = { 'left-posterior-superior': [1, 1, 1], 'RAS': [-1, -1, 1], 'left-anterior-superior': [1, -1, 1] }[space];
  const vector = (v: Vec3): string => `(${v.map((value, n) => value * signs[n]!).join(',')})`;
  const raw = encodeSamples(stored);
  const data = stored.compressed ? gzipSync(raw) : raw;
  const header = [
    'NRRD0005', '# made for a test', `type: ${stored.type.startsWith('float') ? (stored.type === 'float32' ? 'float' : 'double') : stored.type}`, 'dimension: 3', `space: ${space}`,
    `sizes: ${stored.size.join(' ')}`, `space directions: ${stored.steps.map(vector).join(' ')}`, 'kinds: domain domain domain', `endian: ${stored.littleEndian ? 'little' : 'big'}`,
    `encoding: ${stored.compressed ? 'gzip' : 'raw'}`, `space origin: ${vector(stored.origin)}`, 'modality:=CT', ...(detached ? [`data file: v.${stored.compressed ? 'raw.gz' : 'raw'}`] : []), '', '',
  ].join('\n');
  const path = join(folder, detached ? 'v.nhdr' : 'v.nrrd');
  if (!detached) {
    await writeFile(path, Buffer.concat([Buffer.from(header), data]));
    return path;
  }
  await writeFile(join(folder, `v.${stored.compressed ? 'raw.gz' : 'raw'}`), data);
  await writeFile(path, header);
  return path;
}

const niftiTypes: Readonly<Record<ElementType, number>> = { uint8: 2, int16: 4, int32: 8, float32: 16, float64: 64, int8: 256, uint16: 512, uint32: 768, int64: 1024, uint64: 1280 };

export interface NiftiExtras {
  readonly slope?: number;
  readonly intercept?: number;
  readonly magic?: string;
  readonly sformCode?: number;
  readonly datatype?: number;
  readonly dim?: readonly number[];
  readonly voxOffset?: number;
}

export function niftiBytes(stored: Stored, version: 1 | 2, extras: NiftiExtras = {}): Buffer {
  const headerBytes = version === 1 ? 352 : 544;
  const head = Buffer.alloc(headerBytes);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const little = stored.littleEndian;
  const float = (at: number, value: number): void => { if (version === 1) view.setFloat32(at, value, little); else view.setFloat64(at, value, little); };
  const integer = (at1: number, at2: number, value: number): void => { if (version === 1) view.setInt16(at1, value, little); else view.setInt32(at2, value, little); };
  view.setInt32(0, version === 1 ? 348 : 540, little);
  const dim = extras.dim ?? [3, ...stored.size, 1, 1, 1, 1];
  dim.forEach((value, n) => { if (version === 1) view.setInt16(40 + 2 * n, value, little); else view.setBigInt64(16 + 8 * n, BigInt(value), little); });
  view.setInt16(version === 1 ? 70 : 12, extras.datatype ?? niftiTypes[stored.type], little);
  view.setInt16(version === 1 ? 72 : 14, 8 * bytesOfType[stored.type], little);
  [1, ...stored.steps.map((step) => Math.hypot(...step))].forEach((value, n) => { float((version === 1 ? 76 + 4 * n : 104 + 8 * n), value); });
  if (version === 1) view.setFloat32(108, extras.voxOffset ?? headerBytes, little);
  else view.setBigInt64(168, BigInt(extras.voxOffset ?? headerBytes), little);
  float(version === 1 ? 112 : 176, extras.slope ?? 0);
  float(version === 1 ? 116 : 184, extras.intercept ?? 0);
  if (version === 1) view.setUint8(123, 2);
  else view.setInt32(500, 2, little);
  integer(254, 348, extras.sformCode ?? 1);
  const signs = [-1, -1, 1];
  for (const row of [0, 1, 2] as const) {
    [...stored.steps.map((step) => step[row]), stored.origin[row]].forEach((value, n) => {
      float((version === 1 ? 280 + 16 * row + 4 * n : 400 + 32 * row + 8 * n), value * signs[row]!);
    });
  }
  head.write(extras.magic ?? `n+${version}`, version === 1 ? 344 : 4, 'latin1');
  return Buffer.concat([head, encodeSamples(stored)]);
}

export async function writeNifti(folder: string, stored: Stored, version: 1 | 2, extras: NiftiExtras = {}): Promise<string> {
  const bytes = niftiBytes(stored, version, extras);
  const path = join(folder, stored.compressed ? 'v.nii.gz' : 'v.nii');
  await writeFile(path, stored.compressed ? gzipSync(bytes) : bytes);
  return path;
}
