/** One finding of `findings.json` from a scored candidate. */
import { uidFromName } from '../dicom/uid.ts';
import { lateralityAt, lobeAt } from '../findings/lung-location.ts';
import type { LungMask } from '../findings/lung-mask.ts';
import type { Measurement } from '../findings/measure.ts';
import type { Finding, FindingOutline, WorldPoint } from '../findings/types.ts';
import { worldToIndex } from '../volume/geometry.ts';
import type { ScoredCandidate } from './find-nodules.ts';
import { round } from './round.ts';
import type { MaskBox, SliceReference, Volume } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';

export const roundPoint = (point: WorldPoint): WorldPoint => [round(point[0], 3), round(point[1], 3), round(point[2], 3)];

/** Slices within one of these hold no image of their own. */
export function isBesideGap(volume: Volume, fromSlice: number, toSlice: number): boolean {
  return volume.slices.slice(Math.max(0, fromSlice - 1), toSlice + 2).some(({ interpolated }) => interpolated === true);
}

/** The image nearest to a slice, itself where it has one. */
export function imageAt(volume: Volume, slice: number): SliceReference | undefined {
  const images = volume.slices.map((reference, k) => ({ reference, away: Math.abs(k - slice) })).filter(({ reference }) => reference.interpolated !== true);
  return images.reduce<(typeof images)[number] | undefined>((best, current) => (best && best.away <= current.away ? best : current), undefined)?.reference;
}

function outlinesOf(volume: Volume, outlines: Measurement['slices']['outlines']): readonly FindingOutline[] {
  return [...outlines].flatMap(([slice, polygons]): readonly FindingOutline[] => {
    const reference = volume.slices[slice];
    if (!reference || reference.interpolated === true) return [];
    return [{
      sopInstanceUID: reference.sopInstanceUID,
      ...(reference.frameNumber !== undefined && { frameNumber: reference.frameNumber }),
      polygons: polygons.map((polygon) => polygon.map((value) => round(value, 2))),
    }];
  });
}

export interface FindingContext {
  readonly volume: Volume;
  readonly lungs: LungMask;
  readonly lungsComplete: boolean;
  /** What makes the tracking UID unique: series, input and model. */
  readonly identity: string;
}

/** What was measured, without who found it and how sure. */
export type MeasuredValues = Omit<Finding, 'probability' | 'trackingUID' | 'trackingIdentifier'>;

export function measuredValues(context: Omit<FindingContext, 'identity'>, measurement: Measurement): MeasuredValues {
  const { volume, lungs } = context;
  const { worldPoint, slices: { axes, outlines, box } } = measurement;
  const laterality = lateralityAt(lungs, worldPoint);
  const lobe = lobeAt(lungs, worldPoint, laterality, context.lungsComplete);
  const image = imageAt(volume, axes.slice);
  const gap = isBesideGap(volume, box.start[2], box.start[2] + box.size[2] - 1);
  const notes = [...measurement.notes, ...(gap ? ['gap-nearby'] : [])];
  const longAxisMm = round(axes.longMm, 2);
  const shortAxisMm = round(axes.shortMm, 2);
  return {
    worldPoint: roundPoint(worldPoint),
    diameterMm: round((axes.longMm + axes.shortMm) / 2, 2),
    longAxisMm,
    shortAxisMm,
    volumeMm3: round(measurement.volumeMm3, 2),
    meanHU: Math.round(measurement.meanHU),
    type: measurement.type,
    ...(measurement.solidDiameterMm !== undefined && { solidDiameterMm: round(measurement.solidDiameterMm, 2) }),
    laterality,
    ...(lobe && { lobe }),
    distanceToPleuraMm: round(measurement.distanceToPleuraMm, 1),
    sliceInstanceUID: image?.sopInstanceUID ?? '',
    ...(image?.frameNumber !== undefined && { sliceFrameNumber: image.frameNumber }),
    longAxisWorld: [roundPoint(axes.longWorld[0]), roundPoint(axes.longWorld[1])],
    shortAxisWorld: [roundPoint(axes.shortWorld[0]), roundPoint(axes.shortWorld[1])],
    outlines: outlinesOf(volume, outlines),
    ...(notes.length > 0 && { notes }),
  };
}

/** @param number its place in the list, from 1 */
export function buildFinding(context: FindingContext, number: number, { probability, scores }: Pick<ScoredCandidate, 'probability' | 'scores'>, measurement: Measurement): Finding {
  return {
    trackingUID: uidFromName(`${context.identity}\n${number}\n${roundPoint(measurement.worldPoint).join(' ')}`),
    trackingIdentifier: `Nodule ${number}`,
    probability: round(probability, 4),
    ...measuredValues(context, measurement),
    ...(scores && { modelScores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, round(score, 4)])) }),
  };
}

/** Part of the smaller mask that the other covers, above which both are one lesion: two nodules do not grow through each other. */
const sharedPart = 1 / 3;

function voxelsOf({ data }: MaskBox): number {
  return data.reduce((sum, value) => sum + value, 0);
}

function shared(a: MaskBox, b: MaskBox): number {
  const low = a.start.map((start, axis) => Math.max(start, b.start[axis as 0 | 1 | 2])) as [number, number, number];
  const high = a.start.map((start, axis) => Math.min(start + a.size[axis as 0 | 1 | 2], b.start[axis as 0 | 1 | 2] + b.size[axis as 0 | 1 | 2])) as [number, number, number];
  const at = ({ start, size, data }: MaskBox, i: number, j: number, k: number): number => data[((k - start[2]) * size[1] + j - start[1]) * size[0] + i - start[0]] as number;
  let count = 0;
  for (let k = low[2]; k < high[2]; k++) {
    for (let j = low[1]; j < high[1]; j++) {
      for (let i = low[0]; i < high[0]; i++) count += at(a, i, j, k) & at(b, i, j, k);
    }
  }
  return count;
}

function holdsMiddle(volume: Volume, { worldPoint }: Measurement, { mask: { start, size, data } }: Measurement): boolean {
  const [i = -1, j = -1, k = -1] = worldToIndex(volume.geometry, worldPoint).map((value, axis) => Math.round(value) - start[axis as 0 | 1 | 2]);
  return i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2] && data[(k * size[1] + j) * size[0] + i] === 1;
}

/**
 * Whether two measurements are of one nodule: the middle of one lies in the mask of the other, the middles nearly
 * coincide, or the masks do in good part (a mark at the rim whose outline followed the same lesion).
 */
export function isSameNodule(volume: Volume, a: Measurement, b: Measurement): boolean {
  if (distance(a.worldPoint, b.worldPoint) < 2 || holdsMiddle(volume, a, b) || holdsMiddle(volume, b, a)) return true;
  const common = shared(a.mask, b.mask);
  return common > 0 && common >= sharedPart * Math.min(voxelsOf(a.mask), voxelsOf(b.mask));
}
