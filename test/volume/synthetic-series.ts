/** Small CT series whose every voxel's value follows from where it lies in the patient. */
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { uidFromName } from '../../src/dicom/uid.ts';
import { readStudy, type InstanceSource, type ReadStudy } from '../../src/inference/read-study.ts';
import { assembleVolume } from '../../src/volume/assemble.ts';
import { chooseSeries, type SeriesChoice } from '../../src/volume/choose-series.ts';
import { indexToWorld } from '../../src/volume/geometry.ts';
import type { SeriesLimits } from '../../src/volume/series-limits.ts';
import type { Vec3, Volume } from '../../src/volume/types.ts';
import { add, scale } from '../../src/volume/vec3.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

/** A field that is linear in LPS mm, so that interpolation does not change it and every axis mix-up does. */
export const fieldHU = ([x, y, z]: Vec3): number => Math.round(1.5 * x - 4 * y + 3 * z) + 20;

export interface SeriesOptions {
  readonly name?: string;
  readonly slices?: number;
  readonly columns?: number;
  readonly rows?: number;
  /** [row spacing, column spacing]. */
  readonly pixelSpacing?: readonly [number, number];
  readonly rowCosines?: Vec3;
  readonly columnCosines?: Vec3;
  readonly origin?: Vec3;
  /** LPS step from slice to slice. */
  readonly step?: Vec3;
  readonly hu?: (world: Vec3, k: number) => number;
  readonly stored?: (hu: number, k: number) => number;
  readonly slope?: (k: number) => number;
  readonly intercept?: (k: number) => number;
  readonly signed?: boolean;
  readonly transferSyntaxUID?: string;
  /** Last changes to a slice's data set. */
  readonly change?: (dataset: Dataset, k: number) => void;
}

function pixelBytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, n) => { view.setUint16(n * 2, value & 0xffff, true); });
  return bytes;
}

/** Data sets of the series, in order along `step`. */
export function seriesDatasets(options: SeriesOptions = {}): readonly Dataset[] {
  const { name = 'series', slices = 40, columns = 12, rows = 10, pixelSpacing = [2, 1.5], rowCosines = [1, 0, 0], columnCosines = [0, 1, 0], origin = [-9, -10, -40], step = [0, 0, 1.25], hu = fieldHU } = options;
  const slope = options.slope ?? (() => 1);
  const intercept = options.intercept ?? (() => -1024);
  const stored = options.stored ?? ((value, k) => Math.round((value - intercept(k)) / slope(k)));
  return Array.from({ length: slices }, (_, k) => {
    const position = add(origin, scale(step, k));
    const values: number[] = [];
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const world = add(position, add(scale(rowCosines, i * pixelSpacing[1]), scale(columnCosines, j * pixelSpacing[0])));
        values.push(stored(hu(world, k), k));
      }
    }
    const dataset: Dataset = {};
    put(dataset, 'SOPClassUID', ctImageStorage);
    put(dataset, 'SOPInstanceUID', uidFromName(`${name} ${k}`));
    put(dataset, 'StudyInstanceUID', uidFromName('study'));
    put(dataset, 'SeriesInstanceUID', uidFromName(name));
    put(dataset, 'FrameOfReferenceUID', uidFromName('frame'));
    put(dataset, 'Modality', 'CT');
    put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
    put(dataset, 'InstanceNumber', k + 1);
    put(dataset, 'AcquisitionNumber', 1);
    put(dataset, 'SliceThickness', 1.25);
    put(dataset, 'ConvolutionKernel', 'STANDARD');
    put(dataset, 'ImagePositionPatient', ...position.map((value) => Math.round(value * 1e6) / 1e6));
    put(dataset, 'ImageOrientationPatient', ...[...rowCosines, ...columnCosines].map((value) => Math.round(value * 1e8) / 1e8));
    put(dataset, 'PixelSpacing', ...pixelSpacing);
    put(dataset, 'Rows', rows);
    put(dataset, 'Columns', columns);
    put(dataset, 'SamplesPerPixel', 1);
    put(dataset, 'PhotometricInterpretation', 'MONOCHROME2');
    put(dataset, 'BitsAllocated', 16);
    put(dataset, 'BitsStored', 16);
    put(dataset, 'HighBit', 15);
    put(dataset, 'PixelRepresentation', options.signed === true ? 1 : 0);
    put(dataset, 'RescaleSlope', slope(k));
    put(dataset, 'RescaleIntercept', intercept(k));
    putBytes(dataset, 'PixelData', 'OW', pixelBytes(values));
    options.change?.(dataset, k);
    return dataset;
  });
}

export function sourcesOf(datasets: readonly Dataset[], transferSyntaxUID?: string): readonly InstanceSource[] {
  return datasets.map((dataset) => {
    const bytes = encodePart10(dataset, { values: 'received', ...(transferSyntaxUID !== undefined && { transferSyntaxUID }) });
    return { read: () => Promise.resolve(bytes) };
  });
}

/** A shuffle that is the same each time. */
export function shuffled<T>(list: readonly T[]): readonly T[] {
  const out = [...list];
  for (let n = out.length - 1, state = 17; n > 0; n--) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const other = state % (n + 1);
    [out[n], out[other]] = [out[other] as T, out[n] as T];
  }
  return out;
}

/** Limits that a toy series of 40 x 10 x 12 voxels passes. */
export const toyLimits: SeriesLimits = { modality: 'CT', minSlices: 20, minCoverageMm: 20, maxSliceThicknessMm: 3, minFieldOfViewMm: 1, maxPixelSpacingMm: 5, warnPixelSpacingMm: 5 };

const never = new AbortController().signal;

export async function read(sources: readonly InstanceSource[]): Promise<ReadStudy> {
  return readStudy(sources, never, () => undefined);
}

export async function choose(sources: readonly InstanceSource[], limits: SeriesLimits = toyLimits): Promise<SeriesChoice> {
  return chooseSeries((await read(sources)).instances, limits);
}

/** Reasons of the only series. */
export async function reasonsOf(sources: readonly InstanceSource[], limits?: SeriesLimits): Promise<{ readonly eligible: boolean; readonly codes: readonly string[] }> {
  const { assessments } = await choose(sources, limits);
  if (assessments.length !== 1) throw new Error(`expected one series, found ${assessments.length}`);
  return { eligible: assessments[0]?.eligible ?? false, codes: assessments[0]?.reasons.map(({ code }) => code) ?? [] };
}

/** The volume of the series that is chosen. */
export async function assemble(sources: readonly InstanceSource[], limits: SeriesLimits = toyLimits, threads = 1): Promise<Volume> {
  const study = await read(sources);
  const { ranked: [best], assessments } = chooseSeries(study.instances, limits);
  if (!best?.stack.plan) throw new Error(`nothing eligible: ${JSON.stringify(assessments.map(({ reasons }) => reasons.map(({ code }) => code)))}`);
  const file = async (n: number): Promise<Uint8Array> => study.instances[n]?.source.read() ?? new Uint8Array();
  return assembleVolume(best.stack.plan, file, { threads, signal: never, onProgress: () => undefined });
}

/** Largest difference between the voxels and the field at the places where the geometry says they lie. */
export function fieldError(volume: Volume, field: (world: Vec3) => number = fieldHU): number {
  const { columns, rows, slices } = volume.geometry;
  let worst = 0;
  for (let k = 0, n = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++, n++) worst = Math.max(worst, Math.abs((volume.hu[n] ?? NaN) - field(indexToWorld(volume.geometry, [i, j, k]))));
    }
  }
  return worst;
}
