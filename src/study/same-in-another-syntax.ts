/**
 * Whether two files hold the same data set in two native little-endian transfer syntaxes: a PACS that repeats itself may
 * negotiate another one. Where equality would need decoding, or is not plain, the answer is no: the instance is then kept
 * as a conflict (docs/adr/0003-archive-and-duplicates.md).
 */
import { encodeDataset } from '../dicom/encode.ts';
import { parsePart10, type ParsedInstance } from '../dicom/parse.ts';
import { deflatedExplicitVRLittleEndian, explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';

const nativeLittleEndian = new Set([implicitVRLittleEndian, explicitVRLittleEndian, deflatedExplicitVRLittleEndian]);
/** Both files are read whole for the comparison; larger ones are not compared. */
const largestComparedBytes = 64 * 1024 * 1024;

interface Candidate {
  readonly transferSyntaxUID: string;
  readonly sizeBytes: number;
}

/** True where the comparison can be made at all. */
export function isComparable(a: Candidate, b: Candidate): boolean {
  return a.transferSyntaxUID !== b.transferSyntaxUID
    && [a, b].every(({ transferSyntaxUID, sizeBytes }) => nativeLittleEndian.has(transferSyntaxUID) && sizeBytes <= largestComparedBytes);
}

function pixelBytes(file: Uint8Array, { pixelData, inflated }: ParsedInstance): Uint8Array | undefined {
  if (pixelData === undefined) return new Uint8Array(0);
  return pixelData.kind === 'native' ? (inflated ?? file).subarray(pixelData.offset, pixelData.offset + pixelData.length) : undefined;
}

/** Compares attributes in one common encoding, which has no VRs that could differ, and the pixel bytes. */
export function holdSameDataset(a: Uint8Array, b: Uint8Array): boolean {
  const [first, second] = [parsePart10(a), parsePart10(b)];
  const [firstPixels, secondPixels] = [pixelBytes(a, first), pixelBytes(b, second)];
  if (firstPixels === undefined || secondPixels === undefined || Buffer.compare(firstPixels, secondPixels) !== 0) return false;
  const encoded = (instance: ParsedInstance): Uint8Array => encodeDataset(instance.dataset, implicitVRLittleEndian, { values: 'received' });
  return Buffer.compare(encoded(first), encoded(second)) === 0;
}
