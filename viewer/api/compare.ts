import type { Priors } from '../../src/review/comparison.ts';
import type { Review } from '../../src/review/types.ts';
import { getJson, studyPath } from './client.ts';

export type { Priors } from '../../src/review/comparison.ts';
export type { PriorStudy } from '../../src/review/priors.ts';
export type { NoduleComparison } from '../../src/conclusions/types.ts';

/** Earlier CT examinations of the patient, and the nodules against one of them. */
export function getPriors(studyInstanceUID: string, compareWith?: string): Promise<Priors> {
  return getJson(`${studyPath(studyInstanceUID)}/priors${compareWith === undefined ? '' : `?compareWith=${encodeURIComponent(compareWith)}`}`);
}

/** The reading of any study, to look at what was found there. */
export function getReading(studyInstanceUID: string): Promise<Review> {
  return getJson(`${studyPath(studyInstanceUID)}/review`);
}
