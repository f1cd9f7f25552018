/** What the objects of a signed reading are made from. */
import { createHash } from 'node:crypto';

import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { uidFromName } from '../dicom/uid.ts';
import { type Finding, type FindingsDocument, findingsSchemaVersion } from '../findings/types.ts';
import type { ReviewedFinding, SignedReview } from '../review/types.ts';
import type { MaskBox, SliceReference, VolumeGeometry } from '../volume/types.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput } from './input.ts';
import type { ObjectReference } from './object-reference.ts';

/** Raise it when the layout of the objects changes. */
const formatVersion = '1';

export interface ReviewObjectsInput {
  readonly studyInstanceUID: string;
  /** The signed version. Every finding is decided; `conclusions` and `comparisons` are as the reader saw them. */
  readonly review: Omit<SignedReview, 'objects'>;
  /** The analysis that was read (`review.analysisVersion`); absent when the reader read without one. */
  readonly analysis?: FindingsDocument;
  /**
   * Findings as they were measured, before any edit: of earlier analyses and of the server's measuring for what the
   * reader added. Those of `analysis` need not be among them.
   */
  readonly originals?: readonly ReviewedFinding['finding'][];
  /** Grid and images that the findings were measured on; required when there are masks. */
  readonly volume?: { readonly geometry: VolumeGeometry; readonly slices: readonly SliceReference[] };
  /** One for each finding of the draft, same order, index space of the volume; undefined where there is none. */
  readonly masks: readonly (MaskBox | undefined)[];
  readonly sourceHeaders: {
    /** Header of one image of the series that was measured; of any image of the study when there is none. */
    readonly header: Dataset;
    /** The images that were read, all of the header's series. */
    readonly references: readonly { readonly sopInstanceUID: string; readonly sopClassUID: string }[];
  };
  /** The AI's report that was read, and for an addendum the signed reports before it, oldest first. */
  readonly predecessors: readonly ObjectReference[];
  /** Where the reader works; the institution of the images when absent. */
  readonly organization?: string;
  readonly softwareVersion: string;
  /** The moment of signing by default. The same input gives the same bytes. */
  readonly createdAt?: Date;
}

/** Stands in for the analysis of a study that was read without one. */
function withoutAnalysis(input: ReviewObjectsInput): FindingsDocument {
  const seriesInstanceUID = text(input.sourceHeaders.header, 'SeriesInstanceUID');
  return {
    schemaVersion: findingsSchemaVersion, studyInstanceUID: input.studyInstanceUID, status: 'analysed', warnings: [], seriesAssessments: [],
    ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    model: { id: 'reading without AI', version: '-', sha256: '', name: 'reading without AI' },
    operatingPoint: 0, findings: [], quality: {}, timingsMs: {}, inputHash: '',
  };
}

/** As the writers of result objects take it; the findings are those of the reading and not among these. */
export function asResultInput(input: ReviewObjectsInput): ResultInput {
  const { volume, masks, sourceHeaders, softwareVersion } = input;
  return {
    findings: { ...(input.analysis ?? withoutAnalysis(input)), studyInstanceUID: input.studyInstanceUID, findings: [] },
    ...(volume === undefined ? {} : { volume }),
    masks: masks.filter((mask) => mask !== undefined),
    sourceHeaders, softwareVersion, createdAt: momentOfReview(input),
  };
}

export function momentOfReview({ createdAt, review }: ReviewObjectsInput): Date {
  return createdAt ?? new Date(review.signedAt);
}

/** UIDs that follow from everything that goes into the objects. */
export function identifyReview(input: ReviewObjectsInput): ResultIdentity {
  const { review, analysis, originals, volume, masks, sourceHeaders, predecessors, organization, softwareVersion } = input;
  const createdAt = momentOfReview(input);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([
    formatVersion, review, analysis === undefined ? null : { ...analysis, timingsMs: {} }, originals ?? [], volume?.geometry ?? null,
    predecessors, organization ?? null, softwareVersion, createdAt.toISOString(), sourceHeaders.references.map(({ sopInstanceUID }) => sopInstanceUID),
  ]));
  for (const mask of masks) {
    if (mask === undefined) hash.update('no mask');
    else hash.update(JSON.stringify([mask.start, mask.size])).update(mask.data);
  }
  const base = ['review', input.studyInstanceUID, review.version, hash.digest('hex')].join('|');
  return { createdAt, uid: (role) => uidFromName(`${base}|${role}`) };
}

/** The finding as it was measured, of the newest source that has it. */
export function originalOf({ analysis, originals }: ReviewObjectsInput, trackingUID: string): Finding | ReviewedFinding['finding'] | undefined {
  const isIt = (finding: { readonly trackingUID: string }): boolean => finding.trackingUID === trackingUID;
  return analysis?.findings.find(isIt) ?? originals?.find(isIt);
}

/** Findings that the report states as nodules: accepted, as found or edited, and added; with their place in the draft. */
export function reportedFindings({ review }: ReviewObjectsInput): readonly { readonly item: ReviewedFinding; readonly index: number }[] {
  return review.draft.findings.map((item, index) => ({ item, index })).filter(({ item }) => item.verdict === 'accepted');
}

export function rejectedFindings({ review }: ReviewObjectsInput): readonly ReviewedFinding[] {
  return review.draft.findings.filter(({ verdict }) => verdict === 'rejected');
}
