/**
 * The measurement groups of one finding (PS3.16): TID 1411, volumetric, with the segment; TID 1410, planar, with the
 * outline on the image where the axes were measured. Both carry the same tracking UID: it is one finding.
 */
import type { Dataset } from '../dicom/dataset.ts';
import { noteText, statesAttenuation, statesVolume } from '../findings/notes.ts';
import type { Finding } from '../findings/types.ts';
import { worldToIndex } from '../volume/geometry.ts';
import { code, container, image, num, scoord, scoord3d, textItem, uidReference } from './content-item.ts';
import type { SopReference } from './content-item.ts';
import { type CodedConcept, dcm, lateralityCodes, lobeCodes, noduleTypeCodes, other, phoi, sct } from './codes.ts';
import { manufacturer } from './common-modules.ts';
import type { ResultInput } from './input.ts';
import { keySlice, largestPolygon } from './key-slice.ts';
import { frameOfReference } from './references.ts';
import { segmentationStorage } from './seg.ts';

/** A finding of the AI, or one that a reader added, which has no probability. */
export type GroupFinding = Omit<Finding, 'probability'> & { readonly probability?: number };

/** What a value of a group is about, for what is said beside it. */
export type GroupValue = 'longAxisMm' | 'shortAxisMm' | 'diameterMm' | 'solidDiameterMm' | 'volumeMm3' | 'type' | 'site';

export interface GroupOptions {
  /** False where a person found it: then no algorithm is named (TID 4019). */
  readonly isByAlgorithm: boolean;
  /** Further children of a value. */
  readonly propertiesOf: (value: GroupValue) => readonly Dataset[];
  /** Axes whose end points no longer belong to their length. */
  readonly withoutPath: readonly ('longAxisMm' | 'shortAxisMm')[];
  /** Further items of the group that holds the evaluations. */
  readonly evaluations: readonly Dataset[];
}

export const plainGroup: GroupOptions = { isByAlgorithm: true, propertiesOf: () => [], withoutPath: [], evaluations: [] };

/** Tracking (TID 1501), the same in every group of the finding. */
export function tracking({ trackingIdentifier, trackingUID }: Pick<Finding, 'trackingIdentifier' | 'trackingUID'>): readonly Dataset[] {
  return [
    textItem('HAS OBS CONTEXT', dcm.trackingIdentifier, trackingIdentifier),
    uidReference('HAS OBS CONTEXT', dcm.trackingUniqueIdentifier, trackingUID),
  ];
}

/** TID 4019. */
export function algorithmIdentification({ findings: { model, operatingPoint } }: Pick<ResultInput, 'findings'>): readonly Dataset[] {
  return [
    textItem('HAS CONCEPT MOD', dcm.algorithmName, `${manufacturer} ${model.id}`),
    textItem('HAS CONCEPT MOD', dcm.algorithmVersion, model.version),
    textItem('HAS CONCEPT MOD', dcm.algorithmManufacturer, manufacturer),
    code('HAS CONCEPT MOD', dcm.algorithmFamily, dcm.artificialIntelligence),
    textItem('HAS CONCEPT MOD', dcm.algorithmParameters, `operating point ${operatingPoint}; model sha256 ${model.sha256}`),
  ];
}

function identification(input: ResultInput, finding: GroupFinding, { isByAlgorithm }: GroupOptions): readonly Dataset[] {
  return [
    ...tracking(finding),
    code('CONTAINS', sct.findingCategory, sct.morphologicallyAbnormal),
    code('CONTAINS', dcm.finding, sct.nodule),
    ...(isByAlgorithm ? algorithmIdentification(input) : []),
  ];
}

/** Where in the lungs; `name` and `relationship` for a place that is told of as something else than the finding's. */
export function siteItem({ laterality, lobe }: Pick<Finding, 'laterality' | 'lobe'>, children: readonly Dataset[] = [], name: CodedConcept = sct.findingSite, relationship: 'CONTAINS' | 'HAS PROPERTIES' = 'CONTAINS'): Dataset {
  const side = laterality === 'unknown' ? [] : [code('HAS CONCEPT MOD', sct.laterality, lateralityCodes[laterality])];
  return code(relationship, name, lobe === undefined ? sct.lung : lobeCodes[lobe], [...side, ...children]);
}

function meanDiameter(finding: GroupFinding, { propertiesOf }: GroupOptions): Dataset {
  return num('CONTAINS', sct.diameter, finding.diameterMm, other.millimetre, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean), ...propertiesOf('diameterMm')]);
}

/** Of the nodule as a whole, whatever image it is seen on. */
function wholeNodule(finding: GroupFinding, options: GroupOptions): readonly Dataset[] {
  return [
    ...(statesVolume(finding) ? [num('CONTAINS', sct.volume, finding.volumeMm3, other.cubicMillimetre, [
      code('HAS CONCEPT MOD', sct.measurementMethod, dcm.sumOfSegmentedVoxels), ...options.propertiesOf('volumeMm3'),
    ])] : []),
    ...(statesAttenuation(finding) ? [num('CONTAINS', dcm.attenuationCoefficient, finding.meanHU, other.hounsfield, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)])] : []),
    ...certainty(finding),
    ...(finding.distanceToPleuraMm === undefined ? [] : [num('CONTAINS', phoi.distanceToPleura, finding.distanceToPleuraMm, other.millimetre)]),
    ...evaluations(finding, options),
  ];
}

function certainty({ probability }: GroupFinding): readonly Dataset[] {
  return probability === undefined ? [] : [num('CONTAINS', dcm.certaintyOfFinding, probability * 100, other.percent)];
}

function evaluations(finding: GroupFinding, options: GroupOptions): readonly Dataset[] {
  return [
    code('CONTAINS', phoi.composition, noduleTypeCodes[finding.type], options.propertiesOf('type')),
    ...options.evaluations,
    ...(finding.notes ?? []).map(noteText).map(({ en, vi }) => textItem('CONTAINS', phoi.limitation, en === vi ? en : `${en} / ${vi}`)),
  ];
}

function sourceImages(input: ResultInput, finding: GroupFinding): readonly Dataset[] {
  const seen = new Set<string>();
  return finding.outlines.flatMap((outline) => {
    const reference = outlineReference(input, outline.sopInstanceUID, outline.frameNumber);
    const key = `${outline.sopInstanceUID}#${outline.frameNumber ?? 0}`;
    if (reference === undefined || seen.has(key)) return [];
    seen.add(key);
    return [image('CONTAINS', dcm.sourceImageForSegmentation, reference)];
  });
}

function outlineReference(input: ResultInput, sopInstanceUID: string, frameNumber: number | undefined): SopReference | undefined {
  const found = input.sourceHeaders.references.find((reference) => reference.sopInstanceUID === sopInstanceUID);
  return found === undefined ? undefined : { ...found, ...(frameNumber === undefined ? {} : { frameNumber }) };
}

/** TID 1411 with the segment. */
export function volumetricGroup(
  input: ResultInput, finding: GroupFinding, segment: { readonly sopInstanceUID: string; readonly segmentNumber: number }, options: GroupOptions = plainGroup,
): Dataset {
  const sources = sourceImages(input, finding);
  const series = input.findings.seriesInstanceUID;
  return container('CONTAINS', dcm.measurementGroup, [
    ...identification(input, finding, options),
    image('CONTAINS', dcm.referencedSegment, { sopClassUID: segmentationStorage, ...segment }),
    ...(sources.length > 0 || series === undefined ? sources : [uidReference('CONTAINS', dcm.sourceSeriesForSegmentation, series)]),
    scoord3d('CONTAINS', dcm.center, 'POINT', finding.worldPoint, frameOfReference(input)),
    siteItem(finding, options.propertiesOf('site')),
    meanDiameter(finding, options),
    ...wholeNodule(finding, options),
  ], '1411');
}

type Axis = Finding['longAxisWorld'];

/** Where an axis was measured, as a line on the key image. */
function axisPath(input: ResultInput, axis: Axis, on: SopReference | undefined): readonly Dataset[] {
  const geometry = input.volume?.geometry;
  if (geometry === undefined || on === undefined) return [];
  const columnRow = axis.flatMap((point) => worldToIndex(geometry, point).slice(0, 2));
  return [scoord('INFERRED FROM', dcm.path, 'POLYLINE', columnRow, on)];
}

function region(input: ResultInput, finding: GroupFinding, on: SopReference | undefined): Dataset {
  const polygon = largestPolygon(finding);
  const [column, row] = polygon ?? [];
  if (polygon !== undefined && on !== undefined && column !== undefined && row !== undefined) {
    // A closed polyline: its last point is its first (PS3.3 C.18.6.1.2).
    return scoord('CONTAINS', dcm.imageRegion, 'POLYLINE', [...polygon, column, row], on);
  }
  return scoord3d('CONTAINS', dcm.imageRegion, 'POINT', finding.worldPoint, frameOfReference(input));
}

/** TID 1410: outline and axes on the key image. `complete` adds what otherwise stands in the volumetric group. */
export function planarGroup(input: ResultInput, finding: GroupFinding, complete: boolean, options: GroupOptions = plainGroup): Dataset {
  const on = keySlice(input, finding);
  const pathOn = (axis: 'longAxisMm' | 'shortAxisMm'): SopReference | undefined => (options.withoutPath.includes(axis) ? undefined : on);
  return container('CONTAINS', dcm.measurementGroup, [
    ...identification(input, finding, options),
    region(input, finding, on),
    siteItem(finding, options.propertiesOf('site')),
    num('CONTAINS', sct.longAxis, finding.longAxisMm, other.millimetre, [...axisPath(input, finding.longAxisWorld, pathOn('longAxisMm')), ...options.propertiesOf('longAxisMm')]),
    num('CONTAINS', sct.shortAxis, finding.shortAxisMm, other.millimetre, [...axisPath(input, finding.shortAxisWorld, pathOn('shortAxisMm')), ...options.propertiesOf('shortAxisMm')]),
    meanDiameter(finding, options),
    ...(finding.solidDiameterMm === undefined ? [] : [num('CONTAINS', phoi.solidDiameter, finding.solidDiameterMm, other.millimetre, options.propertiesOf('solidDiameterMm'))]),
    ...(complete ? wholeNodule(finding, options) : []),
  ], '1410');
}
