import { describe, expect, it } from 'vitest';
import { figuresOf, stageTimes } from '../../src/bench/figures.ts';
import { chooseGallery, pictureJobs, type GalleryItem } from '../../src/bench/gallery.ts';
import { frocOverlay, reliabilityPlot } from '../../src/bench/plots.ts';
import { phantomTruth } from '../../src/bench/truth.ts';
import type { BenchCase, BenchModel, CaseResult, Mark } from '../../src/bench/types.ts';
import { xOf, yOf } from '../../src/evaluation/froc-axes.ts';
import type { NoduleTruth } from '../../src/phantom/types.ts';

const accepts = { modality: 'CT', minSlices: 20, minCoverageMm: 50, maxSliceThicknessMm: 3 } as const;
const model: BenchModel = { id: 'm', version: '1', name: 'M', sha256: '', manifestSha256: '', operatingPoint: 0.5, accepts };
const result = (marks: readonly Mark[], totalMs = 0, status: CaseResult['outcome']['status'] = 'analysed'): CaseResult => ({
  schemaVersion: 1, key: '', outcome: { status }, marks, findings: 0, warnings: [], quality: {}, timingsMs: { total: totalMs }, peakMemoryMiB: 0,
});
const nodule = (x: number, diameterMm: number, type: NoduleTruth['type']): NoduleTruth => ({
  id: 0, worldPoint: [x, 0, 0], volumeMm3: 1, diameterMm, longAxisMm: diameterMm, shortAxisMm: diameterMm, equivalentDiameterMm: diameterMm, type, location: 'isolated', margin: 'smooth', meanHU: 0,
});
const truthOf = (nodules: readonly NoduleTruth[]) => ({ seed: 0, studyInstanceUID: '', seriesInstanceUID: '', frameOfReferenceUID: '', nodules });
const truth = phantomTruth(['a', 'b', 'c'], [truthOf([nodule(0, 10, 'solid'), nodule(100, 5, 'ground-glass')]), truthOf([nodule(0, 20, 'solid')]), truthOf([nodule(0, 8, 'calcified')])]);
const results = [
  result([[0, 0, 0, 0.9, 9], [100, 1, 0, 0.3, 5], [50, 0, 0, 0.8, 4]]), result([[500, 0, 0, 0.6, null], [600, 0, 0, 0.4, null]]), result([], 0, 'failed'),
];

describe('figures of a bench', () => {
  const figures = figuresOf(truth, model, results, { maxMarks: 100, resamples: 0, seed: 1 });

  it('at the operating point, a scan without an analysis counted in', () => {
    expect(figures.atOperatingPoint).toEqual({ sensitivity: 1 / 4, falsePositivesPerScan: 2 / 3 });
  });

  it('by kind, the failed scan too', () => {
    expect(figures.byType).toEqual([
      { label: 'solid', nodules: 2, detected: 1, detectedAtOne: 1, detectedAtOperatingPoint: 1 },
      { label: 'ground-glass', nodules: 1, detected: 1, detectedAtOne: 1, detectedAtOperatingPoint: 0 },
      { label: 'calcified', nodules: 1, detected: 0, detectedAtOne: 0, detectedAtOperatingPoint: 0 },
    ]);
    expect(figures.bySize.map(({ label, nodules, detected }) => [label, nodules, detected])).toEqual([['4 to below 6 mm', 1, 1], ['8 to below 10 mm', 1, 0], ['10 to below 15 mm', 1, 1], ['20 mm and more', 1, 0]]);
    const bySizeBefore = figures.evaluation.score!.bySize;
    expect(figures.bySize.map(({ nodules, detected, detectedAtOne }) => [nodules, detected, detectedAtOne])).toEqual(bySizeBefore.map(({ nodules, detected, detectedAtOne }) => [nodules, detected, detectedAtOne]));
  });

  it('the gallery has the surest false marks and the largest missed nodules of scans that were analysed', () => {
    const shown = chooseGallery(figures, truth, 5).map(({ kind, series, probability, worldPoint: [x], diameterMm }) => ({ kind, series, probability, x, diameterMm }));
    expect(shown).toEqual([
      { kind: 'false-positive', series: 0, probability: 0.8, x: 50, diameterMm: 4 }, { kind: 'false-positive', series: 1, probability: 0.6, x: 500, diameterMm: undefined },
      { kind: 'missed', series: 1, probability: null, x: 0, diameterMm: 20 }, { kind: 'missed', series: 0, probability: 0.3, x: 100, diameterMm: 5 },
    ]);
    expect(chooseGallery(figures, truth, 1)).toHaveLength(2);
  });

  it('opens a case once for the models that saw the same images of it, and again for one that accepts others', () => {
    const models = [model, { ...model, id: 'same' }, { ...model, id: 'thick', accepts: { ...accepts, maxSliceThicknessMm: 5 } }];
    const cases = ['a', 'b'].map((id): BenchCase => ({ id, source: { kind: 'volume', path: `${id}.nii` }, fingerprint: '' }));
    const item = (modelId: string, series: number): GalleryItem => ({ modelId, series, kind: 'missed', worldPoint: [0, 0, 0], probability: null });
    const jobs = pictureJobs([item('thick', 1), item('m', 1), item('same', 1), item('thick', 0)], cases, models);
    expect(jobs.map(({ job, items }) => [job.source, job.accepts.maxSliceThicknessMm, job.pictures.length, items.map(({ modelId }) => modelId)])).toEqual([
      [cases[0]!.source, 5, 1, ['thick']], [cases[1]!.source, 5, 1, ['thick']], [cases[1]!.source, 3, 2, ['m', 'same']],
    ]);
  });

  it('draws the curve of every model, told apart by colour and dashes, and where its sensitivity stands', () => {
    const other = figuresOf(truth, { ...model, id: 'o<' }, [result([[0, 0, 0, 0.9, 9], [100, 1, 0, 0.8, 5]]), result([]), result([])], { maxMarks: 100, resamples: 0, seed: 1 });
    const svg = frocOverlay([figures, other]);
    const curves = [...svg.matchAll(/<polyline points="([^"]+)" fill="none" stroke="([^"]+)"[^>]*stroke-dasharray="([^"]*)"/gu)];
    expect(curves).toHaveLength(2);
    expect(new Set(curves.map(([, , stroke, dash]) => `${stroke} ${dash}`)).size).toBe(2);
    curves.forEach(([, points], n) => {
      const sensitivities = [figures, other][n]!.evaluation.score!.sensitivities;
      expect(points!.split(' ').at(0)).toBe(`${xOf(0.125).toFixed(1)},${yOf(sensitivities[0]!).toFixed(1)}`);
      expect(points!.split(' ').at(-1)).toBe(`${xOf(8).toFixed(1)},${yOf(sensitivities[6]!).toFixed(1)}`);
    });
    expect(svg).toContain(`m 1: CPM ${figures.evaluation.score!.cpm.toFixed(3)}`);
    expect(svg).toContain('o&lt; 1: CPM 0.500');
  });

  it('draws a dot for each bin with marks, as far right as was stated and as high as was observed', () => {
    const { bins } = figures.calibration!;
    const svg = reliabilityPlot('m', figures.calibration!);
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*><title>(\d+) marks/gu)].map(([, x, y, marks]) => [Number(x), Number(y), Number(marks)]);
    // The square is 300 wide, from 54 and 18 on.
    expect(dots).toEqual(bins.filter(({ marks }) => marks > 0).map(({ meanProbability, observed, marks }) => [
      Number((54 + 300 * meanProbability!).toFixed(1)), Number((318 - 300 * observed!).toFixed(1)), marks,
    ]));
    expect(dots.length).toBeGreaterThan(3);
    expect(svg).toContain('<line x1="54" y1="318" x2="354" y2="18"');
  });

  it('times are of the scans that were analysed', () => {
    const times = (values: readonly number[]) => stageTimes([...values.map((value) => result([], value)), result([], 99_999, 'failed')]);
    expect(times([3, 1, 2])).toEqual([{ stage: 'total', medianMs: 2, ninetiethMs: 3 }]);
    expect(times([4, 1, 2, 3])).toEqual([{ stage: 'total', medianMs: 2.5, ninetiethMs: 4 }]);
    expect(times(Array.from({ length: 10 }, (_, n) => n + 1))).toEqual([{ stage: 'total', medianMs: 5.5, ninetiethMs: 9 }]);
    expect(times([])).toEqual([]);
  });
});
