/** Findings that are true: made from what the phantom knows of its nodules, with outlines in the images' own pixels. */
import type { Finding, FindingOutline, FindingsDocument, Reason, WorldPoint } from '../../../src/findings/types.ts';
import type { PhantomStudy } from '../../../src/phantom/write-phantom.ts';
import type { NoduleTruth } from '../../../src/phantom/types.ts';
import { readHeader } from './read-header.ts';

export interface ImagePosition {
  readonly sopInstanceUID: string;
  readonly frameNumber?: number;
  /** Centre of the top-left pixel, LPS mm. */
  readonly position: WorldPoint;
  /** Signs of the axes of columns and rows: the phantom's images are axial. */
  readonly columnSign: number;
  readonly rowSign: number;
  readonly spacingMm: number;
}

/** Column and row of a point, and how far the image is from it. */
export function pixelOf(image: ImagePosition, point: WorldPoint): { readonly column: number; readonly row: number; readonly distanceMm: number } {
  return {
    column: image.columnSign * (point[0] - image.position[0]) / image.spacingMm,
    row: image.rowSign * (point[1] - image.position[1]) / image.spacingMm,
    distanceMm: Math.abs(point[2] - image.position[2]),
  };
}

/** The ball of the nodule's diameter cut by one image, as a polygon. */
function outlineOn(image: ImagePosition, nodule: NoduleTruth): FindingOutline | undefined {
  const { column, row, distanceMm } = pixelOf(image, nodule.worldPoint);
  const radius = nodule.diameterMm / 2;
  if (distanceMm >= radius) return undefined;
  const pixels = Math.sqrt(radius ** 2 - distanceMm ** 2) / image.spacingMm;
  const polygon = Array.from({ length: 24 }, (_, at) => {
    const angle = (2 * Math.PI * at) / 24;
    return [column + pixels * Math.cos(angle), row + pixels * Math.sin(angle)];
  }).flat();
  return { sopInstanceUID: image.sopInstanceUID, ...(image.frameNumber === undefined ? {} : { frameNumber: image.frameNumber }), polygons: [polygon] };
}

function findingOf(nodule: NoduleTruth, number: number, images: readonly ImagePosition[], probability: number): Finding {
  const [x, y, z] = nodule.worldPoint;
  const nearest = images.toSorted((a, b) => pixelOf(a, nodule.worldPoint).distanceMm - pixelOf(b, nodule.worldPoint).distanceMm)[0]!;
  return {
    trackingUID: `2.25.${number}`, trackingIdentifier: `AI-${number}`, probability, worldPoint: nodule.worldPoint,
    diameterMm: nodule.diameterMm, longAxisMm: nodule.longAxisMm, shortAxisMm: nodule.shortAxisMm,
    volumeMm3: nodule.volumeMm3, meanHU: nodule.meanHU, type: nodule.type,
    ...(nodule.type !== 'part-solid' || nodule.solidDiameterMm === undefined ? {} : { solidDiameterMm: nodule.solidDiameterMm }),
    laterality: x > 0 ? 'left' : 'right', distanceToPleuraMm: 6.4,
    sliceInstanceUID: nearest.sopInstanceUID,
    ...(nearest.frameNumber === undefined ? {} : { sliceFrameNumber: nearest.frameNumber }),
    longAxisWorld: [[x - nodule.longAxisMm / 2, y, z], [x + nodule.longAxisMm / 2, y, z]],
    shortAxisWorld: [[x, y - nodule.shortAxisMm / 2, z], [x, y + nodule.shortAxisMm / 2, z]],
    outlines: images.map((image) => outlineOn(image, nodule)).filter((outline) => outline !== undefined),
  };
}

/** Where each image of the phantom lies. */
export function imagePositions(study: PhantomStudy): readonly ImagePosition[] {
  return study.instances.flatMap(({ part10 }) => readHeader(part10));
}

export function analysedDocument(study: PhantomStudy, warnings: readonly Reason[] = []): FindingsDocument {
  const images = imagePositions(study);
  const { truth } = study;
  return {
    ...documentFields(truth.studyInstanceUID), status: 'analysed', seriesInstanceUID: truth.seriesInstanceUID, frameOfReferenceUID: truth.frameOfReferenceUID, warnings,
    seriesAssessments: [{ seriesInstanceUID: truth.seriesInstanceUID, eligible: true, score: 1, reasons: [] }],
    findings: truth.nodules.map((nodule, at) => findingOf(nodule, at + 1, images, Math.max(0.55, 0.97 - 0.06 * at))),
  };
}

export function refusedDocument(studyInstanceUID: string, reason: Reason): FindingsDocument {
  return { ...documentFields(studyInstanceUID), status: 'not-analysed', reason, warnings: [], seriesAssessments: [], findings: [] };
}

export function documentFields(studyInstanceUID: string): Pick<FindingsDocument, 'schemaVersion' | 'studyInstanceUID' | 'model' | 'operatingPoint' | 'quality' | 'timingsMs' | 'inputHash'> {
  return {
    schemaVersion: '1.0', studyInstanceUID, operatingPoint: 0.5, quality: {}, timingsMs: { total: 1000 }, inputHash: '0'.repeat(64),
    model: { id: 'reference', version: '1.0.0', sha256: '0'.repeat(64), name: 'Reference truth' },
  };
}
