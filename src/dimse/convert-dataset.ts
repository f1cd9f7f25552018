/** Re-encodes an instance for a peer that does not take it as it is. */
import { encodeDataset, fileMeta } from '../dicom/encode.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { transcodeToNative } from '../dicom/transcode.ts';
import { explicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { AppError } from '../errors.ts';

const pixelDataTag = '7FE00010';

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
export async function convertDataset(part10: AsyncIterable<Uint8Array>, target: string): Promise<Uint8Array> {
  const bytes = await transcodeToNative(await readAll(part10));
  const { dataset, pixelData, datasetOffset } = parsePart10(bytes);
  if (target === explicitVRLittleEndian) return bytes.subarray(datasetOffset);
  if (pixelData === undefined) return encodeDataset(dataset, target, { values: 'received' });
  if (pixelData.kind !== 'native') throw new AppError('DICOM_UNSUPPORTED_TRANSFER_SYNTAX', 'The pixel data could not be made native');
  const pixels = bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length);
  return encodeDataset({ ...dataset, [pixelDataTag]: { vr: 'OW', bytes: pixels } }, target, { values: 'received' });
}

/** The same with preamble and meta information. */
export async function convertPart10(
  part10: AsyncIterable<Uint8Array>, instance: { readonly sopClassUID: string; readonly sopInstanceUID: string }, target: string,
): Promise<AsyncIterable<Uint8Array>> {
  const dataset = await convertDataset(part10, target);
  const meta = fileMeta({ sopClassUID: instance.sopClassUID, sopInstanceUID: instance.sopInstanceUID, transferSyntaxUID: target });
  return (async function* () {
    yield meta;
    yield dataset;
  })();
}
