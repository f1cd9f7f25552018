/** Lossy compression of the images, which what is made of them inherits (PS3.3 C.7.6.1.1.5). */
import { text } from '../dicom/access.ts';
import { copy } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { copiedModules } from './common-modules.ts';

export function isLossy(header: Dataset): boolean {
  return text(header, 'LossyImageCompression') === '01';
}

/** Patient and study attributes, with the history of lossy compression. */
export function copiedImageModules(header: Dataset): Dataset {
  const copied = copiedModules(header);
  if (isLossy(header)) copy(header, copied, ['LossyImageCompressionRatio', 'LossyImageCompressionMethod']);
  return copied;
}
