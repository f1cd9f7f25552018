/** Which earlier examination a reading is compared with, and what comes of it. */
import { compareNodules } from '../conclusions/compare-nodules.ts';
import type { NoduleComparison } from '../conclusions/types.ts';
import { AppError } from '../errors.ts';
import type { StudyDetail } from '../study/types.ts';
import type { ReviewIndex } from './port.ts';
import { examinationOf, findPriors, priorExamination, type PriorStudy } from './priors.ts';
import type { ReviewedFinding } from './types.ts';

export interface Priors {
  /** Newest first. */
  readonly items: readonly PriorStudy[];
  /** Study Instance UID of the one that is compared with. */
  readonly chosen?: string;
  readonly comparisons: readonly NoduleComparison[];
}

/** The one that was asked for; else the newest that can be compared, else the newest. */
function choose(items: readonly PriorStudy[], compareWith: string | undefined): PriorStudy | undefined {
  if (compareWith !== undefined) return items.find(({ studyInstanceUID }) => studyInstanceUID === compareWith);
  return items.find(({ isComparable }) => isComparable) ?? items[0];
}

/** @throws AppError REVIEW_PRIOR_NOT_FOUND when `compareWith` is no earlier CT of this patient. */
export async function comparePriors(index: ReviewIndex, study: StudyDetail, findings: readonly ReviewedFinding[], compareWith?: string): Promise<Priors> {
  const items = await findPriors(index, study);
  const chosen = choose(items, compareWith);
  if (chosen === undefined) {
    if (compareWith !== undefined) throw new AppError('REVIEW_PRIOR_NOT_FOUND', 'This is no earlier CT of the same patient.');
    return { items, comparisons: [] };
  }
  const { studyInstanceUID } = chosen;
  const earlier = await index.study(studyInstanceUID);
  const prior = earlier === undefined ? undefined : priorExamination(earlier, await index.reviews.signed(studyInstanceUID));
  return { items, chosen: studyInstanceUID, comparisons: prior === undefined ? [] : compareNodules(examinationOf(study, findings), prior) };
}
