/** Codes of a radiologist's report: verdicts, what was edited, the change since an earlier examination. */
import type { NoduleComparison, NoduleFeatures } from '../conclusions/types.ts';
import type { RejectReason } from '../review/types.ts';
import { type CodedConcept, privateScheme } from './codes.ts';

export const reviewCodes = {
  person: ['121006', 'DCM', 'Person'],
  personName: ['121008', 'DCM', 'Person Observer Name'],
  personOrganization: ['121009', 'DCM', "Person Observer's Organization Name"],
  personRole: ['121011', 'DCM', "Person Observer's Role in this Procedure"],
  personLogin: ['128774', 'DCM', "Person Observer's Login Name"],
  reader: ['C28747', 'NCIt', 'Reader'],
  impression: ['121073', 'DCM', 'Impression'],
  studyUID: ['121018', 'DCM', 'Procedure Study Instance UID'],
  verdict: ['VERDICT', privateScheme, 'Verdict of the reader'],
  rejectReason: ['REJECT-REASON', privateScheme, 'Why the reader rejected the finding'],
  rejectedFindings: ['REJECTED-LIST', privateScheme, 'Findings of the AI rejected by the reader'],
  rejectedFinding: ['REJECTED-FINDING', privateScheme, 'Finding of the AI rejected by the reader'],
  noduleCount: ['NODULES', privateScheme, 'Number of nodules reported'],
  valueSource: ['VALUE-SOURCE', privateScheme, 'Who the value comes from'],
  byReader: ['BY-READER', privateScheme, 'Value of the reader'],
  bySoftware: ['BY-SOFTWARE', privateScheme, 'Value of the software'],
  beforeEdit: ['BEFORE-EDIT', privateScheme, 'Value of the software before the edit'],
  change: ['CHANGE', privateScheme, 'Change since the earlier examination'],
  priorDate: ['PRIOR-DATE', privateScheme, 'Date of the earlier examination'],
  priorTrackingUID: ['PRIOR-TRACKING', privateScheme, 'Tracking UID in the earlier examination'],
  priorDiameter: ['PRIOR-DIAMETER', privateScheme, 'Mean diameter in the earlier examination'],
  priorVolume: ['PRIOR-VOLUME', privateScheme, 'Volume in the earlier examination'],
  interval: ['INTERVAL', privateScheme, 'Interval between the examinations'],
  doublingTime: ['DOUBLING-TIME', privateScheme, 'Volume doubling time'],
  spiculated: ['SPICULATED', privateScheme, 'Spiculated'],
  perifissural: ['PERIFISSURAL', privateScheme, 'Typical perifissural'],
  benignPattern: ['BENIGN-PATTERN', privateScheme, 'Benign pattern'],
  readingOrder: ['READING-ORDER', privateScheme, 'When the AI was shown to the reader'],
  yes: ['373066001', 'SCT', 'Yes'],
  no: ['373067005', 'SCT', 'No'],
  day: ['d', 'UCUM', 'day'],
} as const satisfies Record<string, CodedConcept>;

export type ReportedVerdict = 'accepted' | 'edited' | 'rejected' | 'added' | 'undecided';

export const verdictCodes: Readonly<Record<ReportedVerdict, CodedConcept>> = {
  accepted: ['ACCEPTED', privateScheme, 'Accepted as the AI found it'],
  edited: ['ACCEPTED-EDITED', privateScheme, 'Accepted, values edited by the reader'],
  rejected: ['REJECTED', privateScheme, 'Rejected by the reader'],
  added: ['ADDED', privateScheme, 'Added by the reader'],
  undecided: ['UNDECIDED', privateScheme, 'Not decided by the reader'],
};

export const rejectReasonCodes: Readonly<Record<RejectReason, CodedConcept>> = {
  vessel: ['REJ-VESSEL', privateScheme, 'Vessel'],
  'lymph-node': ['REJ-LYMPH-NODE', privateScheme, 'Lymph node'],
  scar: ['REJ-SCAR', privateScheme, 'Scar or atelectasis'],
  pleural: ['REJ-PLEURAL', privateScheme, 'Pleural change'],
  airway: ['REJ-AIRWAY', privateScheme, 'Airway or its content'],
  artefact: ['REJ-ARTEFACT', privateScheme, 'Artefact'],
  infection: ['REJ-INFECTION', privateScheme, 'Infection or inflammation'],
  benign: ['REJ-BENIGN', privateScheme, 'Benign, not to be reported'],
  duplicate: ['REJ-DUPLICATE', privateScheme, 'Found twice'],
  other: ['REJ-OTHER', privateScheme, 'Other reason'],
};

export const changeCodes: Readonly<Record<NoduleComparison['change'], CodedConcept>> = {
  new: ['NEW', privateScheme, 'Not among the findings of the earlier examination'],
  growing: ['15454001', 'SCT', 'Increase in size'],
  'slow-growing': ['SLOW-GROWTH', privateScheme, 'Slow increase in size'],
  stable: ['129723006', 'SCT', 'No significant changes in the finding'],
  smaller: ['19776001', 'SCT', 'Decrease in size'],
  undetermined: ['373068000', 'SCT', 'Undetermined'],
};

export const benignPatternCodes: Readonly<Record<NonNullable<NoduleFeatures['benignPattern']>, CodedConcept>> = {
  'complete-calcification': ['CALC-COMPLETE', privateScheme, 'Complete calcification'],
  'central-calcification': ['CALC-CENTRAL', privateScheme, 'Central calcification'],
  'popcorn-calcification': ['CALC-POPCORN', privateScheme, 'Popcorn calcification'],
  'concentric-calcification': ['CALC-CONCENTRIC', privateScheme, 'Calcification in concentric rings'],
  fat: ['FAT', privateScheme, 'Macroscopic fat'],
};
