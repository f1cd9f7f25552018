/** Concepts of reference annotations that no public scheme has. */
import { privateScheme, type CodedConcept } from '../results/codes.ts';
import type { TruthNodule } from './truth.ts';

export const truthCodes = {
  annotatedNodules: ['REF-NODULES', privateScheme, 'Number of annotated nodules'],
  withoutOutline: ['REF-POINTS', privateScheme, 'Number of lesions marked without an outline'],
  readersOutlined: ['REF-OUTLINED', privateScheme, 'Readers who outlined the nodule'],
  readersMarked: ['REF-MARKED', privateScheme, 'Readers who marked the nodule in any way'],
  readersOfSeries: ['REF-READERS', privateScheme, 'Readers of the series'],
  ballOfVolume: ['REF-BALL', privateScheme, 'Diameter of the ball of the same volume'],
  stated: ['REF-STATED', privateScheme, 'As the annotation states it'],
  confidence: ['REF-CONFIDENCE', privateScheme, 'Confidence as the annotation states it'],
  readers: ['{readers}', 'UCUM', 'readers'],
  rating: ['{rating}', 'UCUM', 'rating'],
} as const satisfies Record<string, CodedConcept>;

export const diameterMethodCodes: Readonly<Record<TruthNodule['diameterFrom'], CodedConcept>> = { 'ball-of-volume': truthCodes.ballOfVolume, stated: truthCodes.stated };

/** Ratings of LIDC-IDRI; the name says how far the scale goes and what its ends are. */
const characteristics: Readonly<Record<string, CodedConcept>> = {
  subtlety: ['LIDC-SUBTLETY', privateScheme, 'Subtlety, 1 extremely subtle to 5 obvious, median'],
  internalStructure: ['LIDC-INTERNAL', privateScheme, 'Internal structure, 1 soft tissue to 4 air, median'],
  calcification: ['LIDC-CALCIFIC', privateScheme, 'Calcification, 1 popcorn to 6 absent, median'],
  sphericity: ['LIDC-SPHERICITY', privateScheme, 'Sphericity, 1 linear to 5 round, median'],
  margin: ['LIDC-MARGIN', privateScheme, 'Margin, 1 poorly defined to 5 sharp, median'],
  lobulation: ['LIDC-LOBULATION', privateScheme, 'Lobulation, 1 none to 5 marked, median'],
  spiculation: ['LIDC-SPICULATION', privateScheme, 'Spiculation, 1 none to 5 marked, median'],
  texture: ['LIDC-TEXTURE', privateScheme, 'Texture, 1 non-solid to 5 solid, median'],
  malignancy: ['LIDC-MALIGNANCY', privateScheme, 'Likelihood of malignancy, 1 low to 5 high, median'],
};

/** Undefined for an element that LIDC-IDRI does not define: it is told as a text. */
export function characteristicCode(name: string): CodedConcept | undefined {
  return Object.hasOwn(characteristics, name) ? characteristics[name] : undefined;
}
