/** The sample types of volume files, by one name for all formats. */
export type ElementType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'float64';

export const elementBytes: Readonly<Record<ElementType, number>> = {
  int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float32: 4, float64: 8,
};

type Samples = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;

const arrays: Readonly<Record<ElementType, new (buffer: ArrayBuffer) => Samples>> = {
  int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array,
  int64: BigInt64Array, uint64: BigUint64Array, float32: Float32Array, float64: Float64Array,
};

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

/** Whole samples of `bytes` (a multiple of the sample's size) as numbers; copies, so that alignment does not matter. */
export function decodeSamples(bytes: Uint8Array, type: ElementType, littleEndian: boolean): ArrayLike<number> {
  const buffer = new ArrayBuffer(bytes.byteLength);
  const copy = Buffer.from(buffer);
  copy.set(bytes);
  if (littleEndian !== hostIsLittleEndian) swap(copy, elementBytes[type]);
  const samples = new arrays[type](buffer);
  return samples instanceof BigInt64Array || samples instanceof BigUint64Array ? Float64Array.from(samples, Number) : samples;
}
