/**
 * Which voxels of a patch belong to the nodule: grown from its densest point at half the contrast, cut from vessels by
 * opening, and from the chest wall by the surface of the lungs.
 */
import type { Triple } from '../volume/lps-grid.ts';
import { flood } from './components.ts';
import { distanceTo } from './distance-transform.ts';
import { distanceFrom, voxelAt, type LesionPatch } from './lesion-patch.ts';

export interface Lesion {
  /** 1 in the nodule; shape of the patch. */
  readonly mask: Uint8Array;
  /** The solid part of a nodule with a ground-glass rim; absent where there is no rim. */
  readonly solid?: Uint8Array;
  /** HU of the border: half way from the surrounding lung to the nodule. */
  readonly thresholdHU: number;
  readonly backgroundHU: number;
  readonly coreHU: number;
  /** The border was not found: the nodule runs into something of its own density. */
  readonly leaked: boolean;
}

/** Denser cores do not raise the border: the rest of the nodule is soft tissue. */
const densestCoreHU = 60;
/** A spot must stand out of the lung by this much to have a border at all. */
const leastContrastHU = 130;
/** Below this the nodule is faint and its border is taken from the smoothed image. */
const faintCoreHU = -350;
/** The opening removes what is thinner than this part of the nodule's own thickness, tried in turn until nothing leaks. */
const openingFactors = [0.4, 0.55, 0.7, 0.85] as const;
const leastOpeningMm = 0.6;
const defaultBackgroundHU = -860;

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? NaN;
}

function lungBackground({ hu, depthMm }: LesionPatch): number {
  const values: number[] = [];
  for (let n = 0; n < hu.length; n += 3) if ((depthMm[n] as number) > 1 && (hu[n] as number) < -600) values.push(hu[n] as number);
  return values.length < 100 ? defaultBackgroundHU : median(values);
}

/** The densest point near the middle of the patch; being far from the detection counts against it. */
function findSeed(patch: LesionPatch, searchMm: number): number {
  const middle = Math.floor(patch.hu.length / 2);
  const centre = voxelAt(patch, middle);
  let best = middle;
  let bestValue = -Infinity;
  for (let n = 0; n < patch.hu.length; n++) {
    if ((patch.depthMm[n] as number) < -1.5) continue;
    const away = distanceFrom(patch, n, centre);
    if (away > searchMm) continue;
    const value = Math.min(densestCoreHU, patch.smoothHU[n] as number) - 30 * away;
    if (value <= bestValue) continue;
    bestValue = value;
    best = n;
  }
  return best;
}

function grow(patch: LesionPatch, image: Float32Array, seed: number, thresholdHU: number, radiusMm: number): Uint8Array {
  const region = new Uint8Array(image.length);
  const from = voxelAt(patch, seed);
  const accept = (n: number): boolean => (image[n] as number) >= thresholdHU && (patch.depthMm[n] as number) > 0 && distanceFrom(patch, n, from) <= radiusMm;
  flood([seed], patch.grid.size, accept, region, () => undefined);
  return region;
}

/** Walks to the middle of the thickest part around the seed. */
function climb(depth: Float32Array, size: Triple, seed: number): number {
  const [nz, ny, nx] = size;
  let at = seed;
  for (;;) {
    const [z, y, x] = [Math.floor(at / (ny * nx)), Math.floor(at / nx) % ny, at % nx];
    let best = at;
    for (let dz = -1; dz <= 1; dz++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [zz, yy, xx] = [z + dz, y + dy, x + dx];
          if (zz < 0 || yy < 0 || xx < 0 || zz >= nz || yy >= ny || xx >= nx) continue;
          const n = (zz * ny + yy) * nx + xx;
          if ((depth[n] as number) > (depth[best] as number)) best = n;
        }
      }
    }
    if (best === at) return at;
    at = best;
  }
}

/** The part of a region that a ball of `radiusMm` can reach from the middle without leaving it. */
function openFrom(region: Uint8Array, depth: Float32Array, size: Triple, spacing: Triple, middle: number, radiusMm: number): Uint8Array {
  const core = new Uint8Array(region.length);
  flood([middle], size, (n) => (depth[n] as number) > radiusMm, core, () => undefined);
  const reach = distanceTo(core, size, spacing, 1);
  const opened = new Uint8Array(region.length);
  for (let n = 0; n < opened.length; n++) if (region[n] === 1 && (reach[n] as number) <= radiusMm) opened[n] = 1;
  return opened;
}

function farthestMm(patch: LesionPatch, mask: Uint8Array, from: Triple): number {
  let farthest = 0;
  for (let n = 0; n < mask.length; n++) if (mask[n] === 1) farthest = Math.max(farthest, distanceFrom(patch, n, from));
  return farthest;
}

/** A region cut from what it touches; `leaked` when even the strongest cut leaves it running on. */
function cutFree(patch: LesionPatch, region: Uint8Array, seed: number, boundMm: number): { readonly mask: Uint8Array; readonly leaked: boolean } {
  const { size, spacingMm } = patch.grid;
  const depth = distanceTo(region, size, spacingMm, 0);
  const middle = climb(depth, size, seed);
  const thickness = depth[middle] as number;
  const centre = voxelAt(patch, middle);
  let mask = region;
  for (const factor of openingFactors) {
    const radiusMm = Math.min(thickness - patch.spacingMm / 2, Math.max(leastOpeningMm, factor * thickness));
    if (radiusMm <= 0) return { mask: region, leaked: false };
    mask = openFrom(region, depth, size, spacingMm, middle, radiusMm);
    const reach = farthestMm(patch, mask, centre);
    if (reach <= Math.min(boundMm - patch.spacingMm, 2.4 * thickness + 1.5)) return { mask, leaked: false };
  }
  return { mask, leaked: true };
}

/** Median HU of the lung between 1.5 and 3 mm outside the mask, other dense structures left out. */
function rimHU(patch: LesionPatch, mask: Uint8Array): number {
  const away = distanceTo(mask, patch.grid.size, patch.grid.spacingMm, 1);
  const values: number[] = [];
  for (let n = 0; n < mask.length; n++) {
    const distanceMm = away[n] as number;
    if (distanceMm >= 1.5 && distanceMm <= 3 && (patch.depthMm[n] as number) > 1.5) values.push(patch.smoothHU[n] as number);
  }
  return values.length < 50 ? NaN : median(values);
}

/** How much denser than the lung the rim of a solid spot must be to be ground glass. */
const rimContrastHU = 110;

/**
 * Segments the nodule at the middle of the patch.
 *
 * @param searchMm how far from the middle its densest point may lie
 * @param boundMm how far from that point it may reach
 * @returns undefined when nothing there stands out of the lung
 */
export function segmentLesion(patch: LesionPatch, searchMm: number, boundMm: number): Lesion | undefined {
  const backgroundHU = lungBackground(patch);
  const seed = findSeed(patch, searchMm);
  const coreHU = patch.smoothHU[seed] as number;
  if (coreHU < backgroundHU + leastContrastHU || (patch.depthMm[seed] as number) <= -1.5) return undefined;
  const thresholdHU = (Math.min(coreHU, densestCoreHU) + backgroundHU) / 2;
  const image = coreHU < faintCoreHU ? patch.smoothHU : patch.hu;
  const region = grow(patch, image, seed, thresholdHU, boundMm);
  if (region[seed] !== 1) return undefined;
  const dense = cutFree(patch, region, seed, boundMm);
  const rim = coreHU < faintCoreHU ? NaN : rimHU(patch, dense.mask);
  if (rim > backgroundHU + rimContrastHU) {
    const rimThreshold = (rim + backgroundHU) / 2;
    const whole = cutFree(patch, grow(patch, patch.smoothHU, seed, rimThreshold, boundMm), seed, boundMm);
    if (!whole.leaked) return { mask: whole.mask, solid: dense.mask, thresholdHU: rimThreshold, backgroundHU, coreHU, leaked: false };
  }
  return { mask: dense.mask, thresholdHU, backgroundHU, coreHU, leaked: dense.leaked };
}
