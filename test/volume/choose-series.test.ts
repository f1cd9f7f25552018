import { describe, expect, it } from 'vitest';
import type { SeriesLimits } from '../../src/volume/series-limits.ts';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { uidFromName } from '../../src/dicom/uid.ts';
import { chooseSeries, mainRefusal } from '../../src/volume/choose-series.ts';
import { classifyKernel } from '../../src/volume/score-series.ts';
import { choose, reasonsOf, seriesDatasets, sourcesOf, toyLimits, type SeriesOptions } from './synthetic-series.ts';

async function refusal(options: SeriesOptions, limits = toyLimits): Promise<readonly string[]> {
  const { eligible, codes } = await reasonsOf(sourcesOf(seriesDatasets(options)), limits);
  expect(eligible).toBe(false);
  return codes;
}

const set = (change: (dataset: Dataset, k: number) => void): SeriesOptions => ({ change });

describe('a series is refused with its reason', () => {
  it.each([
    ['not-ct', set((dataset) => { put(dataset, 'Modality', 'MR'); put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.4'); })],
    ['localizer', { ...set((dataset) => put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'LOCALIZER')), slices: 2 }],
    ['derived-secondary', set((dataset) => put(dataset, 'ImageType', 'DERIVED', 'SECONDARY', 'MIP'))],
    ['derived-secondary', set((dataset) => put(dataset, 'BurnedInAnnotation', 'YES'))],
    ['few-slices', { slices: 1 }],
    ['few-slices', { slices: 12 }],
    ['thick-slices', set((dataset) => put(dataset, 'SliceThickness', 5))],
    ['thick-slices', { step: [0, 0, 4] }],
    ['not-axial', { rowCosines: [0, 1, 0], columnCosines: [0, 0, -1], step: [1.25, 0, 0] }],
    ['missing-geometry', set((dataset) => put(dataset, 'ImagePositionPatient'))],
    ['hu-implausible', set((dataset) => put(dataset, 'RescaleIntercept'))],
    ['hu-implausible', set((dataset) => put(dataset, 'RescaleType', 'MGML'))],
    ['lossy', set((dataset) => put(dataset, 'LossyImageCompression', '01'))],
    ['tilt', { columnCosines: [0, Math.cos(0.42), -Math.sin(0.42)], step: [0, -0.3, 1.2] }],
  ] as const)('%s (%#)', async (code, options) => {
    const { eligible, codes } = await reasonsOf(sourcesOf(seriesDatasets(options)));
    expect(eligible).toBe(false);
    expect(codes[0]).toBe(code);
  });

  it('too-large, from the header alone', () => {
    const instances = seriesDatasets(set((dataset) => { put(dataset, 'Rows', 2048); put(dataset, 'Columns', 2048); }))
      .map((dataset) => ({ dataset, transferSyntaxUID: '1.2.840.10008.1.2.1', pixelDigest: '' }));
    expect(chooseSeries(instances, toyLimits).assessments[0]?.reasons[0]?.code).toBe('too-large');
  });

  it('undecodable, from the transfer syntax alone', () => {
    const instances = seriesDatasets().map((dataset) => ({ dataset, transferSyntaxUID: '1.2.840.10008.1.2.4.100', pixelDigest: '' }));
    expect(chooseSeries(instances, toyLimits).assessments[0]?.reasons[0]?.code).toBe('undecodable');
  });

  it('several holes, or too large a hole', async () => {
    const sources = sourcesOf(seriesDatasets({ slices: 80 }));
    expect((await reasonsOf(sources.filter((_, k) => k !== 20 && k !== 40))).codes).toEqual(['gap']);
    expect((await reasonsOf(sources.filter((_, k) => k < 20 || k > 23))).codes).toEqual(['gap']);
    expect((await reasonsOf(sources.filter((_, k) => k !== 20))).eligible).toBe(true);
  });

  it('uneven spacing', async () => {
    expect(await refusal(set((dataset, k) => put(dataset, 'ImagePositionPatient', -9, -10, -40 + 1.25 * k + (k % 3) * 0.4)))).toContain('uneven-spacing');
    const jitter = seriesDatasets(set((dataset, k) => put(dataset, 'ImagePositionPatient', -9, -10, -40 + 1.25 * k + (k % 2) * 0.05)));
    expect(await reasonsOf(sourcesOf(jitter))).toEqual({ eligible: true, codes: ['uneven-spacing-warning'] });
  });

  it('different images at one position', async () => {
    const datasets = seriesDatasets();
    const other = seriesDatasets({ hu: () => 77 }).map((dataset, k) => { put(dataset, 'SOPInstanceUID', uidFromName(`other ${k}`)); return dataset; });
    expect((await reasonsOf(sourcesOf([...datasets, ...other]))).codes[0]).toBe('duplicate');
  });

  it('a mixture of unrelated images', async () => {
    const parts = [1.5, 1.7, 1.9].flatMap((spacing, part) =>
      seriesDatasets({ slices: 15, pixelSpacing: [2, spacing] }).map((dataset, k) => { put(dataset, 'SOPInstanceUID', uidFromName(`${part} ${k}`)); return dataset; }));
    expect((await reasonsOf(sourcesOf(parts))).codes[0]).toBe('mixed');
  });

  it('age and field of view by the limits of the model', async () => {
    expect(await refusal(set((dataset) => put(dataset, 'PatientAge', '009Y')), { ...toyLimits, minAgeYears: 18 })).toContain('pediatric');
    expect(await refusal({}, { ...toyLimits, minFieldOfViewMm: 200 })).toContain('fov');
    expect(await refusal({}, { ...toyLimits, maxRows: 4 })).toContain('image-size');
    expect((await reasonsOf(sourcesOf(seriesDatasets(set((dataset) => put(dataset, 'PatientAge', '071Y')))), { ...toyLimits, minAgeYears: 18 })).codes).toEqual([]);
  });
});

it('kernels by the limits of the model', async () => {
  const withKernel = (kernel: string, kernels: SeriesLimits['kernels']) =>
    reasonsOf(sourcesOf(seriesDatasets(set((dataset) => put(dataset, 'ConvolutionKernel', kernel)))), { ...toyLimits, ...(kernels && { kernels }) });
  expect(await withKernel('LUNG', undefined)).toEqual({ eligible: true, codes: [] });
  expect(await withKernel('LUNG', { sharp: 'warn' })).toEqual({ eligible: true, codes: ['kernel-warning'] });
  expect(await withKernel('Br40d', { sharp: 'refuse' })).toEqual({ eligible: true, codes: [] });
  expect(await withKernel('Br64d', { sharp: 'refuse' })).toEqual({ eligible: false, codes: ['kernel-refused'] });
  expect(await withKernel('of our own', { unknown: 'warn' })).toEqual({ eligible: true, codes: ['kernel-warning'] });
});

describe('of several series the one that suits best is chosen', () => {
  const series = (name: string, change: (dataset: Dataset) => void, options: SeriesOptions = {}): readonly Dataset[] =>
    seriesDatasets({ ...options, name, change: (dataset) => { put(dataset, 'SeriesNumber', Number(name.replace(/\D/gu, ''))); change(dataset); } });

  async function chosen(...all: readonly (readonly Dataset[])[]): Promise<string | undefined> {
    const { ranked } = await choose(sourcesOf(all.flat()));
    return ranked[0]?.series.seriesInstanceUID;
  }

  it('thin before thick', async () => {
    const thick = series('s1', (dataset) => put(dataset, 'SliceThickness', 3));
    const thin = series('s2', () => undefined);
    expect(await chosen(thick, thin)).toBe(uidFromName('s2'));
  });

  it('soft kernel before sharp, original before derived', async () => {
    expect(await chosen(series('s1', (dataset) => put(dataset, 'ConvolutionKernel', 'B70f')), series('s2', (dataset) => put(dataset, 'ConvolutionKernel', 'B30f')))).toBe(uidFromName('s2'));
    expect(await chosen(series('s1', (dataset) => put(dataset, 'ImageType', 'DERIVED', 'PRIMARY', 'AXIAL')), series('s2', () => undefined))).toBe(uidFromName('s2'));
  });

  it('the lower series number when all else is equal, in any order of arrival', async () => {
    const [a, b] = [series('s1', () => undefined), series('s2', () => undefined)];
    expect(await chosen(a, b)).toBe(uidFromName('s1'));
    expect(await chosen(b, a)).toBe(uidFromName('s1'));
  });

  it('tells what explains best that nothing is eligible', async () => {
    const report = series('s1', (dataset) => { put(dataset, 'Modality', 'SR'); put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.88.11'); });
    const thick = series('s2', (dataset) => put(dataset, 'SliceThickness', 8));
    const { ranked, assessments } = await choose(sourcesOf([...report, ...thick]));
    expect(ranked).toEqual([]);
    expect(assessments).toHaveLength(2);
    const { reason, seriesInstanceUID } = mainRefusal(assessments);
    expect(reason.code).toBe('thick-slices');
    expect(reason.text.en).not.toBe('');
    expect(reason.text.vi).not.toBe(reason.text.en);
    expect(seriesInstanceUID).toBe(uidFromName('s2'));
  });
});

it.each([
  ['B30f', 'soft'], ['Br36d', 'soft'], ['I41f\\3', 'soft'], ['STANDARD', 'soft'], ['FC08', 'soft'], ['B', 'soft'],
  ['B70f', 'sharp'], ['Bl57d', 'sharp'], ['LUNG', 'sharp'], ['BONEPLUS', 'unknown'], ['BONE', 'sharp'], ['FC51', 'sharp'], ['YC', 'sharp'], ['', 'unknown'],
])('kernel %s is %s', (name, kind) => {
  expect(classifyKernel(name)).toBe(kind);
});
