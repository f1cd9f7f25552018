/** One series as a volume with lungs, for measuring what a person points at: the same steps as an analysis, without a model. */
import { AppError, toAppError } from '../errors.ts';
import { gateLungs } from '../findings/lung-gate.ts';
import { segmentLungs } from '../findings/lung-mask.ts';
import { assembleVolume } from '../volume/assemble.ts';
import { chooseSeries } from '../volume/choose-series.ts';
import { readerLimits } from '../volume/series-limits.ts';
import type { FindingContext } from './build-finding.ts';
import { readStudy, type InstanceSource } from './read-study.ts';

export type PreparedSeries = Omit<FindingContext, 'identity'> & { readonly seriesInstanceUID: string };

/**
 * Of several series the one that an analysis would prefer.
 * @throws AppError REVIEW_NO_VOLUME with the reason's code; the signal's reason when it aborts.
 */
export async function prepareSeries(instances: readonly InstanceSource[], options: { readonly signal: AbortSignal; readonly threads?: number }): Promise<PreparedSeries> {
  const { signal, threads = 2 } = options;
  const ignore = (): void => undefined;
  const study = await readStudy(instances, signal, ignore);
  const { ranked: [best], assessments } = chooseSeries(study.instances, readerLimits);
  if (best?.stack.plan === undefined) {
    throw new AppError('REVIEW_NO_VOLUME', 'These images do not form a volume that can be measured.', { details: { reason: assessments[0]?.reasons[0]?.code ?? 'no-images' } });
  }
  const read = async (instance: number): Promise<Uint8Array> => study.instances[instance]?.source.read() ?? new Uint8Array();
  const volume = await assembleVolume(best.stack.plan, read, { threads, signal, onProgress: ignore }).catch((error: unknown) => {
    const { code, message } = toAppError(error);
    throw code.startsWith('DICOM_') ? new AppError('REVIEW_NO_VOLUME', message, { cause: error, details: { reason: code } }) : error;
  });
  const lungs = segmentLungs(volume);
  return { seriesInstanceUID: best.series.seriesInstanceUID, volume, lungs, lungsComplete: gateLungs(lungs, volume, readerLimits).isComplete };
}
