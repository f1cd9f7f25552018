/**
 * The measurement groups of one finding (PS3.16): TID 1411, volumetric, with the segment; TID 1410, planar, with the
 * outline on the image where the axes were measured. Both carry the same tracking UID: it is one finding.
 */
import type { Dataset } from '../dicom/dataset.ts';
import { noteText, statesVolume } from '../findings/notes.ts';
import type { Finding } from '../findings/types.ts';
import { worldToIndex } from '../volume/geometry.ts';
import { code, container, image, num, scoord, scoord3d, textItem, uidReference } from './content-item.ts';
import type { SopReference } from './content-item.ts';
import { dcm, lateralityCodes, lobeCodes, noduleTypeCodes, other, phoi, sct } from './codes.ts';
import { manufacturer } from './common-modules.ts';
import type { ResultInput } from './input.ts';
import { keySlice, largestPolygon } from './key-slice.ts';
import { frameOfReference } from './references.ts';
import { segmentationStorage } from './seg.ts';

function identification(input: ResultInput, finding: Finding): readonly Dataset[] {
  const { model, operatingPoint } = input.findings;
  return [
    textItem('HAS OBS CONTEXT', dcm.trackingIdentifier, finding.trackingIdentifier),
    uidReference('HAS OBS CONTEXT', dcm.trackingUniqueIdentifier, finding.trackingUID),
    code('CONTAINS', sct.findingCategory, sct.morphologicallyAbnormal),
    code('CONTAINS', dcm.finding, sct.nodule),
    textItem('HAS CONCEPT MOD', dcm.algorithmName, `${manufacturer} ${model.id}`),
    textItem('HAS CONCEPT MOD', dcm.algorithmVersion, model.version),
    textItem('HAS CONCEPT MOD', dcm.algorithmManufacturer, manufacturer),
    code('HAS CONCEPT MOD', dcm.algorithmFamily, dcm.artificialIntelligence),
    textItem('HAS CONCEPT MOD', dcm.algorithmParameters, `operating point ${operatingPoint}; model sha256 ${model.sha256}`),
  ];
}

function site(finding: Finding): Dataset {
  const laterality = finding.laterality === 'unknown' ? [] : [code('HAS CONCEPT MOD', sct.laterality, lateralityCodes[finding.laterality])];
  return code('CONTAINS', sct.findingSite, finding.lobe === undefined ? sct.lung : lobeCodes[finding.lobe], laterality);
}

function meanDiameter(finding: Finding): Dataset {
  return num('CONTAINS', sct.diameter, finding.diameterMm, other.millimetre, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)]);
}

function evaluations(finding: Finding): readonly Dataset[] {
  return [
    code('CONTAINS', phoi.composition, noduleTypeCodes[finding.type]),
    ...(finding.notes ?? []).map(noteText).map(({ en, vi }) => textItem('CONTAINS', phoi.limitation, en === vi ? en : `${en} / ${vi}`)),
  ];
}

function sourceImages(input: ResultInput, finding: Finding): readonly Dataset[] {
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

/** TID 1411 with the segment, or with a point where the mask was empty. */
export function volumetricGroup(input: ResultInput, finding: Finding, segment: { readonly sopInstanceUID: string; readonly segmentNumber: number }): Dataset {
  const sources = sourceImages(input, finding);
  const series = input.findings.seriesInstanceUID;
  return container('CONTAINS', dcm.measurementGroup, [
    ...identification(input, finding),
    image('CONTAINS', dcm.referencedSegment, { sopClassUID: segmentationStorage, ...segment }),
    ...(sources.length > 0 || series === undefined ? sources : [uidReference('CONTAINS', dcm.sourceSeriesForSegmentation, series)]),
    site(finding),
    meanDiameter(finding),
    ...(statesVolume(finding) ? [num('CONTAINS', sct.volume, finding.volumeMm3, other.cubicMillimetre, [code('HAS CONCEPT MOD', sct.measurementMethod, dcm.sumOfSegmentedVoxels)])] : []),
    num('CONTAINS', dcm.attenuationCoefficient, finding.meanHU, other.hounsfield, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)]),
    num('CONTAINS', dcm.certaintyOfFinding, finding.probability * 100, other.percent),
    ...(finding.distanceToPleuraMm === undefined ? [] : [num('CONTAINS', phoi.distanceToPleura, finding.distanceToPleuraMm, other.millimetre)]),
    ...evaluations(finding),
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

function region(input: ResultInput, finding: Finding, on: SopReference | undefined): Dataset {
  const polygon = largestPolygon(finding);
  const [column, row] = polygon ?? [];
  if (polygon !== undefined && on !== undefined && column !== undefined && row !== undefined) {
    // A closed polyline: its last point is its first (PS3.3 C.18.6.1.2).
    return scoord('CONTAINS', dcm.imageRegion, 'POLYLINE', [...polygon, column, row], on);
  }
  return scoord3d('CONTAINS', dcm.imageRegion, 'POINT', finding.worldPoint, frameOfReference(input));
}

/** TID 1410: outline and axes on the key image. `complete` adds what otherwise stands in the volumetric group. */
export function planarGroup(input: ResultInput, finding: Finding, complete: boolean): Dataset {
  const on = keySlice(input, finding);
  return container('CONTAINS', dcm.measurementGroup, [
    ...identification(input, finding),
    region(input, finding, on),
    site(finding),
    num('CONTAINS', sct.longAxis, finding.longAxisMm, other.millimetre, axisPath(input, finding.longAxisWorld, on)),
    num('CONTAINS', sct.shortAxis, finding.shortAxisMm, other.millimetre, axisPath(input, finding.shortAxisWorld, on)),
    meanDiameter(finding),
    ...(finding.solidDiameterMm === undefined ? [] : [num('CONTAINS', phoi.solidDiameter, finding.solidDiameterMm, other.millimetre)]),
    ...(complete ? [num('CONTAINS', dcm.certaintyOfFinding, finding.probability * 100, other.percent), ...evaluations(finding)] : []),
  ], '1410');
}
