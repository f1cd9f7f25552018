/**
 * What a draft may say. The client sends it as a whole; values that were measured are held against what the server
 * measured, so that no slip of a screen can change a number that nobody edited.
 */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../errors.ts';
import type { Finding } from '../findings/types.ts';
import type { EditableField, ReviewDraft, ReviewedFinding } from './types.ts';

export type OriginalFinding = ReviewedFinding['finding'];

export interface DraftBase {
  /** Of the stored draft, or of the fresh one. */
  readonly findings: readonly ReviewedFinding[];
  /** Findings as the AI or the server measured them, by tracking UID; of several analyses there may be several values. */
  readonly originals: ReadonlyMap<string, readonly OriginalFinding[]>;
}

const smallestMm = 0.5;
const largestMm = 400;
const mostFindings = 200;

function invalid(path: string, message: string): AppError {
  return new AppError('REVIEW_INVALID', `${path}: ${message}`, { details: { path } });
}

/** Fields that change along with an edited one. */
const follows: Readonly<Record<EditableField, readonly (keyof Finding)[]>> = {
  type: ['type', 'solidDiameterMm'],
  longAxisMm: ['longAxisMm', 'longAxisWorld', 'diameterMm', 'sliceInstanceUID', 'sliceFrameNumber'],
  shortAxisMm: ['shortAxisMm', 'shortAxisWorld', 'diameterMm', 'sliceInstanceUID', 'sliceFrameNumber'],
  solidDiameterMm: ['solidDiameterMm'],
  laterality: ['laterality', 'lobe'],
  lobe: ['lobe', 'laterality'],
};

function isUnchanged(value: OriginalFinding, original: OriginalFinding, free: ReadonlySet<string>): boolean {
  const keep = (finding: OriginalFinding): object => Object.fromEntries(Object.entries(finding).filter(([name, field]) => !free.has(name) && field !== undefined));
  return isDeepStrictEqual(keep(value), keep(original));
}

function checkSizes(path: string, { longAxisMm, shortAxisMm, solidDiameterMm }: OriginalFinding): void {
  const isSize = (value: number): boolean => Number.isFinite(value) && value >= smallestMm && value <= largestMm;
  if (!isSize(longAxisMm)) throw invalid(`${path}.longAxisMm`, `must be ${smallestMm} to ${largestMm} mm`);
  if (!isSize(shortAxisMm)) throw invalid(`${path}.shortAxisMm`, `must be ${smallestMm} to ${largestMm} mm`);
  if (shortAxisMm > longAxisMm) throw invalid(`${path}.shortAxisMm`, 'must not be longer than the long axis');
  if (solidDiameterMm !== undefined && !(solidDiameterMm > 0 && solidDiameterMm <= longAxisMm)) {
    throw invalid(`${path}.solidDiameterMm`, 'must be above 0 and not longer than the long axis');
  }
}

/** Values that follow from edited ones are computed here, whatever the client made of them. */
function derived(item: ReviewedFinding): OriginalFinding {
  const { finding, edited } = item;
  const axesEdited = edited.includes('longAxisMm') || edited.includes('shortAxisMm');
  const mean = Math.round((finding.longAxisMm + finding.shortAxisMm) * 50) / 100;
  const { solidDiameterMm, ...rest } = finding;
  const sized = axesEdited ? { ...rest, diameterMm: mean } : rest;
  // What was measured stays as it was measured; a type that the reader changed may leave no solid part.
  const keepsSolid = finding.type === 'part-solid' || !edited.includes('type');
  return keepsSolid && solidDiameterMm !== undefined ? { ...sized, solidDiameterMm } : sized;
}

function checkFinding(item: ReviewedFinding, path: string, base: DraftBase): ReviewedFinding {
  const { trackingUID, origin, verdict, rejectReason, finding, edited } = item;
  if (finding.trackingUID !== trackingUID) throw invalid(`${path}.finding.trackingUID`, 'is not that of the finding');
  const known = base.findings.find((other) => other.trackingUID === trackingUID);
  const originals = base.originals.get(trackingUID) ?? [];
  if (known === undefined && (origin === 'ai' || originals.length === 0)) {
    throw invalid(`${path}.trackingUID`, 'is not known here: findings are added by measuring them');
  }
  if (known !== undefined && known.origin !== origin) throw invalid(`${path}.origin`, 'never changes');
  if (verdict === 'rejected' && rejectReason === undefined) throw invalid(`${path}.rejectReason`, 'is needed for a rejected finding');
  if (verdict !== 'rejected' && rejectReason !== undefined) throw invalid(`${path}.rejectReason`, 'belongs to a rejected finding only');
  const free = new Set<string>(edited.flatMap((field) => follows[field]));
  if (!originals.some((original) => isUnchanged(finding, original, free))) {
    throw invalid(`${path}.finding`, 'measured values may change only where `edited` names them');
  }
  if (edited.length > 0) checkSizes(`${path}.finding`, finding);
  if (finding.lobe !== undefined && finding.laterality !== 'unknown' && !finding.lobe.startsWith(finding.laterality)) {
    throw invalid(`${path}.finding.lobe`, 'is not of that side');
  }
  return { ...item, edited: [...new Set(edited)], finding: derived(item) };
}

/** The draft as it is to be stored. @throws AppError REVIEW_INVALID with `path` in its details. */
export function checkDraft(draft: ReviewDraft, base: DraftBase): ReviewDraft {
  if (draft.findings.length > mostFindings) throw invalid('findings', `are more than ${mostFindings}`);
  const seen = new Set<string>();
  const findings = draft.findings.map((item, at) => {
    if (seen.has(item.trackingUID)) throw invalid(`findings[${at}].trackingUID`, 'is there twice');
    seen.add(item.trackingUID);
    return checkFinding(item, `findings[${at}]`, base);
  });
  const vanished = base.findings.filter(({ origin, trackingUID }) => origin === 'ai' && !seen.has(trackingUID));
  if (vanished.length > 0) throw invalid('findings', `${vanished.length} of the AI's findings are missing: reject them instead`);
  return { ...draft, findings };
}

export function undecidedFindings({ findings }: ReviewDraft): readonly string[] {
  return findings.filter(({ verdict }) => verdict === 'undecided').map(({ trackingUID }) => trackingUID);
}
