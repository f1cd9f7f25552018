/**
 * Earlier CT examinations of the same patient. The same means: the same Patient ID by the same issuer, and no birth
 * date or sex that says otherwise. Nobody is taken for the same person by the name.
 */
import { geometryOf, type ComparedFinding, type Examination } from '../conclusions/compare-nodules.ts';
import type { PatientStudy } from '../index/port.ts';
import type { StudyDetail, StudyState, WorklistItem } from '../study/types.ts';
import type { ReviewIndex } from './port.ts';
import type { ReviewedFinding, ReviewSummary, SignedReview } from './types.ts';

export interface PriorStudy {
  readonly studyInstanceUID: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly accessionNumber: string;
  readonly state: StudyState;
  readonly review: ReviewSummary;
  /** Absent unless the study was analysed. */
  readonly findingCount?: number;
  /** It was analysed or signed, so that its nodules can be compared. */
  readonly isComparable: boolean;
}


function contradicts(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b;
}

/** With an issuer on one side only, birth date and sex have to be there and agree. */
export function isSamePerson(a: PatientStudy, b: PatientStudy): boolean {
  const [one, other] = [a.item, b.item];
  if (one.patientID.trim() === '' || one.patientID.trim() !== other.patientID.trim()) return false;
  if (contradicts(one.patientBirthDate, other.patientBirthDate) || contradicts(one.patientSex, other.patientSex)) return false;
  if (a.issuer === b.issuer) return true;
  if (contradicts(a.issuer, b.issuer)) return false;
  return one.patientBirthDate !== '' && one.patientBirthDate === other.patientBirthDate && one.patientSex !== '' && one.patientSex === other.patientSex;
}

function isEarlier(a: WorklistItem, b: WorklistItem): boolean {
  return a.studyDate !== '' && b.studyDate !== '' && a.studyDate < b.studyDate;
}

const isReported = ({ review }: WorklistItem): boolean => review.signedAt !== undefined;

function priorOf(item: WorklistItem): PriorStudy {
  const { studyInstanceUID, studyDate, studyTime, studyDescription, accessionNumber, state, review, findingCount } = item;
  return {
    studyInstanceUID, studyDate, studyTime, studyDescription, accessionNumber, state, review,
    ...(findingCount === undefined ? {} : { findingCount }),
    isComparable: isReported(item) || findingCount !== undefined,
  };
}

/** Newest first. */
export async function findPriors(index: ReviewIndex, study: WorklistItem): Promise<readonly PriorStudy[]> {
  const { studyInstanceUID, patientID } = study;
  if (patientID.trim() === '') return [];
  const people = await index.studiesOfPatient(patientID);
  const self = people.find(({ item }) => item.studyInstanceUID === studyInstanceUID);
  if (self === undefined) return [];
  return people
    .filter((other) => other.item.modalities.includes('CT') && isEarlier(other.item, study) && isSamePerson(self, other))
    .map(({ item }) => priorOf(item))
    .sort((a, b) => (b.studyDate + b.studyTime).localeCompare(a.studyDate + a.studyTime));
}

function compared({ finding, edited, origin }: ReviewedFinding): ComparedFinding {
  const hasOwnAxes = edited.includes('longAxisMm') || edited.includes('shortAxisMm');
  return { ...finding, ...(hasOwnAxes || (origin === 'reader' && finding.outlines.length === 0) ? { isEdited: true } : {}) };
}

/** The examination with these findings; what was rejected is no nodule. */
export function examinationOf(study: StudyDetail, findings: readonly ReviewedFinding[]): Examination {
  const document = study.analysis?.findings;
  return {
    studyInstanceUID: study.studyInstanceUID,
    date: study.studyDate,
    findings: findings.filter(({ verdict }) => verdict !== 'rejected').map(compared),
    ...(document === undefined ? {} : geometryOf(document)),
  };
}

/** An earlier examination as it was signed, else as it was analysed; undefined when it was neither. */
export function priorExamination(study: StudyDetail, signed: readonly SignedReview[]): Examination | undefined {
  const [newest] = signed;
  if (newest !== undefined) return examinationOf(study, newest.draft.findings);
  const document = study.analysis?.findings;
  if (document?.status !== 'analysed') return undefined;
  return { studyInstanceUID: study.studyInstanceUID, date: study.studyDate, findings: document.findings, ...geometryOf(document) };
}
