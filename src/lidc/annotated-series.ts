/** Annotation tables as LUNA16 has them, on the DICOM series that they are about: each nodule a ball of its diameter. */
import { basename } from 'node:path';
import { AppError } from '../errors.ts';
import { readTable } from '../evaluation/table.ts';
import { imagesOf, type Image } from './read-images.ts';
import { seriesGrid, type SeriesGrid } from './series-grid.ts';
import { ballMask } from './ball-mask.ts';
import type { TruthNodule } from './truth.ts';
import type { LidcProblem } from './types.ts';

export interface AnnotatedSeries {
  readonly seriesInstanceUID: string;
  readonly grid: SeriesGrid;
  readonly images: readonly Image[];
  readonly nodules: readonly TruthNodule[];
  /** Annotated, with a place on the series and without a diameter. */
  readonly withoutOutline: number;
}

interface Row {
  readonly worldPoint: readonly [number, number, number];
  readonly diameterMm: number;
  /** Empty where the table states none. */
  readonly confidence: string;
  readonly line: number;
}

/**
 * @param path annotations.csv, plain or gzip, with a column `confidence` or without; a nodule of unknown diameter (below 0) has no ball and is told
 * @throws AppError EVALUATION_… with file and line, LIDC_NOTHING_CONVERTED
 */
export async function annotatedSeries(path: string, files: () => AsyncIterable<string>): Promise<{ readonly series: readonly AnnotatedSeries[]; readonly problems: readonly LidcProblem[] }> {
  const bySeries = new Map<string, Row[]>();
  await readTable(path, ['seriesuid', 'coordX', 'coordY', 'coordZ', 'diameter_mm'], (row) => {
    const uid = row.text(0);
    bySeries.set(uid, [...bySeries.get(uid) ?? [], { worldPoint: [row.number(1), row.number(2), row.number(3)], diameterMm: row.number(4), confidence: row.text(5).trim().slice(0, 200), line: row.line }]);
  }, ['confidence']);
  const problems: LidcProblem[] = [];
  const images = await imagesOf(files(), new Set(bySeries.keys()), problems);
  const series = [...bySeries].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([seriesInstanceUID, rows]): readonly AnnotatedSeries[] => {
    const own = images.get(seriesInstanceUID) ?? [];
    const grid = own.length === 0 ? undefined : seriesGrid(own);
    if (!grid) {
      problems.push({ code: 'IMAGES_MISSING', text: `${seriesInstanceUID}: ${own.length === 0 ? 'none of its images was found' : 'its images form no volume'}` });
      return [];
    }
    let withoutOutline = 0;
    const nodules = rows.flatMap(({ worldPoint, diameterMm, confidence, line }): readonly TruthNodule[] => {
      const mask = diameterMm > 0 ? ballMask(grid.geometry, worldPoint, diameterMm) : undefined;
      if (mask) return [{ mask, description: `annotated, ${diameterMm.toFixed(1)} mm, drawn as a ball`, worldPoint, diameterMm, diameterFrom: 'stated', ...(confidence !== '' && { confidence }) }];
      if (!(diameterMm > 0)) withoutOutline += 1;
      problems.push({ code: diameterMm > 0 ? 'OFF_SERIES' : 'NO_OUTLINE', text: `${basename(path)}, line ${line}: ${diameterMm > 0 ? 'lies outside of the series' : 'has no diameter'}; it is left out` });
      return [];
    });
    return [{ seriesInstanceUID, grid, images: own, nodules, withoutOutline }];
  });
  if (series.length === 0) throw new AppError('LIDC_NOTHING_CONVERTED', `no series of ${basename(path)} has its images in the folder`);
  return { series, problems };
}
