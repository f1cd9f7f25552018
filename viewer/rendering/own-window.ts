/** The window of images that are no CT: Hounsfield presets mean nothing there. */
import { numberOf, textOf, type JsonDataset } from '../dicom-json.ts';
import type { SlicePixels } from './slice-pixels.ts';
import type { Window } from './types.ts';

const tag = { sopClass: '00080016', modality: '00080060', centre: '00281050', width: '00281051', bitsStored: '00280101', slope: '00281053', intercept: '00281052' } as const;
/** Secondary Capture and its multi-frame forms: a picture of something, whatever its modality says. */
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** True where the values are Hounsfield units, and the window that the reader has chosen holds. */
export function isHounsfield(attributes: JsonDataset): boolean {
  const sopClass = textOf(attributes, tag.sopClass) ?? '';
  return textOf(attributes, tag.modality) === 'CT' && sopClass !== secondaryCapture && !sopClass.startsWith(`${secondaryCapture}.`);
}

/** As the image asks for it; else all that 8 bits can hold, or what its values span. Undefined for colours. */
export function ownWindow(attributes: JsonDataset, pixels: SlicePixels): Window | undefined {
  if (pixels.kind !== 'grey') return undefined;
  const [centre, width] = [numberOf(attributes, tag.centre), numberOf(attributes, tag.width)];
  if (centre !== undefined && width !== undefined && width > 0) return { centre, width };
  const bits = numberOf(attributes, tag.bitsStored) ?? 16;
  let [lowest, highest] = [Infinity, -Infinity];
  if (bits <= 8 && numberOf(attributes, tag.slope) === undefined) [lowest, highest] = [0, 2 ** bits - 1];
  else {
    for (const value of pixels.values) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  return { centre: (lowest + highest) / 2, width: Math.max(1, highest - lowest) };
}
