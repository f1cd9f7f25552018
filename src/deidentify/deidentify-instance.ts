/** A Part 10 file without who it is about: preamble, file meta information and compressed pixels are made anew. */
import { text } from '../dicom/access.ts';
import { putBytes } from '../dicom/build.ts';
import { encodePart10 } from '../dicom/encode.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { transcodeToNative } from '../dicom/transcode.ts';
import { keywordOf } from '../dicom/tags.ts';
import type { DeidentifyContext } from './context.ts';
import { deidentifyDataset, pictureRefusal } from './deidentify-dataset.ts';

export type DeidentifiedInstance =
  | { readonly part10: Uint8Array; readonly sopInstanceUID: string; readonly seriesInstanceUID: string; readonly studyInstanceUID: string; readonly sopClassUID: string }
  | { readonly refused: string };

/**
 * Pixels are written uncompressed: a compressed stream has comments of its own, which no attribute tells of.
 *
 * @throws AppError of the parser and the decoders
 */
export async function deidentifyInstance(part10: Uint8Array, context: DeidentifyContext): Promise<DeidentifiedInstance> {
  const refused = pictureRefusal(parsePart10(part10).dataset);
  if (refused !== undefined) return { refused };
  const bytes = await transcodeToNative(part10);
  const { dataset, pixelData } = parsePart10(bytes);
  const result = deidentifyDataset(dataset, context);
  if (pixelData?.kind === 'native' && keywordOf(pixelData.tag) === 'PixelData') putBytes(result, 'PixelData', pixelData.vr, bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length));
  else if (pixelData !== undefined) return { refused: 'pixels that are not of an image' };
  return {
    part10: encodePart10(result, { values: 'received' }), sopInstanceUID: text(result, 'SOPInstanceUID') ?? '', seriesInstanceUID: text(result, 'SeriesInstanceUID') ?? '',
    studyInstanceUID: text(result, 'StudyInstanceUID') ?? '', sopClassUID: text(result, 'SOPClassUID') ?? '',
  };
}
