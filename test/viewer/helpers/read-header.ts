import { items, numbers, text } from '../../../src/dicom/access.ts';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { parsePart10 } from '../../../src/dicom/parse.ts';
import type { ImagePosition } from './reference-findings.ts';

function functionalGroup(group: Dataset | undefined, macro: 'PlanePositionSequence' | 'PlaneOrientationSequence' | 'PixelMeasuresSequence'): Dataset {
  return (group === undefined ? undefined : items(group, macro)[0]) ?? {};
}

/** Where the image, or each frame of it, lies; for axial images only. */
export function readHeader(part10: Uint8Array): readonly ImagePosition[] {
  const { dataset } = parsePart10(part10);
  const sopInstanceUID = text(dataset, 'SOPInstanceUID')!;
  const [shared] = items(dataset, 'SharedFunctionalGroupsSequence');
  const frames = items(dataset, 'PerFrameFunctionalGroupsSequence');
  const make = (at: Dataset, orientation: Dataset, measures: Dataset, frameNumber?: number): ImagePosition => {
    const [x, y, z] = numbers(at, 'ImagePositionPatient')!;
    const axes = numbers(orientation, 'ImageOrientationPatient')!;
    return {
      sopInstanceUID, ...(frameNumber === undefined ? {} : { frameNumber }), position: [x!, y!, z!],
      columnSign: axes[0]!, rowSign: axes[4]!, spacingMm: numbers(measures, 'PixelSpacing')![0]!,
    };
  };
  if (frames.length === 0) return [make(dataset, dataset, dataset)];
  return frames.map((frame, index) => make(
    functionalGroup(frame, 'PlanePositionSequence'),
    { ...functionalGroup(shared, 'PlaneOrientationSequence'), ...functionalGroup(frame, 'PlaneOrientationSequence') },
    functionalGroup(shared, 'PixelMeasuresSequence'), index + 1,
  ));
}
