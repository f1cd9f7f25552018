/** Requests about the reading of a study; errors are {@link RequestError} with the server's codes. */
import type { Conclusions } from '../../src/conclusions/types.ts';
import type { Reader, Review, ReviewDraft, ReviewedFinding, ReviewLock } from '../../src/review/types.ts';
import type { WorldPoint } from '../../src/findings/types.ts';
import { sendJson } from './client.ts';

export type { Assessment, GuidelineReason, LocalText } from '../../src/guidelines/types.ts';
export type { Conclusions, NoduleComparison, PatientContext } from '../../src/conclusions/types.ts';
export type {
  EditableField, NoduleFeatures, Reader, RejectReason, Review, ReviewDraft, ReviewedFinding, ReviewLock, SignedReview, Verdict,
} from '../../src/review/types.ts';

/** What would be signed; the text in both languages of the report. */
export interface ReviewPreview {
  readonly conclusions: Conclusions;
  readonly text: { readonly en: string; readonly vi: string };
}

/** What the server measures: the nodule at a point of the patient or of an image, or one whose axes the reader drew (LPS mm). */
export type MeasureRequest = (
  | { readonly worldPoint: WorldPoint }
  | { readonly sopInstanceUID: string; readonly frameNumber?: number; readonly column: number; readonly row: number }
  | { readonly longAxisWorld: readonly [WorldPoint, WorldPoint]; readonly shortAxisWorld?: readonly [WorldPoint, WorldPoint] }
) & { readonly seriesInstanceUID?: string };

const base = (studyInstanceUID: string): string => `/api/v1/studies/${encodeURIComponent(studyInstanceUID)}/review`;

export function getReview(studyInstanceUID: string): Promise<Review> {
  return sendJson('GET', base(studyInstanceUID));
}

/** `compareWith`: Study Instance UID of the earlier CT, where another one is chosen. `keepalive` lets the request outlive the page; browsers then take 64 KiB at most. */
export function putReview(
  studyInstanceUID: string, write: { readonly reader: Reader; readonly revision: number; readonly draft: ReviewDraft; readonly compareWith?: string }, keepalive = false,
): Promise<Review> {
  return sendJson('PUT', base(studyInstanceUID), write, keepalive);
}

/** Takes the lock, or renews one's own. */
export function lockReview(studyInstanceUID: string, reader: Reader, takeOver = false): Promise<ReviewLock> {
  return sendJson('POST', `${base(studyInstanceUID)}/lock`, { reader, ...(takeOver ? { takeOver } : {}) });
}

export function unlockReview(studyInstanceUID: string, reader: Reader): Promise<unknown> {
  return sendJson('DELETE', `${base(studyInstanceUID)}/lock`, { reader }, true);
}

export function measureFinding(studyInstanceUID: string, request: MeasureRequest): Promise<ReviewedFinding> {
  return sendJson('POST', `${base(studyInstanceUID)}/measure`, request);
}

export function previewReview(studyInstanceUID: string, draft: ReviewDraft, reader?: Reader): Promise<ReviewPreview> {
  return sendJson('POST', `${base(studyInstanceUID)}/preview`, { draft, ...(reader === undefined ? {} : { reader }) });
}

export function signReview(studyInstanceUID: string, reader: Reader, revision: number): Promise<Review> {
  return sendJson('POST', `${base(studyInstanceUID)}/sign`, { reader, revision });
}

/** Opens an addendum to what was signed. */
export function reopenReview(studyInstanceUID: string, reader: Reader): Promise<Review> {
  return sendJson('POST', `${base(studyInstanceUID)}/reopen`, { reader });
}
