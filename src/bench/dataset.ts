/** The cases of a folder: DICOM series wherever their files lie in it, and volume files. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { text } from '../dicom/access.ts';
import { readHeaderIfDicom } from '../dicom/read-file-header.ts';
import { AppError } from '../errors.ts';
import { isMissing } from '../system-error.ts';
import { ctClasses } from '../volume/frame-header.ts';
import { fewestImages } from '../volume/series-limits.ts';
import { walkFiles } from '../walk-files.ts';
import { readHeader } from '../volume-files/read-header.ts';
import { isVolumeFileName, volumeFileStem } from '../volume-files/read-volume-file.ts';
import type { BenchCase, CaseSource } from './types.ts';

export interface FoundCases {
  readonly cases: readonly BenchCase[];
  /** Files of the names and the kind of images that could not be read, by name relative to the folder. */
  readonly unreadable: readonly string[];
  /** CT series of so few images that they are no volume (localizers), and instances that are no CT. */
  readonly passedOver: { readonly shortSeries: number; readonly otherInstances: number };
}

interface Identified {
  readonly seriesInstanceUID: string;
  readonly isCT: boolean;
}

/** The series of a DICOM file; undefined when it is no DICOM file. @throws AppError of the parser */
async function identify(path: string): Promise<Identified | undefined> {
  const header = await readHeaderIfDicom(path);
  if (header === undefined) return undefined;
  return {
    seriesInstanceUID: text(header.dataset, 'SeriesInstanceUID') ?? '',
    isCT: ctClasses.has(text(header.dataset, 'SOPClassUID') ?? header.meta.mediaStorageSOPClassUID ?? ''),
  };
}

async function fingerprintOf(root: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    try {
      const { size, mtimeMs } = await stat(file);
      hash.update(`${relative(root, file)}\n${size}\n${mtimeMs}\n`);
    } catch (error) {
      // Named by a header, and not there.
      if (!isMissing(error)) throw error;
      hash.update(`${relative(root, file)}\n-\n`);
    }
  }
  return hash.digest('hex');
}

/** The file of the header and those that it names for the samples. */
async function filesOfVolume(path: string): Promise<readonly string[]> {
  try {
    const { header } = await readHeader(path);
    return [...new Set([path, ...header.parts.map(({ file }) => join(dirname(path), file))])];
  } catch (error) {
    // What is wrong with it, its analysis tells.
    if (error instanceof AppError) return [path];
    throw error;
  }
}

interface Collected {
  readonly dicom: Map<string, string[]>;
  readonly volumes: Map<string, string>;
  readonly unreadable: string[];
  otherInstances: number;
}

async function collect(root: string): Promise<Collected> {
  const found: Collected = { dicom: new Map(), volumes: new Map(), unreadable: [], otherInstances: 0 };
  for await (const path of walkFiles(root)) {
    if (isVolumeFileName(path)) {
      const id = volumeFileStem(path);
      if (found.volumes.has(id)) throw new AppError('BENCH_CASE_AMBIGUOUS', `two volume files are called ${id}`, { details: { id } });
      found.volumes.set(id, path);
      continue;
    }
    if (/\.(?:csv|csv\.gz|raw|zraw|json|xml|txt|md)$/iu.test(path)) continue;
    let identified: Identified | undefined;
    try {
      identified = await identify(path);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.unreadable.push(relative(root, path));
      continue;
    }
    if (identified === undefined) continue;
    if (!identified.isCT) {
      found.otherInstances += 1;
      continue;
    }
    const files = found.dicom.get(identified.seriesInstanceUID) ?? [];
    files.push(path);
    found.dicom.set(identified.seriesInstanceUID, files);
  }
  return found;
}

/**
 * @param seriesUIDs the scans to be evaluated, when the data set lists them; every series of the folder otherwise
 * @throws AppError BENCH_DATASET_UNREADABLE, BENCH_NO_CASES, BENCH_CASE_AMBIGUOUS
 */
export async function findCases(root: string, seriesUIDs?: readonly string[]): Promise<FoundCases> {
  let found: Collected;
  try {
    found = await collect(root);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('BENCH_DATASET_UNREADABLE', `the folder ${basename(root)} cannot be read`, { cause: error });
  }
  const { dicom, volumes, unreadable, otherInstances } = found;
  let shortSeries = 0;
  if (seriesUIDs === undefined) {
    for (const [id, files] of dicom) {
      const isOneFile = files.length === 1 && (await stat(files[0]!)).size > 8 * 1024 * 1024;
      if (files.length >= fewestImages || isOneFile) continue;
      dicom.delete(id);
      shortSeries += 1;
    }
  }
  const sourceOf = (id: string): CaseSource => {
    const files = dicom.get(id);
    const path = volumes.get(id);
    if (files !== undefined && path !== undefined) throw new AppError('BENCH_CASE_AMBIGUOUS', `the series ${id} is there as DICOM and as a volume file`, { details: { id } });
    if (files !== undefined) return { kind: 'dicom', files };
    return path === undefined ? { kind: 'missing' } : { kind: 'volume', path };
  };
  const ids = seriesUIDs === undefined ? [...dicom.keys(), ...volumes.keys()].sort() : [...new Set(seriesUIDs)];
  if (ids.length === 0) throw new AppError('BENCH_NO_CASES', `there is no CT series and no volume file in ${basename(root)}`);
  const cases: BenchCase[] = [];
  for (const id of ids) {
    const source = sourceOf(id);
    const files = source.kind === 'dicom' ? source.files : source.kind === 'volume' ? await filesOfVolume(source.path) : [];
    cases.push({ id, source, fingerprint: await fingerprintOf(root, files) });
  }
  return { cases, unreadable, passedOver: { shortSeries, otherInstances } };
}
