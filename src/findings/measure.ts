/** From a detection to a measured nodule. */
import { gridToWorld } from '../volume/lps-grid.ts';
import type { MaskBox, Vec3, Volume } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';
import { cutPatch, voxelAt, type LesionPatch } from './lesion-patch.ts';
import { segmentLesion, type Lesion } from './lesion-segment.ts';
import { largestDiameterMm, lesionSlices, lesionVoxels, type LesionSlices } from './lesion-slices.ts';
import { composition } from './lesion-type.ts';
import { depthAt } from './lung-location.ts';
import type { LungMask } from './lung-mask.ts';
import type { NoduleType, WorldPoint } from './types.ts';

export interface Measurement {
  readonly worldPoint: WorldPoint;
  /** The voxels of `mask` together. */
  readonly volumeMm3: number;
  readonly meanHU: number;
  readonly type: NoduleType;
  readonly solidDiameterMm?: number;
  readonly distanceToPleuraMm: number;
  readonly slices: LesionSlices;
  readonly mask: MaskBox;
  /** 'leaked' where the border was not found, 'at-scan-edge' where the scan cuts the nodule. */
  readonly notes: readonly string[];
}

export interface Detection {
  readonly worldPoint: Vec3;
  /** What the network said of the size, if it did. */
  readonly diameterMm?: number;
}

const defaultDiameterMm = 8;
const largestDiameterMmKnown = 40;
/** When the nodule fills this part of the patch's radius, a larger patch is cut. */
const crowded = 0.8;
/** Masses of up to twice this reach are segmented. */
const largestBoundMm = 32;

interface Attempt {
  readonly patch: LesionPatch;
  readonly lesion: Lesion;
  readonly reachMm: number;
}

function reachOf(patch: LesionPatch, mask: Uint8Array): number {
  const middle = (patch.grid.size[0] - 1) / 2;
  let reach = 0;
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] !== 1) continue;
    const [z, y, x] = voxelAt(patch, n);
    reach = Math.max(reach, Math.abs(z - middle), Math.abs(y - middle), Math.abs(x - middle));
  }
  return reach * patch.spacingMm;
}

function attempt(volume: Volume, lungs: LungMask, { worldPoint, diameterMm }: Detection, boundMm: number, expectedMm: number): Attempt | undefined {
  const patch = cutPatch(volume, lungs, worldPoint, boundMm + 4, expectedMm);
  const searchMm = Math.min(4, Math.max(2, (diameterMm ?? defaultDiameterMm) / 3));
  const lesion = segmentLesion(patch, searchMm, boundMm);
  return lesion && { patch, lesion, reachMm: reachOf(patch, lesion.mask) };
}

/**
 * Segments with a bound that fits the nodule: larger while it fills the patch, unless it only leaks further.
 * A nodule that cannot be told from what it touches is bounded by the size that the network gave it.
 */
function segmentAt(volume: Volume, lungs: LungMask, detection: Detection): Attempt | undefined {
  const expected = Math.min(largestDiameterMmKnown, detection.diameterMm ?? defaultDiameterMm);
  const firstBoundMm = Math.max(8, 0.75 * expected + 3);
  const lastBoundMm = detection.diameterMm === undefined ? largestBoundMm : Math.max(firstBoundMm, 1.5 * expected);
  const first = attempt(volume, lungs, detection, firstBoundMm, expected);
  let best = first;
  let boundMm = firstBoundMm;
  while (best && (best.lesion.leaked || best.reachMm > crowded * boundMm) && 1.5 * boundMm <= (best.lesion.leaked ? lastBoundMm : largestBoundMm)) {
    boundMm *= 1.5;
    best = attempt(volume, lungs, detection, boundMm, expected);
  }
  if (best?.lesion.leaked) best = first;
  if (!best?.lesion.leaked || detection.diameterMm === undefined) return best;
  const bounded = attempt(volume, lungs, detection, 0.55 * expected + 1, expected);
  return bounded && { ...bounded, lesion: { ...bounded.lesion, leaked: true } };
}

function centroid(patch: LesionPatch, mask: Uint8Array): Vec3 {
  let [sz, sy, sx, count] = [0, 0, 0, 0];
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] !== 1) continue;
    const [z, y, x] = voxelAt(patch, n);
    sz += z;
    sy += y;
    sx += x;
    count++;
  }
  return gridToWorld(patch.grid, [sz / count, sy / count, sx / count]);
}

function pleuraDistance(patch: LesionPatch, mask: Uint8Array): number {
  let least = Infinity;
  for (let n = 0; n < mask.length; n++) if (mask[n] === 1) least = Math.min(least, patch.depthMm[n] as number);
  return Math.max(0, least);
}

function touchesScanEdge({ start, size, data }: MaskBox, { geometry }: Volume): boolean {
  const plane = size[0] * size[1];
  const isSet = (k: number): boolean => {
    const at = (k - start[2]) * plane;
    return at >= 0 && at < data.length && data.subarray(at, at + plane).includes(1);
  };
  return isSet(0) || isSet(geometry.slices - 1);
}

/** Measures the nodule at a detection; undefined when nothing there has a border that can be measured. */
export function measureNodule(volume: Volume, lungs: LungMask, detection: Detection): Measurement | undefined {
  const found = segmentAt(volume, lungs, detection);
  if (!found) return undefined;
  const { patch, lesion } = found;
  const { type, meanHU } = composition(patch, lesion);
  const faint = type === 'ground-glass' || lesion.solid !== undefined;
  const slices = lesionSlices(volume, patch, lesion.mask, lesion.thresholdHU, faint);
  if (!slices) return undefined;
  const { mask, volumeMm3 } = lesionVoxels(volume, patch, lesion.mask, slices.box);
  const solidThresholdHU = (lesion.backgroundHU + Math.min(60, lesion.coreHU)) / 2;
  const solidDiameterMm = type === 'part-solid' && lesion.solid ? largestDiameterMm(volume, patch, lesion.solid, solidThresholdHU) : undefined;
  const middle = centroid(patch, lesion.mask);
  // Farther away, the border has followed a vessel or the pleura: the detector knows the middle better, and the size is doubtful.
  const close = distance(middle, detection.worldPoint) <= Math.max(2, slices.axes.longMm / 4);
  return {
    worldPoint: close ? middle : detection.worldPoint,
    volumeMm3,
    meanHU,
    type,
    ...(solidDiameterMm !== undefined && { solidDiameterMm }),
    distanceToPleuraMm: Math.max(0, Math.min(pleuraDistance(patch, lesion.mask), depthAt(lungs, middle))),
    slices,
    mask,
    notes: [...(lesion.leaked || !close ? ['leaked'] : []), ...(touchesScanEdge(mask, volume) ? ['at-scan-edge'] : [])],
  };
}
