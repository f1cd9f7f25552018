/** Marks of several readers to physical nodules, with what the readers agree on. */
import { indexToWorld, voxelVolumeMm3 } from '../volume/geometry.ts';
import type { MaskBox, Vec3, VolumeGeometry } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';
import { noduleVoxels } from './nodule-mask.ts';
import type { SeriesGrid } from './series-grid.ts';
import type { LidcProblem, LidcRead, ReaderNodule } from './types.ts';

export interface PhysicalNodule {
  /** LPS mm of the middle of the consensus (of the marks, where nobody outlined it). */
  readonly worldPoint: Vec3;
  readonly marks: readonly ReaderNodule[];
  /** Readers who outlined it as a nodule of at least 3 mm. */
  readonly readers: number;
  /** Readers who marked it in any way. */
  readonly readersOfAnyMark: number;
  /** Of the voxels that enough of its outlines hold; absent where nobody outlined it. */
  readonly consensus?: { readonly volumeMm3: number; readonly diameterMm: number; readonly mask: MaskBox };
  /** Median of the readers, by characteristic. */
  readonly ratings: Readonly<Record<string, number>>;
  readonly type?: 'solid' | 'part-solid' | 'ground-glass' | 'calcified';
}

interface Marked {
  readonly nodule: ReaderNodule;
  readonly voxels: readonly number[];
  readonly middle: Vec3;
  readonly radiusMm: number;
}

/** A mark that is a point is taken for a nodule of this size when readers are matched. */
const pointDiameterMm = 3;

const ballDiameterMm = (volumeMm3: number): number => 2 * ((3 * volumeMm3) / (4 * Math.PI)) ** (1 / 3);

function middleOf(voxels: readonly number[], geometry: VolumeGeometry): Vec3 {
  const sum = [0, 0, 0] as [number, number, number];
  for (const voxel of voxels) {
    sum[0] += voxel % geometry.columns;
    sum[1] += Math.floor(voxel / geometry.columns) % geometry.rows;
    sum[2] += Math.floor(voxel / (geometry.columns * geometry.rows));
  }
  return indexToWorld(geometry, [sum[0] / voxels.length, sum[1] / voxels.length, sum[2] / voxels.length]);
}

/**
 * Two marks are of one lesion when they share a voxel, or lie nearer together than the sum of their radii (the rule of
 * LUNA16). A reader's two outlines may so become one lesion with another reader's one.
 */
function areSame(a: Marked, b: Marked, own: ReadonlySet<number>): boolean {
  return b.voxels.some((voxel) => own.has(voxel)) || distance(a.middle, b.middle) < a.radiusMm + b.radiusMm;
}

function group(marks: readonly Marked[]): readonly (readonly Marked[])[] {
  const parent = marks.map((_, n) => n);
  const find = (n: number): number => (parent[n] === n ? n : (parent[n] = find(parent[n]!)));
  marks.forEach((a, n) => {
    const own = new Set(a.voxels);
    for (let other = n + 1; other < marks.length; other += 1) if (areSame(a, marks[other]!, own)) parent[find(other)] = find(n);
  });
  const groups = new Map<number, Marked[]>();
  marks.forEach((mark, n) => groups.set(find(n), [...groups.get(find(n)) ?? [], mark]));
  return [...groups.values()];
}

function boxOf(voxels: readonly number[], { columns, rows }: VolumeGeometry): MaskBox {
  const index = voxels.map((voxel) => [voxel % columns, Math.floor(voxel / columns) % rows, Math.floor(voxel / (columns * rows))] as const);
  const low = [0, 1, 2].map((axis) => index.reduce((least, at) => Math.min(least, at[axis]!), Infinity)) as [number, number, number];
  const size = [0, 1, 2].map((axis) => index.reduce((most, at) => Math.max(most, at[axis]!), -Infinity) - low[axis]! + 1) as [number, number, number];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (const [i, j, k] of index) data[((k - low[2]) * size[1] + j - low[1]) * size[0] + i - low[0]] = 1;
  return { start: low, size, data };
}

/** Each reader once: a reader's several outlines in one lesion are joined first. */
function consensusVoxels(outlined: readonly Marked[], level: number): readonly number[] {
  const byReader = new Map<number, Set<number>>();
  for (const { nodule, voxels } of outlined) {
    const own = byReader.get(nodule.reader) ?? new Set<number>();
    for (const voxel of voxels) own.add(voxel);
    byReader.set(nodule.reader, own);
  }
  const votes = new Map<number, number>();
  for (const own of byReader.values()) for (const voxel of own) votes.set(voxel, (votes.get(voxel) ?? 0) + 1);
  return [...votes].filter(([, count]) => count >= level * byReader.size - 1e-9).map(([voxel]) => voxel).sort((a, b) => a - b);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function ratingsOf(marks: readonly Marked[]): Readonly<Record<string, number>> {
  const names = [...new Set(marks.flatMap(({ nodule }) => Object.keys(nodule.characteristics)))].sort();
  return Object.fromEntries(names.map((name) => [name, median(marks.flatMap(({ nodule }) => nodule.characteristics[name] ?? []))]));
}

/** Texture 1 is ground glass, 3 part solid, 5 solid; calcification 6 is none, below that some pattern of it. */
function typeOf({ texture, calcification }: Readonly<Record<string, number>>): PhysicalNodule['type'] {
  if (calcification !== undefined && calcification < 5.5) return 'calcified';
  if (texture === undefined) return undefined;
  return texture < 2 ? 'ground-glass' : texture < 4.5 ? 'part-solid' : 'solid';
}

function toNodule(marks: readonly Marked[], geometry: VolumeGeometry, level: number): PhysicalNodule {
  const outlined = marks.filter(({ nodule }) => nodule.kind === 'outlined');
  const agreed = consensusVoxels(outlined, level);
  const volumeMm3 = agreed.length * voxelVolumeMm3(geometry);
  const ratings = ratingsOf(outlined);
  const type = typeOf(ratings);
  const middle = agreed.length > 0 ? middleOf(agreed, geometry)
    : ([0, 1, 2].map((axis) => marks.reduce((sum, mark) => sum + mark.middle[axis]! / marks.length, 0)) as unknown as Vec3);
  return {
    worldPoint: middle, marks: marks.map(({ nodule }) => nodule),
    readers: new Set(outlined.map(({ nodule }) => nodule.reader)).size, readersOfAnyMark: new Set(marks.map(({ nodule }) => nodule.reader)).size,
    ...(agreed.length > 0 && { consensus: { volumeMm3, diameterMm: ballDiameterMm(volumeMm3), mask: boxOf(agreed, geometry) } }),
    ratings, ...(type && { type }),
  };
}

/**
 * @param level part of the readers who outlined a nodule that a voxel needs (0.5: half of them)
 * @returns from the head downwards
 */
export function physicalNodules(read: LidcRead, grid: SeriesGrid, level: number): { readonly nodules: readonly PhysicalNodule[]; readonly problems: readonly LidcProblem[] } {
  const problems: LidcProblem[] = [];
  const marks = read.nodules.flatMap((nodule): readonly Marked[] => {
    const voxels = noduleVoxels(nodule, grid, problems);
    if (voxels.length === 0) return [];
    const diameterMm = nodule.kind === 'outlined' ? ballDiameterMm(voxels.length * voxelVolumeMm3(grid.geometry)) : pointDiameterMm;
    return [{ nodule, voxels, middle: middleOf(voxels, grid.geometry), radiusMm: diameterMm / 2 }];
  });
  const nodules = group(marks).map((members) => toNodule(members, grid.geometry, level));
  return { nodules: nodules.sort((a, b) => b.worldPoint[2] - a.worldPoint[2] || a.worldPoint[0] - b.worldPoint[0]), problems };
}
