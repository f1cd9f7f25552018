/**
 * Phantoms measured where their nodules are known to be: the whole way from files to findings and masks, but for the
 * network, which takes most of the time and knows nothing of grids and objects.
 */
import { text } from '../../src/dicom/access.ts';
import { measureNodule } from '../../src/findings/measure.ts';
import { findingsSchemaVersion } from '../../src/findings/types.ts';
import type { AnalysisResult } from '../../src/inference/analyze-study.ts';
import { prepareVolume } from '../../src/inference/analyze-volume.ts';
import { buildFinding } from '../../src/inference/build-finding.ts';
import { cutViews } from '../../src/inference/finding-views.ts';
import { readStudy } from '../../src/inference/read-study.ts';
import type { NoduleTruth } from '../../src/phantom/types.ts';
import { assembleVolume } from '../../src/volume/assemble.ts';
import { chooseSeries } from '../../src/volume/choose-series.ts';
import type { SeriesLimits } from '../../src/volume/series-limits.ts';

const limits: SeriesLimits = { modality: 'CT', minSlices: 20, minCoverageMm: 60, maxSliceThicknessMm: 3 };

/** What `analyzeStudy` gives for a study of one series, had the network marked exactly these nodules. */
export async function measureStudy(files: readonly Uint8Array[], nodules: readonly Pick<NoduleTruth, 'worldPoint' | 'diameterMm'>[]): Promise<AnalysisResult> {
  const { signal } = new AbortController();
  const study = await readStudy(files.map((bytes) => ({ read: async () => bytes })), signal, () => undefined);
  const [chosen] = chooseSeries(study.instances, limits).ranked;
  const plan = chosen?.stack.plan;
  if (chosen === undefined || plan === undefined) throw new Error('no series that can be analysed');
  const volume = await assembleVolume(plan, async (instance) => files[instance] ?? new Uint8Array(), { threads: 1, signal, onProgress: () => undefined });
  const prepared = prepareVolume(volume, limits);
  if ('refusal' in prepared) throw new Error(prepared.refusal.code);
  const { lungs, gate } = prepared;
  const measured = nodules.map((nodule) => {
    const measurement = measureNodule(volume, lungs, nodule);
    if (measurement === undefined) throw new Error(`nothing was measured at ${nodule.worldPoint.join(', ')}`);
    return measurement;
  });
  const context = { volume, lungs, lungsComplete: gate.isComplete, identity: 'test' };
  const findings = measured.map((measurement, n) => buildFinding(context, n + 1, { probability: 0.95 - n / 50 }, measurement));
  const header = study.instances[0]?.dataset ?? {};
  const { seriesInstanceUID } = chosen.series;
  const byUID = new Map(study.instances.map(({ dataset }) => [text(dataset, 'SOPInstanceUID'), dataset]));
  return {
    findings: {
      schemaVersion: findingsSchemaVersion, studyInstanceUID: text(header, 'StudyInstanceUID') ?? '', seriesInstanceUID,
      frameOfReferenceUID: volume.geometry.frameOfReferenceUID, status: 'analysed', warnings: [], seriesAssessments: [],
      model: { id: 'nodule-detector', version: '1.0.0', sha256: 'ab'.repeat(32), name: 'Nodule detector' }, operatingPoint: 0.5,
      findings,
      quality: {}, timingsMs: {}, inputHash: study.inputHash,
    },
    volume: { geometry: volume.geometry, slices: volume.slices },
    masks: measured.map(({ mask }) => mask),
    candidates: [],
    views: cutViews(volume, findings),
    sourceHeaders: [...new Set(volume.slices.map(({ sopInstanceUID }) => sopInstanceUID))].map((uid) => byUID.get(uid) ?? {}),
  };
}
