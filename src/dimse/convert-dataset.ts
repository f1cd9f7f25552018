/** Re-encodes an instance for a peer that does not take it as it is. */
import { encodeDataset } from '../dicom/encode.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import { AppError } from '../errors.ts';

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The data set of a Part 10 file in `target` (explicit or implicit VR little endian), pixel data decoded.
 * The whole instance is in memory meanwhile.
 * Errors: those of parsing, DICOM_UNSUPPORTED_TRANSFER_SYNTAX, DICOM_PIXEL_DECODE_FAILED.
 */
export async function convertDataset(part10: AsyncIterable<Uint8Array>, target: string): Promise<AsyncIterable<Uint8Array>> {
  const bytes = await readAll(part10);
  const { meta, dataset, pixelData, inflated } = parsePart10(bytes);
  const syntax = transferSyntax(meta.transferSyntaxUID);
  if (pixelData === undefined) return one(encodeDataset(dataset, target, { values: 'received' }));
  if (pixelData.kind !== 'native' || syntax.bigEndian) {
    throw new AppError('DICOM_UNSUPPORTED_TRANSFER_SYNTAX', `Pixel data in ${syntax.name} is not decoded for sending`);
  }
  const pixels = (inflated ?? bytes).subarray(pixelData.offset, pixelData.offset + pixelData.length);
  return one(encodeDataset({ ...dataset, '7FE00010': { vr: 'OW', bytes: pixels } }, target, { values: 'received' }));
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
