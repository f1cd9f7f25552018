/**
 * Which level of the information model an attribute belongs to (PS3.4 C.6.2.1, PS3.3 C.7.1 and C.7.2), and the indexed
 * column that holds it. Everything unlisted is of the instance.
 */
import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { tag, type Keyword } from '../dicom/tags.ts';

export type Level = 'study' | 'series' | 'instance';

const studyKeywords: readonly Keyword[] = [
  'StudyDate', 'StudyTime', 'AccessionNumber', 'IssuerOfAccessionNumberSequence', 'ReferringPhysicianName', 'TimezoneOffsetFromUTC',
  'StudyDescription', 'ProcedureCodeSequence', 'PhysiciansOfRecord', 'NameOfPhysiciansReadingStudy', 'AdmittingDiagnosesDescription',
  'ReferencedPatientSequence', 'ReferencedStudySequence', 'StudyInstanceUID', 'StudyID', 'RequestingPhysician', 'RequestingService', 'SpecificCharacterSet',
];
const seriesKeywords: readonly Keyword[] = [
  'SeriesDate', 'SeriesTime', 'Modality', 'SeriesDescription', 'SeriesDescriptionCodeSequence', 'Manufacturer', 'InstitutionName',
  'StationName', 'InstitutionalDepartmentName', 'PerformingPhysicianName', 'OperatorsName', 'ManufacturerModelName',
  'ReferencedPerformedProcedureStepSequence', 'BodyPartExamined', 'PatientPosition', 'ProtocolName', 'DeviceSerialNumber',
  'SoftwareVersions', 'SeriesInstanceUID', 'SeriesNumber', 'FrameOfReferenceUID', 'PositionReferenceIndicator', 'Laterality',
  'PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime', 'PerformedProcedureStepID',
  'PerformedProcedureStepDescription', 'RequestAttributesSequence',
];
const studyTags = new Set(studyKeywords.map(tag));
const seriesTags = new Set(seriesKeywords.map(tag));

/** Attributes that the index computes; what a sender put into them is never answered. */
export const computedTags = {
  instanceAvailability: tag('InstanceAvailability'),
  modalitiesInStudy: tag('ModalitiesInStudy'),
  sopClassesInStudy: tag('SOPClassesInStudy'),
  numberOfStudyRelatedSeries: tag('NumberOfStudyRelatedSeries'),
  numberOfStudyRelatedInstances: tag('NumberOfStudyRelatedInstances'),
  numberOfSeriesRelatedInstances: tag('NumberOfSeriesRelatedInstances'),
} as const;
const computed = new Set<string>(Object.values(computedTags));

export function levelOf(attributeTag: string): Level {
  // Group 0010 is the patient's, which this index keeps with the study.
  if (attributeTag.startsWith('0010') || studyTags.has(attributeTag)) return 'study';
  return seriesTags.has(attributeTag) ? 'series' : 'instance';
}

function isEmpty(element: DicomElement | undefined): boolean {
  return element === undefined || ((element.Value === undefined || element.Value.every((value) => value === null)) && element.bytes === undefined && element.InlineBinary === undefined);
}

/** The attributes of one level. */
export function attributesOfLevel(header: Dataset, level: Level): Dataset {
  return Object.fromEntries(Object.entries(header).filter(([attributeTag]) => levelOf(attributeTag) === level && !computed.has(attributeTag)));
}

/** `first` with the values that only `later` has; the same object when there are none. */
export function filledIn(first: Dataset, later: Dataset): Dataset {
  const additions = Object.entries(later).filter(([attributeTag, element]) => isEmpty(first[attributeTag]) && !isEmpty(element));
  return additions.length === 0 ? first : { ...first, ...Object.fromEntries(additions) };
}
