/**
 * Which voxels of a patch belong to the nodule: grown from its densest point at half the contrast, cut from vessels by
 * opening, and from the chest wall by the surface of the lungs.
 */
import type { Triple } from '../volume/lps-grid.ts';
import { flood } from './components.ts';
import { dilate, distanceTo } from './distance-transform.ts';
import { distancesFrom, type LesionPatch } from './lesion-patch.ts';

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
/** Ground glass has no sharp corners worth keeping, but noise and small vessels at its border. */
const faintOpeningFactors = [0.6, 0.75, 0.9] as const;
const leastOpeningMm = 0.6;
const defaultBackgroundHU = -860;
/** The seed lies this deep in the lung (or as deep as the detection), so that a rib beside the nodule is not taken for it, mm. */
const seedDepthMm = 1;
const leastSeedDepthMm = 0.2;

/** Ground glass makes up this part of a part-solid nodule, and its median lies below this density, HU. */
const leastGlassPart = 0.15;
const densestGlassHU = -500;
/** Of the densities in a faint nodule this quantile is its plateau; below it lies the blur of the border. */
const plateauQuantile = 0.75;

function quantile(values: number[], part: number): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length * part)] ?? NaN;
}

const median = (values: number[]): number => quantile(values, 0.5);

function lungBackground({ hu, depthMm }: LesionPatch): number {
  const values: number[] = [];
  for (let n = 0; n < hu.length; n += 3) if ((depthMm[n] as number) > 1 && (hu[n] as number) < -600) values.push(hu[n] as number);
  return values.length < 100 ? defaultBackgroundHU : median(values);
}

/** The densest point near the middle of the patch; being far from the detection counts against it. */
function findSeed(patch: LesionPatch, searchMm: number): number {
  const middle = (patch.hu.length - 1) / 2;
  const away = distancesFrom(patch, middle);
  const leastMm = Math.max(leastSeedDepthMm, Math.min(seedDepthMm, patch.depthMm[middle] as number));
  let best = middle;
  let bestValue = -Infinity;
  for (let n = 0; n < patch.hu.length; n++) {
    const distanceMm = away[n] as number;
    if (distanceMm > searchMm || (patch.depthMm[n] as number) < leastMm) continue;
    const value = Math.min(densestCoreHU, patch.smoothHU[n] as number) - 30 * distanceMm;
    if (value <= bestValue) continue;
    bestValue = value;
    best = n;
  }
  return best;
}

function grow(patch: LesionPatch, image: Float32Array, seed: number, thresholdHU: number, boundMm: number): Uint8Array {
  const region = new Uint8Array(image.length);
  const away = distancesFrom(patch, seed);
  const accept = (n: number): boolean => (image[n] as number) >= thresholdHU && (patch.depthMm[n] as number) > 0 && (away[n] as number) <= boundMm;
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

function farthestMm(away: Float32Array, mask: Uint8Array): number {
  let farthest = 0;
  for (let n = 0; n < mask.length; n++) if (mask[n] === 1 && (away[n] as number) > farthest) farthest = away[n] as number;
  return farthest;
}

/** A region cut from what it touches; `leaked` when even the strongest cut leaves it running on. */
function cutFree(patch: LesionPatch, region: Uint8Array, seed: number, boundMm: number, factors: readonly number[]): { readonly mask: Uint8Array; readonly leaked: boolean } {
  const { size, spacingMm } = patch.grid;
  const depth = distanceTo(region, size, spacingMm, 0);
  const middle = climb(depth, size, seed);
  const thickness = depth[middle] as number;
  const away = distancesFrom(patch, middle);
  let mask = region;
  for (const factor of factors) {
    const radiusMm = Math.min(thickness - patch.spacingMm / 2, Math.max(leastOpeningMm, factor * thickness));
    if (radiusMm <= 0) return { mask: region, leaked: false };
    mask = openFrom(region, depth, size, spacingMm, middle, radiusMm);
    const reach = farthestMm(away, mask);
    if (reach <= Math.min(boundMm - patch.spacingMm, 2.4 * thickness + 1.5)) return { mask, leaked: false };
  }
  return { mask, leaked: true };
}

/** The shell outside a border in which ground glass shows: it begins where the blur of the border ends, further out for thick slices. */
const rimStartMm = 0.6;
const rimStartPerSliceMm = 0.25;
const rimWidthMm = 1;
/** Around a dense core this much is blur, mm. */
const blurMm = 0.8;
/** How much denser than the lung the rim of a spot must be to be ground glass. */
const rimContrastHU = 100;
/** All but this part of the shell has at least half that contrast. */
const rimQuantile = 0.25;

/** Median HU of the shell around the mask where there is lung, and how dense it is nearly everywhere. */
function shellHU(patch: LesionPatch, away: Float32Array, fromDense: Float32Array, fromMm: number, toMm: number): { readonly median: number; readonly low: number } {
  const values: number[] = [];
  for (let n = 0; n < away.length; n++) {
    const distanceMm = away[n] as number;
    if (distanceMm >= fromMm && distanceMm <= toMm && (fromDense[n] as number) >= fromMm && (patch.depthMm[n] as number) > 1) values.push(patch.hu[n] as number);
  }
  if (values.length < 50) return { median: NaN, low: NaN };
  return { low: quantile(values, rimQuantile), median: median(values) };
}

/**
 * Density of a ground-glass rim just outside the mask; NaN where there is none: when the shell is only as dense as the blur
 * of the border, as the lung further out, or only where vessels cross it.
 */
function rimHU(patch: LesionPatch, mask: Uint8Array, thresholdHU: number, backgroundHU: number): number {
  const { size, spacingMm } = patch.grid;
  const away = distanceTo(mask, size, spacingMm, 1);
  // Vessels, and parts of the nodule that the opening took off, have a blur of their own.
  const dense = new Uint8Array(mask.length);
  for (let n = 0; n < dense.length; n++) if ((patch.hu[n] as number) >= thresholdHU) dense[n] = 1;
  const fromDense = distanceTo(dense, size, spacingMm, 1);
  const fromMm = rimStartMm + rimStartPerSliceMm * patch.coarsestMm;
  const rim = shellHU(patch, away, fromDense, fromMm, fromMm + rimWidthMm);
  if (!(rim.median > backgroundHU + rimContrastHU && rim.low > backgroundHU + rimContrastHU / 2)) return NaN;
  const beyond = shellHU(patch, away, fromDense, fromMm + 2 * rimWidthMm, fromMm + 3.5 * rimWidthMm);
  const standsOut = rim.median > beyond.median + rimContrastHU;
  const isWide = beyond.median > backgroundHU + rimContrastHU;
  return standsOut || isWide || Number.isNaN(beyond.median) ? rim.median : NaN;
}

/** Half way from the lung to the plateau of the voxels in `mask` (less those in `without`): a small dense core does not hide its faint surroundings. */
function settledThreshold(patch: LesionPatch, mask: Uint8Array, backgroundHU: number, without?: Uint8Array): number {
  const values: number[] = [];
  for (let n = 0; n < mask.length; n++) if (mask[n] === 1 && without?.[n] !== 1) values.push(patch.smoothHU[n] as number);
  return values.length < 20 ? NaN : (Math.min(densestCoreHU, quantile(values, plateauQuantile)) + backgroundHU) / 2;
}

/** Whether what surrounds the core is ground glass: enough of it, and fainter than a bundle of vessels would be. */
function isGlass(patch: LesionPatch, whole: Uint8Array, core: Uint8Array): boolean {
  const values: number[] = [];
  let voxels = 0;
  for (let n = 0; n < whole.length; n++) {
    if (whole[n] !== 1) continue;
    voxels++;
    if (core[n] !== 1) values.push(patch.smoothHU[n] as number);
  }
  return values.length >= leastGlassPart * voxels && median(values) < densestGlassHU;
}

function segmentAt(patch: LesionPatch, seed: number, thresholdHU: number, faint: boolean, boundMm: number): { readonly mask: Uint8Array; readonly leaked: boolean } {
  return cutFree(patch, grow(patch, faint ? patch.smoothHU : patch.hu, seed, thresholdHU, boundMm), seed, boundMm, faint ? faintOpeningFactors : openingFactors);
}

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
  if (coreHU < backgroundHU + leastContrastHU || (patch.depthMm[seed] as number) <= 0) return undefined;
  const faint = coreHU < faintCoreHU;
  let thresholdHU = (Math.min(coreHU, densestCoreHU) + backgroundHU) / 2;
  let dense = segmentAt(patch, seed, thresholdHU, faint, boundMm);
  if (faint) {
    const settled = settledThreshold(patch, dense.mask, backgroundHU);
    if (settled < thresholdHU) {
      thresholdHU = settled;
      dense = segmentAt(patch, seed, thresholdHU, faint, boundMm);
    }
  }
  if (!dense.mask.includes(1)) return undefined;
  const rim = rimHU(patch, dense.mask, thresholdHU, backgroundHU);
  if (rim > backgroundHU + rimContrastHU) {
    const core = dilate(dense.mask, patch.grid.size, patch.grid.spacingMm, blurMm);
    let rimThresholdHU = (rim + backgroundHU) / 2;
    let whole = segmentAt(patch, seed, rimThresholdHU, true, boundMm);
    const settled = settledThreshold(patch, whole.mask, backgroundHU, core);
    if (settled > rimThresholdHU) {
      rimThresholdHU = settled;
      whole = segmentAt(patch, seed, rimThresholdHU, true, boundMm);
    }
    if (!whole.leaked && isGlass(patch, whole.mask, core)) return { mask: whole.mask, ...(!faint && { solid: dense.mask }), thresholdHU: rimThresholdHU, backgroundHU, coreHU, leaked: false };
  }
  return { mask: dense.mask, thresholdHU, backgroundHU, coreHU, leaked: dense.leaked };
}
