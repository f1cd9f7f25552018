/** Headers of the CT images of series that are asked for. */
import { basename } from 'node:path';
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { readHeaderIfDicom } from '../dicom/read-file-header.ts';
import { toAppError } from '../errors.ts';
import { ctClasses } from '../volume/frame-header.ts';
import type { LidcProblem } from './types.ts';

export interface Image {
  readonly dataset: Dataset;
  readonly transferSyntaxUID: string;
  readonly sopInstanceUID: string;
  readonly path: string;
}

/** The header of a CT image; undefined for any other file. @throws AppError of the parser */
async function imageOf(path: string): Promise<Image | undefined> {
  const header = await readHeaderIfDicom(path);
  if (header === undefined || !ctClasses.has(text(header.dataset, 'SOPClassUID') ?? '')) return undefined;
  const { dataset, meta } = header;
  return { dataset, transferSyntaxUID: meta.transferSyntaxUID, sopInstanceUID: text(dataset, 'SOPInstanceUID') ?? '', path };
}

/** Headers of the wanted series; what is wrong with a file is told. */
export async function imagesOf(files: AsyncIterable<string>, wanted: ReadonlySet<string>, problems: LidcProblem[]): Promise<ReadonlyMap<string, Image[]>> {
  const bySeries = new Map<string, Image[]>();
  for await (const path of files) {
    if (/\.(?:xml|csv|txt|json|xlsx?|md)$/iu.test(path)) continue;
    try {
      const image = await imageOf(path);
      const series = image && text(image.dataset, 'SeriesInstanceUID');
      if (image && series !== undefined && wanted.has(series)) bySeries.set(series, [...bySeries.get(series) ?? [], image]);
    } catch (error) {
      problems.push({ code: 'UNREADABLE', text: `${basename(path)}: ${toAppError(error).code}` });
    }
  }
  return bySeries;
}
