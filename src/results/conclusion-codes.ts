/** Codes of what the guidelines conclude. Public where a public scheme has the concept, else described as private. */
import type { FleischnerOutcome } from '../guidelines/fleischner-table.ts';
import type { LungRadsCategory } from '../guidelines/lung-rads-types.ts';
import type { NoAnswer } from '../guidelines/types.ts';
import { type CodedConcept, privateScheme } from './codes.ts';

export const conclusionCodes = {
  lungRads: ['1362105002', 'SCT', 'Lung Imaging Reporting and Data System category'],
  lungRadsModifier: ['LUNG-RADS-MOD', privateScheme, 'Lung-RADS modifier'],
  significantFinding: ['LUNG-RADS-S', privateScheme, 'Lung-RADS S: other significant finding'],
  fleischner: ['FLEISCHNER', privateScheme, 'Fleischner Society 2017 recommendation'],
  brock: ['BROCK', privateScheme, 'Brock (PanCan) model'],
  probabilityOfCancer: ['111047', 'DCM', 'Probability of cancer'],
  guidelineVersion: ['GUIDELINE', privateScheme, 'Guideline and version'],
  recommendation: ['121075', 'DCM', 'Recommendation'],
  reason: ['REASON', privateScheme, 'Reason of a conclusion'],
  caveat: ['CAVEAT', privateScheme, 'What limits a conclusion'],
  input: ['INPUT', privateScheme, 'Input of a conclusion'],
  missing: ['MISSING', privateScheme, 'Missing input of a conclusion'],
} as const satisfies Record<string, CodedConcept>;

export const noAnswerCodes: Readonly<Record<NoAnswer, CodedConcept>> = {
  'insufficient-information': ['INSUFFICIENT', privateScheme, 'Insufficient information'],
  'not-applicable': ['NOT-APPLICABLE', privateScheme, 'Guideline not applicable'],
};

export const lungRadsCodes: Readonly<Record<LungRadsCategory | 'not-rated', CodedConcept>> = {
  1: ['LUNG-RADS-1', privateScheme, 'Lung-RADS v2022 category 1'],
  2: ['LUNG-RADS-2', privateScheme, 'Lung-RADS v2022 category 2'],
  3: ['LUNG-RADS-3', privateScheme, 'Lung-RADS v2022 category 3'],
  '4A': ['LUNG-RADS-4A', privateScheme, 'Lung-RADS v2022 category 4A'],
  '4B': ['LUNG-RADS-4B', privateScheme, 'Lung-RADS v2022 category 4B'],
  '4X': ['LUNG-RADS-4X', privateScheme, 'Lung-RADS v2022 category 4X'],
  'not-rated': ['LUNG-RADS-NONE', privateScheme, 'Not rated by Lung-RADS'],
};

export const fleischnerCodes: Readonly<Record<FleischnerOutcome, CodedConcept>> = {
  'no-routine-follow-up': ['FL-NONE', privateScheme, 'No routine follow-up'],
  'optional-ct-12-months': ['FL-OPT-12', privateScheme, 'Optional CT at 12 months'],
  'ct-6-12-months-then-consider-18-24': ['FL-6-12-C18-24', privateScheme, 'CT at 6-12 months, then consider 18-24'],
  'ct-6-12-months-then-18-24': ['FL-6-12-18-24', privateScheme, 'CT at 6-12 months, then 18-24'],
  'consider-ct-3-months-pet-ct-or-tissue': ['FL-C3-PET-TISSUE', privateScheme, 'Consider CT at 3 months, PET/CT or tissue sampling'],
  'ct-3-6-months-then-consider-18-24': ['FL-3-6-C18-24', privateScheme, 'CT at 3-6 months, then consider 18-24'],
  'ct-3-6-months-then-18-24': ['FL-3-6-18-24', privateScheme, 'CT at 3-6 months, then 18-24'],
  'ct-6-12-months-then-every-2-years-to-5': ['FL-6-12-2Y-5Y', privateScheme, 'CT at 6-12 months, then every 2 years to 5 years'],
  'ct-3-6-months-then-annual-to-5': ['FL-3-6-1Y-5Y', privateScheme, 'CT at 3-6 months, then annual to 5 years'],
  'ct-3-6-months-highly-suspicious': ['FL-3-6-SUSP', privateScheme, 'CT at 3-6 months, persistent is highly suspicious'],
  'ct-3-6-months-then-consider-2-and-4-years': ['FL-3-6-C2Y-4Y', privateScheme, 'CT at 3-6 months, then consider 2 and 4 years'],
  'ct-3-6-months-then-by-most-suspicious': ['FL-3-6-WORST', privateScheme, 'CT at 3-6 months, then by the most suspicious'],
};
