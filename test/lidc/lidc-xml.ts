/** Reads of LIDC-IDRI made from shapes whose voxels are known. */
import type { SeriesGrid } from '../../src/lidc/series-grid.ts';

export interface Ball {
  readonly middle: readonly [i: number, j: number, k: number];
  /** In pixels along i and j. */
  readonly radius: number;
  /** Slices on either side of the middle. */
  readonly reach: number;
}

/** Pixels of a ball on slice k. */
export function disk({ middle: [i, j, k], radius, reach }: Ball, slice: number): readonly (readonly [number, number])[] {
  const rest = 1 - ((slice - k) / (reach + 0.5)) ** 2;
  if (rest <= 0) return [];
  const limit = radius * Math.sqrt(rest);
  const pixels: [number, number][] = [];
  for (let y = Math.floor(j - limit); y <= j + limit; y += 1) for (let x = Math.floor(i - limit); x <= i + limit; x += 1) if ((x - i) ** 2 + (y - j) ** 2 <= limit ** 2) pixels.push([x, y]);
  return pixels;
}

/** The pixels just outside of a convex shape, in order round its middle: as a reader's contour runs. */
export function contour(pixels: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const inside = new Set(pixels.map(([x, y]) => `${x} ${y}`));
  const ring = new Map<string, readonly [number, number]>();
  for (const [x, y] of pixels) for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) if (!inside.has(`${x + dx} ${y + dy}`)) ring.set(`${x + dx} ${y + dy}`, [x + dx, y + dy]);
  const [mx, my] = [0, 1].map((axis) => pixels.reduce((sum, pixel) => sum + pixel[axis]!, 0) / pixels.length) as [number, number];
  return [...ring.values()].sort((a, b) => Math.atan2(a[1] - my, a[0] - mx) - Math.atan2(b[1] - my, b[0] - mx));
}

export function roi(grid: SeriesGrid, slice: number, points: readonly (readonly [number, number])[], options: { readonly inclusion?: boolean; readonly sop?: string; readonly z?: string } = {}): string {
  const { imagePositionPatient, sopInstanceUID } = grid.slices[slice]!;
  return `<roi><imageZposition>${options.z ?? imagePositionPatient[2].toFixed(6)} </imageZposition><imageSOP_UID>${options.sop ?? sopInstanceUID}</imageSOP_UID><inclusion>${options.inclusion === false ? 'FALSE' : 'TRUE'}</inclusion>${
    points.map(([x, y]) => `<edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`).join('')}</roi>`;
}

export function outlined(grid: SeriesGrid, id: string, ball: Ball, characteristics: Readonly<Record<string, number>> = { subtlety: 4, calcification: 6, texture: 5, malignancy: 3 }): string {
  const slices = Array.from({ length: grid.slices.length }, (_, k) => k).filter((k) => disk(ball, k).length > 0);
  return `<unblindedReadNodule><noduleID>${id}</noduleID><characteristics>${Object.entries(characteristics).map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</characteristics>${
    slices.map((k) => roi(grid, k, contour(disk(ball, k)))).join('')}</unblindedReadNodule>`;
}

export function small(grid: SeriesGrid, id: string, [i, j, k]: Ball['middle']): string {
  return `<unblindedReadNodule><noduleID>${id}</noduleID>${roi(grid, k, [[i, j]])}</unblindedReadNodule>`;
}

export function nonNodule(grid: SeriesGrid, id: string, [i, j, k]: Ball['middle']): string {
  const { imagePositionPatient, sopInstanceUID } = grid.slices[k]!;
  return `<nonNodule><nonNoduleID>${id}</nonNoduleID><imageZposition>${imagePositionPatient[2]}</imageZposition><imageSOP_UID>${sopInstanceUID}</imageSOP_UID><locus><xCoord>${i}</xCoord><yCoord>${j}</yCoord></locus></nonNodule>`;
}

export function message(seriesInstanceUID: string, sessions: readonly string[], root = 'LidcReadMessage'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} uid="1.2.3" xmlns="http://www.nih.gov" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<ResponseHeader><Version>1.8.1</Version><SeriesInstanceUid>${seriesInstanceUID}</SeriesInstanceUid><StudyInstanceUID>1.2</StudyInstanceUID></ResponseHeader>
${sessions.map((session) => `<readingSession><annotationVersion>3.12</annotationVersion><servicingRadiologistID>anonymous</servicingRadiologistID>${session}</readingSession>`).join('\n')}
</${root}>`;
}
