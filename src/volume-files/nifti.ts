/** NIfTI-1 and NIfTI-2 (.nii, .nii.gz). Their world is RAS; what is given out is LPS: x and y change sign. */
import type { Vec3 } from '../volume/types.ts';
import type { Columns3 } from '../volume/vec3.ts';
import type { ElementType } from './element-type.ts';
import type { Fault } from './faults.ts';
import type { VolumeFileHeader } from './header.ts';
import { longestHeaderBytes, sizeOf } from './limits.ts';

const types: Readonly<Record<number, ElementType>> = {
  2: 'uint8', 4: 'int16', 8: 'int32', 16: 'float32', 64: 'float64', 256: 'int8', 512: 'uint16', 768: 'uint32', 1024: 'int64', 1280: 'uint64',
};
/** Millimetres in the unit of length (the lowest three bits of xyzt_units); 0 is "not said" and taken for mm. */
const unitMm: Readonly<Record<number, number>> = { 0: 1, 1: 1000, 2: 1, 3: 0.001 };

const headerSize = { 1: 348, 2: 540 } as const;

/** The version, and the order of bytes; undefined when the bytes are no NIfTI header. */
function kindOf(bytes: Uint8Array): { readonly version: 1 | 2; readonly littleEndian: boolean } | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const said = view.getInt32(0, littleEndian);
    for (const version of [1, 2] as const) if (said === headerSize[version]) return { version, littleEndian };
  }
  return undefined;
}

export function isNifti(start: Uint8Array): boolean {
  return kindOf(start) !== undefined;
}

interface Fields {
  readonly magic: string;
  readonly dim: readonly number[];
  readonly pixdim: readonly number[];
  readonly datatype: number;
  readonly voxOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly units: number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly quaternion: readonly [number, number, number];
  readonly quaternionOffset: Vec3;
  /** Rows of the affine, RAS. */
  readonly rows: readonly (readonly number[])[];
}

/** Places of the fields in nifti1.h and nifti2.h. */
function readFields(bytes: Uint8Array, version: 1 | 2, little: boolean): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const float = (at: number): number => (version === 1 ? view.getFloat32(at, little) : view.getFloat64(at, little));
  const floats = (at: number, count: number): number[] => Array.from({ length: count }, (_, n) => float(at + n * (version === 1 ? 4 : 8)));
  const dim = Array.from({ length: 8 }, (_, n) => (version === 1 ? view.getInt16(40 + 2 * n, little) : Number(view.getBigInt64(16 + 8 * n, little))));
  const latin1 = (at: number, count: number): string => Buffer.from(bytes.subarray(at, at + count)).toString('latin1');
  const place = version === 1
    ? { magic: 344, pixdim: 76, datatype: 70, slope: 112, quaternion: 256, offset: 268, rows: 280, row: 16 }
    : { magic: 4, pixdim: 104, datatype: 12, slope: 176, quaternion: 352, offset: 376, rows: 400, row: 32 };
  const [b = 0, c = 0, d = 0] = floats(place.quaternion, 3);
  const [x = 0, y = 0, z = 0] = floats(place.offset, 3);
  const [slope = 0, intercept = 0] = floats(place.slope, 2);
  return {
    magic: latin1(place.magic, 3), dim, pixdim: floats(place.pixdim, 8), datatype: view.getInt16(place.datatype, little), slope, intercept,
    voxOffset: version === 1 ? view.getFloat32(108, little) : Number(view.getBigInt64(168, little)),
    units: version === 1 ? view.getUint8(123) : view.getInt32(500, little),
    qformCode: version === 1 ? view.getInt16(252, little) : view.getInt32(344, little),
    sformCode: version === 1 ? view.getInt16(254, little) : view.getInt32(348, little),
    quaternion: [b, c, d], quaternionOffset: [x, y, z],
    rows: [0, 1, 2].map((row) => floats(place.rows + row * place.row, 4)),
  };
}

/** Columns of the rotation of a unit quaternion (nifti1.h, "METHOD 2"). */
function rotation([b, c, d]: readonly [number, number, number], fault: Fault): Columns3 {
  const rest = 1 - (b * b + c * c + d * d);
  if (!(rest > -1e-4)) throw fault('VOLUME_FILE_GEOMETRY', 'the quaternion is longer than 1');
  const a = Math.sqrt(Math.max(0, rest));
  return [
    [a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)],
    [2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)],
    [2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c],
  ];
}

/** Steps and origin in RAS: the sform where it is set, otherwise the qform. */
function affine(fields: Fields, fault: Fault): { readonly steps: Columns3; readonly origin: Vec3 } {
  const { rows, pixdim } = fields;
  if (fields.sformCode > 0) {
    const column = (n: number): Vec3 => [rows[0]![n]!, rows[1]![n]!, rows[2]![n]!];
    return { steps: [column(0), column(1), column(2)], origin: column(3) };
  }
  // Without either, left and right cannot be told apart.
  if (fields.qformCode <= 0) throw fault('VOLUME_FILE_GEOMETRY', 'neither sform nor qform is set: the file does not say where left and right are');
  const columns = rotation(fields.quaternion, fault);
  const sizes = [pixdim[1]!, pixdim[2]!, pixdim[3]! * (pixdim[0]! < 0 ? -1 : 1)] as const;
  if (!(sizes[0] > 0 && sizes[1] > 0 && pixdim[3]! > 0)) throw fault('VOLUME_FILE_GEOMETRY', 'a distance between voxels is not above 0');
  const step = (n: 0 | 1 | 2): Vec3 => [columns[n][0] * sizes[n], columns[n][1] * sizes[n], columns[n][2] * sizes[n]];
  return { steps: [step(0), step(1), step(2)], origin: fields.quaternionOffset };
}

export function niftiHeaderEnd(bytes: Uint8Array): number | undefined {
  const kind = kindOf(bytes);
  return kind === undefined || bytes.length < headerSize[kind.version] ? undefined : headerSize[kind.version];
}

/** @throws AppError VOLUME_FILE_MALFORMED, VOLUME_FILE_UNSUPPORTED, VOLUME_FILE_GEOMETRY */
export function parseNifti(bytes: Uint8Array, file: string, isCompressed: boolean, fault: Fault): VolumeFileHeader {
  const kind = kindOf(bytes);
  if (kind === undefined || bytes.length < headerSize[kind.version]) throw fault('VOLUME_FILE_TRUNCATED', 'the header is cut');
  const { version, littleEndian } = kind;
  const fields = readFields(bytes, version, littleEndian);
  if (fields.magic !== `n+${version}`) throw fault('VOLUME_FILE_UNSUPPORTED', fields.magic.startsWith('ni') ? 'header and samples in two files (.hdr and .img)' : 'an ANALYZE header, which does not say where left and right are');
  const [dimensions = 0, ...sizes] = fields.dim;
  if (!(dimensions >= 3 && dimensions <= 7) || sizes.slice(3, dimensions).some((size) => size !== 1)) throw fault('VOLUME_FILE_UNSUPPORTED', `${dimensions} dimensions (${sizes.slice(0, 7).join(' x ')}): one volume of three is read`);
  const elementType = types[fields.datatype];
  if (elementType === undefined) throw fault('VOLUME_FILE_UNSUPPORTED', `datatype ${fields.datatype}`);
  const mm = unitMm[fields.units & 7];
  if (mm === undefined) throw fault('VOLUME_FILE_MALFORMED', `xyzt_units ${fields.units}`);
  const { voxOffset } = fields;
  if (!Number.isSafeInteger(voxOffset) || voxOffset < headerSize[version] || voxOffset > longestHeaderBytes) throw fault('VOLUME_FILE_MALFORMED', `vox_offset ${voxOffset}`);
  const { steps, origin } = affine(fields, fault);
  const toLPS = ([x, y, z]: Vec3): Vec3 => [-x * mm, -y * mm, z * mm];
  const scaled = Number.isFinite(fields.slope) && fields.slope !== 0;
  if (scaled && !Number.isFinite(fields.intercept)) throw fault('VOLUME_FILE_MALFORMED', 'scl_inter is not a number');
  return {
    format: `NIfTI-${version}`, size: sizeOf(sizes.slice(0, 3), fault), steps: [toLPS(steps[0]), toLPS(steps[1]), toLPS(steps[2])], origin: toLPS(origin),
    elementType, littleEndian, slope: scaled ? fields.slope : 1, intercept: scaled ? fields.intercept : 0,
    compression: isCompressed ? 'gzip-or-zlib' : 'none', parts: [{ file, skipBytes: voxOffset, skipLines: 0 }],
  };
}
