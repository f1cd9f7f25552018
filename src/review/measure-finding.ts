/** From what a reader points at to a finding of the reading, kept with its mask. */
import { randomUID } from '../dicom/uid.ts';
import { AppError } from '../errors.ts';
import type { StudyDetail } from '../study/types.ts';
import type { MeasureImages, Measurer, MeasureTarget } from './measurer.ts';
import type { ReviewIndex } from './port.ts';
import type { ReviewedFinding } from './types.ts';

/** The images that a reading measures on: of the named series, else of the analysed one, else every image. */
export async function measureImages(index: ReviewIndex, study: StudyDetail, seriesInstanceUID = study.analysis?.findings.seriesInstanceUID): Promise<MeasureImages> {
  const received = (await index.summaries(study.studyInstanceUID)).filter(({ own }) => !own);
  const instances = received.filter((instance) => seriesInstanceUID === undefined || instance.seriesInstanceUID === seriesInstanceUID);
  if (instances.length === 0) throw new AppError('REVIEW_NO_VOLUME', 'There are no images to measure on.');
  return { instances: instances.map(({ sopInstanceUID, blobKey }) => ({ sopInstanceUID, blobKey })) };
}

const numbered = /^Nodule (\d+)$/u;

/** The number after the highest that a finding of this study ever had: one is never given twice. */
function nextNumber(study: StudyDetail, measured: readonly { readonly finding: { readonly trackingIdentifier: string } }[]): number {
  const analyses = [...(study.analysis === undefined ? [] : [study.analysis]), ...study.earlierAnalyses];
  const identifiers = [...analyses.flatMap(({ findings }) => findings.findings), ...measured.map(({ finding }) => finding)].map(({ trackingIdentifier }) => trackingIdentifier);
  return 1 + identifiers.reduce((most, identifier) => Math.max(most, Number(numbered.exec(identifier)?.[1] ?? 0)), 0);
}

export async function measureFinding(
  deps: { readonly index: ReviewIndex; readonly measurer: Measurer | undefined; readonly at: () => string },
  study: StudyDetail, target: MeasureTarget, seriesInstanceUID?: string,
): Promise<ReviewedFinding> {
  const { index, measurer, at } = deps;
  if (measurer === undefined) throw new AppError('REVIEW_MEASURE_FAILED', 'This service does not measure.');
  const { studyInstanceUID } = study;
  const { values, mask, seriesInstanceUID: measuredOn } = await measurer.measure(await measureImages(index, study, seriesInstanceUID), target);
  const trackingUID = randomUID();
  const finding = { trackingUID, trackingIdentifier: `Nodule ${nextNumber(study, await index.reviews.measured(studyInstanceUID))}`, ...values };
  await index.reviews.addMeasured(studyInstanceUID, { finding, seriesInstanceUID: measuredOn, ...(mask === undefined ? {} : { mask }) }, at());
  return { trackingUID, origin: 'reader', verdict: 'accepted', finding, edited: [] };
}
