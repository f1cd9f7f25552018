/** Air inside the body on a coarse grid, and the large airways in it. */
import type { LpsVolume, Triple } from '../volume/lps-grid.ts';
import { flood, labelComponents } from './components.ts';

/** Below this the voxel is air or lung, HU. */
const airHU = -500;
/** The lumen of trachea and main bronchi, HU; lung tissue is denser. */
const lumenHU = -900;

const maxAirwayAreaMm2 = 900;
const minTracheaAreaMm2 = 50;
const maxTracheaAreaMm2 = 650;
/** The trachea lies this close to the middle of the body. */
const maxTracheaOffsetMm = 45;

/** Air around the patient, averaged over a coarse voxel, HU. Lung that is cut by the field of view is denser. */
const roomAirHU = -950;
const paddingHU = -1024;

/** Pixels of one slice where the image ends: its border and everything within two pixels of padding. */
function markEdge(hu: Int16Array, base: number, ny: number, nx: number, edge: Uint8Array): void {
  edge.fill(0);
  for (let y = 0, n = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, n++) {
      if (x < 2 || y < 2 || x >= nx - 2 || y >= ny - 2) edge[n] = 1;
      if ((hu[base + n] as number) > paddingHU) continue;
      for (let dy = Math.max(0, y - 2); dy <= Math.min(ny - 1, y + 2); dy++) edge.fill(1, dy * nx + Math.max(0, x - 2), dy * nx + Math.min(nx, x + 3));
    }
  }
}

/** Pixels beside the edge that hold room air: the lung that touches the edge of a narrow field of view is none. */
function roomAirSeeds(hu: Int16Array, base: number, ny: number, nx: number, edge: Uint8Array): readonly number[] {
  const seeds: number[] = [];
  for (let y = 1; y < ny - 1; y++) {
    for (let x = 1; x < nx - 1; x++) {
      const n = y * nx + x;
      if (edge[n] === 1 || (hu[base + n] as number) >= roomAirHU) continue;
      if (edge[n - 1] === 1 || edge[n + 1] === 1 || edge[n - nx] === 1 || edge[n + nx] === 1) seeds.push(n);
    }
  }
  return seeds;
}

/** Air that no axial slice connects to the room: lungs, airways and gas of the gut. */
export function airInsideBody(volume: LpsVolume): Uint8Array {
  const [nz, ny, nx] = volume.grid.size;
  const plane = ny * nx;
  const inside = new Uint8Array(volume.hu.length);
  const outside = new Uint8Array(plane);
  const edge = new Uint8Array(plane);
  for (let z = 0; z < nz; z++) {
    const base = z * plane;
    markEdge(volume.hu, base, ny, nx, edge);
    outside.fill(0);
    const isAir = (n: number): boolean => edge[n] === 0 && (volume.hu[base + n] as number) < airHU;
    flood(roomAirSeeds(volume.hu, base, ny, nx, edge), [1, ny, nx], isAir, outside, () => undefined);
    for (let n = 0; n < plane; n++) if (isAir(n) && outside[n] === 0) inside[base + n] = 1;
  }
  return inside;
}

interface Region {
  readonly voxels: readonly number[];
  readonly areaMm2: number;
  readonly centreX: number;
  readonly isRound: boolean;
}

/** The dark parts of one axial slice of `inside`. */
function lumenRegions(volume: LpsVolume, inside: Uint8Array, z: number): readonly Region[] {
  const [, ny, nx] = volume.grid.size;
  const base = z * ny * nx;
  const mask = new Uint8Array(ny * nx);
  for (let n = 0; n < mask.length; n++) if (inside[base + n] === 1 && (volume.hu[base + n] as number) < lumenHU) mask[n] = 1;
  const { labels, components } = labelComponents(mask, [1, ny, nx]);
  const pixelMm2 = volume.grid.spacingMm[1] * volume.grid.spacingMm[2];
  const voxels = new Map<number, number[]>(components.map(({ label }) => [label, []]));
  for (let n = 0; n < labels.length; n++) voxels.get(labels[n] as number)?.push(n);
  return [...voxels.values()].map((list): Region => {
    const xs = list.map((n) => n % nx);
    const ys = list.map((n) => Math.floor(n / nx));
    const width = Math.max(...xs.map(Number)) - Math.min(...xs) + 1;
    const height = Math.max(...ys) - Math.min(...ys) + 1;
    return {
      voxels: list,
      areaMm2: list.length * pixelMm2,
      centreX: xs.reduce((sum, x) => sum + x, 0) / list.length,
      isRound: Math.max(width, height) <= 2.5 * Math.min(width, height) && list.length >= 0.5 * width * height,
    };
  });
}

/** Middle of the body along x in one slice, as a column index. */
function bodyCentreX(volume: LpsVolume, z: number): number {
  const [, ny, nx] = volume.grid.size;
  let sum = 0;
  let count = 0;
  for (let n = 0; n < ny * nx; n++) {
    if ((volume.hu[z * ny * nx + n] as number) < -200) continue;
    sum += n % nx;
    count++;
  }
  return count === 0 ? nx / 2 : sum / count;
}

/** Follows the airways from a region downwards slice by slice until they open into lung; marks them in `airways`. */
function followDown(volume: LpsVolume, inside: Uint8Array, startZ: number, start: Region, airways: Uint8Array): number {
  const [, ny, nx] = volume.grid.size;
  let current: readonly Region[] = [start];
  let slices = 0;
  for (let z = startZ; z >= 0 && current.length > 0; z--) {
    const previous = new Set(current.flatMap((region) => region.voxels));
    const area = current.reduce((sum, region) => sum + region.areaMm2, 0);
    if (z < startZ) {
      current = lumenRegions(volume, inside, z).filter(
        (region) => region.areaMm2 <= Math.min(maxAirwayAreaMm2, 1.7 * area + 60) && region.voxels.some((voxel) => previous.has(voxel)),
      );
    }
    for (const region of current) for (const voxel of region.voxels) airways[z * ny * nx + voxel] = 1;
    slices += current.length > 0 ? 1 : 0;
  }
  return slices;
}

/**
 * Trachea and main bronchi: a round dark region near the midline in the upper part of the scan, followed towards the feet.
 * All zero when there is none, as in a scan that starts below the carina.
 */
export function findAirways(volume: LpsVolume, inside: Uint8Array): Uint8Array {
  const [nz, ny, nx] = volume.grid.size;
  const size: Triple = [nz, ny, nx];
  const spacingX = volume.grid.spacingMm[2];
  for (let z = nz - 1; z >= nz * 0.5; z--) {
    const centre = bodyCentreX(volume, z);
    const candidates = lumenRegions(volume, inside, z)
      .filter((region) => region.isRound && region.areaMm2 >= minTracheaAreaMm2 && region.areaMm2 <= maxTracheaAreaMm2)
      .filter((region) => Math.abs(region.centreX - centre) * spacingX <= maxTracheaOffsetMm)
      .sort((a, b) => Math.abs(a.centreX - centre) - Math.abs(b.centreX - centre));
    for (const candidate of candidates) {
      const airways = new Uint8Array(size[0] * size[1] * size[2]);
      const slices = followDown(volume, inside, z, candidate, airways);
      if (slices * volume.grid.spacingMm[0] >= 25) return airways;
    }
  }
  return new Uint8Array(inside.length);
}
