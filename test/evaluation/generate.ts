/** Results files of awkward kinds, from the seed alone. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Point = readonly [uid: string, x: number, y: number, z: number, value: number];

export interface Tables {
  readonly included: readonly Point[];
  readonly excluded: readonly Point[];
  readonly seriesUIDs: readonly string[];
  readonly marks: readonly Point[];
}

/** Uniform numbers in [0, 1) (mulberry32). */
export function createUniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Marks for given findings: one near each finding in two, some double, the rest anywhere in the chest. */
export function drawMarks(seed: number, count: number, seriesUIDs: readonly string[], findings: readonly Point[], decimals = 6): Point[] {
  const uniform = createUniform(seed);
  const probability = (mean: number): number => Number(Math.min(1, Math.max(0, mean + (uniform() - 0.5))).toFixed(decimals));
  const marks: Point[] = [];
  for (const [uid, x, y, z, diameter] of findings) {
    const copies = uniform() < 0.5 ? 0 : uniform() < 0.8 ? 1 : 3;
    const reach = Math.abs(diameter) * 0.7;
    for (let copy = 0; copy < copies && marks.length < count; copy += 1) {
      marks.push([uid, x + (uniform() - 0.5) * reach, y + (uniform() - 0.5) * reach, z + (uniform() - 0.5) * reach, probability(0.7)]);
    }
  }
  while (marks.length < count) {
    const uid = seriesUIDs[Math.floor(uniform() * seriesUIDs.length)]!;
    marks.push([uid, (uniform() - 0.5) * 300, (uniform() - 0.5) * 300, -uniform() * 350, probability(0.35)]);
  }
  // In the order of a program that goes from scan to scan, not sorted by probability.
  return marks.map((mark) => [mark, uniform()] as const).sort((a, b) => a[1] - b[1]).map(([mark]) => mark);
}

export function csvOf(points: readonly Point[], value: string): string {
  return [`seriesuid,coordX,coordY,coordZ,${value}`, ...points.map((point) => point.join(','))].join('\n');
}

export interface TablePaths {
  readonly annotations: string;
  readonly excluded: string;
  readonly seriesUIDs: string;
  readonly results: string;
}

export async function writeTables(folder: string, { included, excluded, seriesUIDs, marks }: Tables): Promise<TablePaths> {
  const paths = { annotations: join(folder, 'annotations.csv'), excluded: join(folder, 'excluded.csv'), seriesUIDs: join(folder, 'seriesuids.csv'), results: join(folder, 'results.csv') };
  await writeFile(paths.annotations, csvOf(included, 'diameter_mm'));
  await writeFile(paths.excluded, csvOf(excluded, 'diameter_mm'));
  await writeFile(paths.seriesUIDs, seriesUIDs.join('\n'));
  await writeFile(paths.results, csvOf(marks, 'probability'));
  return paths;
}
