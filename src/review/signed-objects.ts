/** What the writers of a signed reading's objects need, gathered from index and archive. */
import type { InstanceArchive } from '../archive/port.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readSegmentation } from '../results/read-seg.ts';
import type { ObjectReference, ReviewObjectsInput } from '../results/review-objects.ts';
import type { AnalysisRecord, InstanceRecord, StudyDetail } from '../study/types.ts';
import { sliceReferences } from '../volume/assemble.ts';
import { chooseSeries } from '../volume/choose-series.ts';
import { readerLimits } from '../volume/series-limits.ts';
import type { MaskBox } from '../volume/types.ts';
import type { ReviewIndex } from './port.ts';
import type { MeasuredFinding, Signing } from './store.ts';

export interface SignedInputDeps {
  readonly index: ReviewIndex;
  readonly archive: Pick<InstanceArchive, 'read'>;
  readonly softwareVersion: string;
  /** Where the readers work; the institution of the images when absent. */
  readonly organization?: string;
  readonly log: Log;
}

type SignedVersion = Omit<Signing, 'objects' | 'revision' | 'studyInstanceUID'>;

const analysesOf = (study: StudyDetail): readonly AnalysisRecord[] => [...(study.analysis === undefined ? [] : [study.analysis]), ...study.earlierAnalyses];

function reviewOf({ version, kind, reader, signedAt, draft, conclusions, comparisons, analysisVersion }: SignedVersion): ReviewObjectsInput['review'] {
  return { version, kind, reader, signedAt, draft, conclusions, comparisons, ...(analysisVersion === undefined ? {} : { analysisVersion }) };
}

/** The AI's report that was read, and the signed reports before. */
async function predecessors({ index }: SignedInputDeps, study: StudyDetail, { analysisVersion }: SignedVersion): Promise<readonly ObjectReference[]> {
  const read = analysesOf(study).find(({ version }) => version === analysisVersion)?.objects ?? [];
  const signed = (await index.reviews.signed(study.studyInstanceUID)).toReversed().flatMap(({ objects }) => objects);
  const reports = await Promise.all([...read, ...signed].filter(({ role }) => role === 'sr').map(({ sopInstanceUID }) => index.instance(sopInstanceUID)));
  return reports.flatMap((report) => (report === undefined ? [] : [{
    studyInstanceUID: report.studyInstanceUID, seriesInstanceUID: report.seriesInstanceUID, sopInstanceUID: report.sopInstanceUID, sopClassUID: report.sopClassUID,
  }]));
}

/** The series that the findings lie on: the analysed one, else the one that was measured, else any with images. */
function seriesOf(study: StudyDetail, measured: readonly MeasuredFinding[]): string | undefined {
  const used = measured.find(({ seriesInstanceUID }) => seriesInstanceUID !== undefined)?.seriesInstanceUID;
  return study.analysis?.findings.seriesInstanceUID ?? used ?? (study.series.find(({ own, modality }) => !own && modality === 'CT') ?? study.series.find(({ own }) => !own))?.seriesInstanceUID;
}

type Placed = Pick<ReviewObjectsInput, 'volume' | 'sourceHeaders'>;

/** Geometry and images of the series in the order of an analysis, from the headers alone. */
function placeOf(records: readonly InstanceRecord[]): Placed {
  const [any] = records;
  if (any === undefined) throw new AppError('REVIEW_NOT_AVAILABLE', 'The study has no images.');
  // A series that was measured has no two images at one place but copies; which copy is kept does not hang on their pixels.
  const instances = records.map(({ header, transferSyntaxUID }) => ({ dataset: header, transferSyntaxUID, pixelDigest: '' }));
  const plan = chooseSeries(instances, readerLimits).ranked[0]?.stack.plan;
  const byUID = new Map(records.map((record) => [record.sopInstanceUID, record]));
  const volume = plan === undefined ? undefined : { geometry: plan.geometry, slices: sliceReferences(plan) };
  const used = [...new Set(volume?.slices.flatMap(({ sopInstanceUID }) => (sopInstanceUID === '' ? [] : [sopInstanceUID])) ?? records.map(({ sopInstanceUID }) => sopInstanceUID))];
  const header: Dataset = byUID.get(used[0] ?? '')?.header ?? any.header;
  return {
    ...(volume === undefined ? {} : { volume }),
    sourceHeaders: { header, references: used.flatMap((uid) => byUID.get(uid) ?? []).map(({ sopInstanceUID, sopClassUID }) => ({ sopInstanceUID, sopClassUID })) },
  };
}

/** Masks of the AI's findings by Tracking UID, from the segmentations of every analysis; the newest has the last word. */
async function analysedMasks({ index, archive, log }: SignedInputDeps, study: StudyDetail, { geometry, slices }: NonNullable<ReviewObjectsInput['volume']>): Promise<ReadonlyMap<string, MaskBox>> {
  const masks = new Map<string, MaskBox>();
  for (const { objects } of analysesOf(study).toReversed()) {
    for (const { role, sopInstanceUID } of objects) {
      if (role !== 'seg') continue;
      const record = await index.instance(sopInstanceUID);
      if (record === undefined) continue;
      try {
        for (const [trackingUID, mask] of readSegmentation(await archive.read(record.blobKey), geometry, slices)) masks.set(trackingUID, mask);
      } catch (error) {
        // Of another series: its findings are stated without an outline rather than with a wrong one.
        log.warn({ err: toAppError(error), studyInstanceUID: study.studyInstanceUID, sopInstanceUID }, 'A segmentation does not lie on the series that was read');
      }
    }
  }
  return masks;
}

/** For a preview: text and report, without outlines, from the header of one image. */
export async function previewInput(deps: SignedInputDeps, study: StudyDetail, signing: SignedVersion): Promise<ReviewObjectsInput> {
  const { index, softwareVersion, organization } = deps;
  const { studyInstanceUID } = study;
  const measured = await index.reviews.measured(studyInstanceUID);
  const seriesInstanceUID = seriesOf(study, measured);
  const images = (await index.summaries(studyInstanceUID)).filter((instance) => !instance.own && (seriesInstanceUID === undefined || instance.seriesInstanceUID === seriesInstanceUID));
  const record = images[0] === undefined ? undefined : await index.instance(images[0].sopInstanceUID);
  if (record === undefined) throw new AppError('REVIEW_NOT_AVAILABLE', 'The study has no images.', { details: { state: study.state } });
  const { analysisVersion } = signing;
  const analyses = analysesOf(study);
  const analysis = analyses.find(({ version }) => version === analysisVersion)?.findings;
  return {
    studyInstanceUID, review: reviewOf(signing),
    ...(analysis === undefined ? {} : { analysis }),
    originals: [...analyses.flatMap(({ findings }) => findings.findings), ...measured.map(({ finding }) => finding)],
    masks: signing.draft.findings.map(() => undefined),
    sourceHeaders: { header: record.header, references: images.map(({ sopInstanceUID, sopClassUID }) => ({ sopInstanceUID, sopClassUID })) },
    predecessors: await predecessors(deps, study, signing),
    ...(organization === undefined ? {} : { organization }),
    softwareVersion,
  };
}

export async function signedInput(deps: SignedInputDeps, study: StudyDetail, signing: SignedVersion): Promise<ReviewObjectsInput> {
  const { index } = deps;
  const { studyInstanceUID } = study;
  const base = await previewInput(deps, study, signing);
  const measured = await index.reviews.measured(studyInstanceUID);
  const seriesInstanceUID = seriesOf(study, measured);
  const records = await index.instances({ studyInstanceUID, ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }) });
  const placed = placeOf(records.filter(({ own }) => !own));
  const masks = placed.volume === undefined ? new Map<string, MaskBox>() : new Map([
    ...await analysedMasks(deps, study, placed.volume),
    ...measured.flatMap(({ finding, mask, seriesInstanceUID: on }) => (mask === undefined || on !== seriesInstanceUID ? [] : [[finding.trackingUID, mask] as const])),
  ]);
  return { ...base, ...placed, masks: signing.draft.findings.map(({ trackingUID }) => masks.get(trackingUID)) };
}
