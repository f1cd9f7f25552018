/** One segment of a segmentation: the description of a finding (PS3.3 C.8.20.4). */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Finding } from '../findings/types.ts';
import { codeItem, dcm, lateralityCodes, lobeCodes, sct } from './codes.ts';
import { manufacturer, short } from './common-modules.ts';
import type { ResultInput } from './input.ts';

/** L* 0..100, a* and b* −128..127: bright, distinct on grey, told apart by colour-blind readers as far as possible. */
const colours: readonly (readonly [number, number, number])[] = [
  [75, 24, 78], [66, -19, -40], [62, -50, 30], [60, 62, 32], [88, -14, 80], [60, 55, -45], [80, -35, -10], [72, 20, 25],
];

/** RecommendedDisplayCIELabValue (PS3.3 C.10.7.1.1). */
export function encodeCIELab([lightness, a, b]: readonly [number, number, number]): readonly [number, number, number] {
  return [Math.round((lightness / 100) * 65_535), Math.round(((a + 128) / 255) * 65_535), Math.round(((b + 128) / 255) * 65_535)];
}

/** Where in the lungs, as a code item; the side goes into a modifier. */
export function anatomicRegion(finding: Pick<Finding, 'laterality' | 'lobe'>): Dataset {
  const region = codeItem(finding.lobe === undefined ? sct.lung : lobeCodes[finding.lobe]);
  if (finding.laterality !== 'unknown') put(region, 'AnatomicRegionModifierSequence', codeItem(lateralityCodes[finding.laterality]));
  return region;
}

function algorithm(input: ResultInput): Dataset {
  const item: Dataset = {};
  put(item, 'AlgorithmFamilyCodeSequence', codeItem(dcm.artificialIntelligence));
  put(item, 'AlgorithmName', short(`${manufacturer} ${input.findings.model.id}`));
  put(item, 'AlgorithmVersion', short(input.findings.model.version));
  put(item, 'AlgorithmSource', manufacturer);
  return item;
}

export interface SegmentLabel {
  readonly finding: Pick<Finding, 'trackingIdentifier' | 'trackingUID' | 'laterality' | 'lobe'>;
  readonly description: string;
  readonly algorithmType: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
}

export function automaticSegment(finding: Finding): SegmentLabel {
  return { finding, description: `AI finding, mean diameter ${finding.diameterMm.toFixed(1)} mm, not verified`, algorithmType: 'AUTOMATIC' };
}

export function segmentItem(input: ResultInput, { finding, description, algorithmType }: SegmentLabel, segmentNumber: number): Dataset {
  const segment: Dataset = {};
  put(segment, 'SegmentNumber', segmentNumber);
  put(segment, 'SegmentLabel', short(finding.trackingIdentifier));
  put(segment, 'SegmentDescription', short(description));
  put(segment, 'SegmentAlgorithmType', algorithmType);
  if (algorithmType !== 'MANUAL') {
    put(segment, 'SegmentAlgorithmName', short(`${manufacturer} ${input.findings.model.id}`));
    put(segment, 'SegmentationAlgorithmIdentificationSequence', algorithm(input));
  }
  put(segment, 'SegmentedPropertyCategoryCodeSequence', codeItem(sct.morphologicallyAbnormal));
  put(segment, 'SegmentedPropertyTypeCodeSequence', codeItem(sct.nodule));
  put(segment, 'AnatomicRegionSequence', anatomicRegion(finding));
  put(segment, 'TrackingID', finding.trackingIdentifier);
  put(segment, 'TrackingUID', finding.trackingUID);
  put(segment, 'RecommendedDisplayCIELabValue', ...encodeCIELab(colours[(segmentNumber - 1) % colours.length] ?? [75, 24, 78]));
  return segment;
}
