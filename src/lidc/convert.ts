/** A folder of LIDC-IDRI (XML and images, as The Cancer Imaging Archive hands it out) to tables as LUNA16 has them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, toAppError } from '../errors.ts';
import { physicalNodules, type PhysicalNodule } from './consensus.ts';
import { imagesOf, type Image } from './read-images.ts';
import { readLidcXml } from './read-lidc.ts';
import { seriesGrid, type SeriesGrid } from './series-grid.ts';
import type { LidcProblem, LidcRead } from './types.ts';

export interface ConvertedSeries {
  readonly seriesInstanceUID: string;
  readonly readers: number;
  readonly nodules: readonly PhysicalNodule[];
  readonly grid: SeriesGrid;
  readonly images: readonly Image[];
}

export interface Conversion {
  readonly series: readonly ConvertedSeries[];
  readonly problems: readonly (LidcProblem & { readonly seriesInstanceUID?: string })[];
}

async function readsOf(files: AsyncIterable<string>, problems: LidcProblem[]): Promise<readonly LidcRead[]> {
  const reads = new Map<string, LidcRead>();
  for await (const path of files) {
    if (!/\.xml$/iu.test(path)) continue;
    try {
      const read = readLidcXml(await readFile(path, 'utf8'), basename(path));
      if (reads.has(read.seriesInstanceUID)) problems.push({ code: 'UNREADABLE', text: `${basename(path)}: a second file about the same series; the first one is taken` });
      else reads.set(read.seriesInstanceUID, read);
    } catch (error) {
      const { code, message } = toAppError(error);
      if (code !== 'LIDC_XML_MALFORMED' && code !== 'LIDC_NOT_CT') throw error;
      problems.push({ code: code === 'LIDC_NOT_CT' ? 'NOT_CT' : 'UNREADABLE', text: message });
    }
  }
  return [...reads.values()].sort((a, b) => (a.seriesInstanceUID < b.seriesInstanceUID ? -1 : 1));
}

/**
 * Every file that cannot be used, and every series without images, is told in `problems`; nothing is left out silently.
 *
 * @param files the files of the data set; walked twice
 * @param level part of the readers that a voxel of the consensus needs
 * @throws AppError LIDC_NOTHING_CONVERTED
 */
export async function convertLidc(files: () => AsyncIterable<string>, level: number, onProgress: (fraction: number) => void = () => undefined): Promise<Conversion> {
  const problems: (LidcProblem & { readonly seriesInstanceUID?: string })[] = [];
  const reads = await readsOf(files(), problems);
  const images = await imagesOf(files(), new Set(reads.map(({ seriesInstanceUID }) => seriesInstanceUID)), problems);
  const series: ConvertedSeries[] = [];
  for (const [n, read] of reads.entries()) {
    const { seriesInstanceUID } = read;
    const own = images.get(seriesInstanceUID) ?? [];
    const grid = own.length === 0 ? undefined : seriesGrid(own);
    if (!grid) {
      problems.push({ code: 'IMAGES_MISSING', text: own.length === 0 ? 'none of its images was found: contours are in pixels, so it has no place in mm' : 'its images form no volume', seriesInstanceUID });
      continue;
    }
    const { nodules, problems: own2 } = physicalNodules(read, grid, level);
    for (const problem of [...read.problems, ...own2]) problems.push({ ...problem, seriesInstanceUID });
    series.push({ seriesInstanceUID, readers: read.readers, nodules, grid, images: own });
    onProgress((n + 1) / reads.length);
  }
  if (series.length === 0) throw new AppError('LIDC_NOTHING_CONVERTED', `no series could be converted${problems[0] === undefined ? ': there is no XML file' : `; the first reason: ${problems[0].text}`}`);
  return { series, problems };
}
