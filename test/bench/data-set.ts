/** A data set of every awkward kind: DICOM, a volume file, one that is cut, a series too short, and one whose images are not there. */
import { cp, mkdir, readFile, readdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { put, putBytes } from '../../src/dicom/build.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { openCase } from '../../src/bench/case-input.ts';
import type { SeriesLimits } from '../../src/volume/series-limits.ts';
import { writePhantom, type PhantomTruth } from '../../src/phantom/write-phantom.ts';
import { scale } from '../../src/volume/vec3.ts';
import { writeMetaImage, writeNifti, type Stored } from '../volume-files/writers.ts';

export interface DataSet {
  readonly truth: PhantomTruth;
  readonly ids: { readonly dicom: string; readonly volume: string; readonly cut: string; readonly short: string; readonly absent: string };
}

const limits: SeriesLimits = { modality: 'CT', minSlices: 10, minCoverageMm: 50, maxSliceThicknessMm: 5 };

export async function makeDataSet(folder: string): Promise<DataSet> {
  const images = join(folder, 'one', 'images');
  const { truth } = await writePhantom({ out: images, seed: 100_412, nodules: [12, 10, 8].map((diameterMm) => ({ diameterMm, type: 'solid', location: 'isolated', margin: 'smooth' })), columns: 192, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5, noise: 15, kernel: 'standard' });
  const files = (await readdir(images)).filter((name) => name.startsWith('IM')).sort();
  const ids = { dicom: truth.seriesInstanceUID, volume: '1.2.840.99.1', cut: '1.2.840.99.2', short: '1.2.840.99.3', absent: '1.2.840.99.4' };

  const { geometry, hu } = await openCase({ kind: 'dicom', files: files.map((name) => join(images, name)) }).volume(limits);
  const stored: Stored = {
    size: [geometry.columns, geometry.rows, geometry.slices], origin: geometry.origin, type: 'int16', littleEndian: true, compressed: true, values: Array.from(hu),
    steps: [scale(geometry.columnDirection, geometry.spacingMm[0]), scale(geometry.rowDirection, geometry.spacingMm[1]), scale(geometry.sliceDirection, geometry.spacingMm[2])],
  };
  // Header and compressed samples in two files, as LUNA16 has them.
  await rename(await writeMetaImage(folder, stored, false), join(folder, `${ids.volume}.mhd`));
  const path = await writeNifti(folder, stored, 1);
  await cp(path, join(folder, `${ids.cut}.nii.gz`));
  await truncate(join(folder, `${ids.cut}.nii.gz`), 200_000);
  await writeFile(path, 'taken away');

  await mkdir(join(folder, 'two'));
  for (const name of files.slice(0, 12)) {
    const bytes = await readFile(join(images, name));
    const { dataset, pixelData } = parsePart10(bytes);
    if (pixelData?.kind !== 'native') throw new Error('a phantom is not compressed');
    putBytes(dataset, 'PixelData', 'OW', bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length));
    put(dataset, 'SeriesInstanceUID', ids.short);
    put(dataset, 'SOPInstanceUID', `${ids.short}.${name.replace(/\D/gu, '').replace(/^0+/u, '')}`);
    await writeFile(join(folder, 'two', name), encodePart10(dataset));
  }
  const rows = truth.nodules.map(({ worldPoint, diameterMm }, n) => `${worldPoint.join(',')},${diameterMm},${n === 0 ? 'solid' : 'ground-glass'},upper`);
  await writeFile(join(folder, 'annotations.csv'), ['seriesuid,coordX,coordY,coordZ,diameter_mm,type,location', ...[ids.dicom, ids.volume].flatMap((id) => rows.map((row) => `${id},${row}`)), `${ids.absent},0,0,0,9,,`, ''].join('\n'));
  await writeFile(join(folder, 'annotations_excluded.csv'), `seriesuid,coordX,coordY,coordZ,diameter_mm\n${ids.short},0,0,0,-1\n`);
  await writeFile(join(folder, 'seriesuids.csv'), `${Object.values(ids).join('\n')}\n`);
  await writeFile(path.replace('v.nii.gz', 'notes.txt'), 'no image');
  return { truth, ids };
}

/** The blob detector, and an ensemble of it alone that lets two marks pass. */
export async function makeModels(folder: string): Promise<void> {
  await cp(join(import.meta.dirname, '../inference/fixtures/blob-detector'), join(folder, 'blob-detector'), { recursive: true });
  const { accepts, operatingPoints, defaultOperatingPoint } = JSON.parse(await readFile(join(folder, 'blob-detector', 'model.json'), 'utf8')) as Record<string, unknown>;
  await mkdir(join(folder, 'two-marks'));
  await writeFile(join(folder, 'two-marks', 'model.json'), JSON.stringify({
    manifestVersion: '2', id: 'two-marks', version: '1.0.0', name: 'Two marks', licence: 'Apache-2.0', intendedUse: 'Tests of the bench; not for reading images', trainingData: ['none'],
    task: 'ensemble', members: [{ model: 'blob-detector' }], combine: 'mean', clusterRadiusMm: 5, maxCandidates: 2, calibration: { kind: 'none' }, accepts, operatingPoints, defaultOperatingPoint,
  }));
}
