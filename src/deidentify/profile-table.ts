/**
 * The Basic Application Level Confidentiality Profile as data (PS3.15 Table E.1-1), for the attributes that images and
 * the results of this project can hold. Misspelling a keyword is a compile error.
 *
 * What the table does not name is judged by its kind (`defaultAction`): only numbers, codes and geometry stay. So a new or
 * misused attribute that holds words is removed although nobody has thought of it.
 */
import { isPrivateTag, keywordOf, type Keyword } from '../dicom/tags.ts';

/** X removed, Z present and empty, D a value that says nothing, U a new UID, S a date moved, K kept, C kept when it is a term and no words of a person. */
export type Action = 'X' | 'Z' | 'D' | 'U' | 'S' | 'K' | 'C';

export const profileTable: Readonly<Partial<Record<Action, readonly Keyword[]>>> = {
  // Identity of the patient, present and empty or replaced so that the object stays valid.
  D: ['PatientName', 'PatientID', 'VerifyingObserverName', 'VerifyingOrganization', 'ContentCreatorName', 'PersonName', 'InstitutionName', 'StationName', 'DeviceSerialNumber', 'OperatorsName', 'ReviewerName'],
  Z: [
    'AccessionNumber', 'StudyID', 'ReferringPhysicianName', 'PatientBirthDate', 'PatientSex', 'FillerOrderNumberImagingServiceRequest', 'PlacerOrderNumberImagingServiceRequest', 'ConsultingPhysicianName',
    'VerifyingObserverIdentificationCodeSequence', 'PositionReferenceIndicator', 'ContentDescription', 'ContrastBolusAgent', 'ReferencedPerformedProcedureStepSequence', 'PerformedProcedureCodeSequence',
    'IssuerOfTheContainerIdentifierSequence', 'IssuerOfTheSpecimenIdentifierSequence', 'SpecimenPreparationSequence', 'PrescriptionNotesSequence',
  ],
  X: [
    // Numbers and codes that tell of the person.
    'PatientAge', 'PatientSize', 'PatientWeight', 'PatientSizeCodeSequence', 'PatientSexNeutered', 'PregnancyStatus', 'SmokingStatus', 'LastMenstrualDate', 'PatientBirthTime',
    'PatientState', 'EthnicGroup', 'MilitaryRank', 'BranchOfService', 'CountryOfResidence', 'RegionOfResidence', 'PatientPrimaryLanguageCodeSequence', 'PatientPrimaryLanguageModifierCodeSequence',
    'PatientInsurancePlanCodeSequence', 'PatientSpeciesCodeSequence', 'PatientBreedCodeSequence', 'MedicalAlerts', 'Allergies', 'AdditionalPatientHistory', 'PatientComments', 'PatientReligiousPreference',
    'OtherPatientIDs', 'OtherPatientIDsSequence', 'OtherPatientNames', 'PatientBirthName', 'PatientMotherBirthName', 'PatientAddress', 'PatientTelephoneNumbers', 'PatientTelecomInformation',
    'IssuerOfPatientID', 'IssuerOfPatientIDQualifiersSequence', 'ReferencedPatientPhotoSequence', 'ReferencedPatientSequence', 'ReferencedPatientAliasSequence', 'ResponsiblePerson', 'ResponsibleOrganization', 'ResponsiblePersonRole',
    'MedicalRecordLocator', 'InsurancePlanIdentification', 'Occupation', 'TypeOfPatientID',
    // Persons and places.
    'ReferringPhysicianIdentificationSequence', 'ReferringPhysicianAddress', 'ReferringPhysicianTelephoneNumbers', 'ConsultingPhysicianIdentificationSequence', 'PhysiciansOfRecord', 'PhysiciansOfRecordIdentificationSequence',
    'PerformingPhysicianName', 'PerformingPhysicianIdentificationSequence', 'NameOfPhysiciansReadingStudy', 'PhysiciansReadingStudyIdentificationSequence', 'OperatorIdentificationSequence', 'RequestingPhysician',
    'RequestingPhysicianIdentificationSequence', 'RequestingService', 'RequestingServiceCodeSequence', 'PersonIdentificationCodeSequence', 'PersonAddress', 'PersonTelephoneNumbers', 'PersonTelecomInformation',
    'ContentCreatorIdentificationCodeSequence', 'AuthorObserverSequence', 'ParticipantSequence', 'CustodialOrganizationSequence', 'ActualHumanPerformersSequence', 'ScheduledHumanPerformersSequence', 'HumanPerformerCodeSequence',
    'ScheduledPerformingPhysicianIdentificationSequence', 'VerbalSourceIdentifierCodeSequenceTrial',
    'InstitutionCodeSequence', 'InstitutionAddress', 'InstitutionalDepartmentName', 'InstitutionalDepartmentTypeCodeSequence', 'PatientInstitutionResidence', 'CurrentPatientLocation', 'IntendedRecipientsOfResultsIdentificationSequence',
    // Orders, visits, procedures.
    'RequestAttributesSequence', 'ReferencedRequestSequence', 'ReferencedStudySequence', 'IssuerOfAccessionNumberSequence', 'IssuerOfAdmissionIDSequence', 'AdmittingDiagnosesCodeSequence', 'DischargeDiagnosisCodeSequence',
    'ProcedureCodeSequence', 'RequestedProcedureCodeSequence', 'ReasonForRequestedProcedureCodeSequence', 'ReasonForPerformedProcedureCodeSequence', 'PerformedProtocolCodeSequence', 'ScheduledProtocolCodeSequence', 'StudyPriorityID', 'StudyStatusID',
    'PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime', 'PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime', 'PerformedProcedureStepStartDateTime', 'PerformedProcedureStepEndDateTime',
    'ScheduledProcedureStepStartDate', 'ScheduledProcedureStepStartTime', 'ScheduledProcedureStepEndDate', 'ScheduledProcedureStepEndTime', 'ScheduledProcedureStepStartDateTime', 'ScheduledProcedureStepModificationDateTime', 'ExpectedCompletionDateTime',
    'PerformedStationNameCodeSequence', 'PerformedStationGeographicLocationCodeSequence', 'ScheduledStationNameCodeSequence', 'ScheduledStationGeographicLocationCodeSequence', 'PerformedLocation', 'ScheduledStudyLocation',
    'IssueDateOfImagingServiceRequest', 'IssueTimeOfImagingServiceRequest',
    // Words, pictures and traces of what was there before.
    'StudyDescription', 'SeriesDescription', 'SeriesDescriptionCodeSequence', 'ProtocolName', 'ImageComments', 'FrameComments', 'DerivationDescription', 'IdentifyingComments', 'IconImageSequence', 'GraphicAnnotationSequence', 'AcquisitionContextSequence',
    'OriginalAttributesSequence', 'ModifiedAttributesSequence', 'NonconformingModifiedAttributesSequence', 'ReasonForTheAttributeModification', 'FlowIdentifierSequence', 'MACParametersSequence', 'DigitalSignaturesSequence', 'ReferencedDigitalSignatureSequence', 'ReferencedSOPInstanceMACSequence', 'EncryptedAttributesSequence', 'DataSetTrailingPadding',
    'ContributingEquipmentSequence', 'AudioSampleData', 'CurveData', 'OverlayData', 'OverlayComments', 'EncapsulatedDocument', 'InstanceOriginStatus', 'InstanceCoercionDateTime', 'TimezoneOffsetFromUTC',
    'PrivateDataElementCharacteristicsSequence', 'ClinicalTrialSeriesID', 'RadiopharmaceuticalInformationSequence', 'HL7StructuredDocumentReferenceSequence', 'InterpretationApproverSequence', 'ResultsDistributionListSequence',
    'DigitalSignatureDateTime', 'CertificateOfSigner', 'Signature', 'MAC', 'SpectroscopyData', 'PixelDataProviderURL', 'RetrieveURI', 'RetrieveURL', 'StorageMediaFileSetUID',
    // Device identity.
    'GantryID', 'DetectorID', 'ModifyingDeviceID', 'TransducerIdentificationSequence', 'PlateID', 'CassetteID', 'GeneratorID', 'DeviceUID', 'ManufacturerDeviceIdentifier', 'UniqueDeviceIdentifier', 'UDISequence', 'DeviceID', 'DeviceDescription', 'DateOfLastCalibration', 'TimeOfLastCalibration', 'DetectorActivationOffsetFromExposure', 'DateOfLastDetectorCalibration', 'TimeOfLastDetectorCalibration',
  ],
  // Kept although they are words: terms of equipment and of codes, and what the images need.
  C: [
    'Manufacturer', 'ManufacturerModelName', 'SoftwareVersions', 'ConvolutionKernel', 'FilterType', 'CodeValue', 'LongCodeValue', 'CodingSchemeDesignator', 'CodingSchemeVersion', 'CodeMeaning', 'MappingResourceName', 'RescaleType', 'WindowCenterWidthExplanation', 'LUTExplanation',
    'SegmentLabel', 'ContentLabel', 'DimensionDescriptionLabel', 'StackID', 'TrackingID', 'AlgorithmName', 'AlgorithmVersion', 'SegmentAlgorithmName', 'LossyImageCompressionMethod', 'ModalityLUTType', 'CodingSchemeName',
  ],
  K: ['SpecificCharacterSet', 'PatientIdentityRemoved', 'BurnedInAnnotation', 'PixelData', 'ImageType', 'Modality', 'PatientPosition', 'ContentTemplateSequence', 'TemplateIdentifier', 'MappingResource',
    // Times of day of the images and of what was made of them. Dates are moved by whole weeks, so a moved moment has the time that it had.
    'StudyTime', 'SeriesTime', 'AcquisitionTime', 'ContentTime', 'InstanceCreationTime', 'PresentationCreationTime', 'Time',
  ],
};

const actions = new Map<Keyword, Action>();
for (const action of ['C', 'K', 'Z', 'D', 'X'] as const) for (const keyword of profileTable[action] ?? []) actions.set(keyword, action);

/** Kinds of values that are numbers, terms or references: nothing that somebody wrote. */
const kept: ReadonlySet<string> = new Set(['US', 'SS', 'UL', 'SL', 'UV', 'SV', 'FL', 'FD', 'DS', 'IS', 'CS', 'AT', 'XS', 'LX']);
const moved: ReadonlySet<string> = new Set(['DA', 'DT']);

function defaultAction(tag: string, vr: string): Action {
  if (vr === 'SQ') return 'K';
  if (vr === 'UI') return 'U';
  if (moved.has(vr)) return 'S';
  return kept.has(vr) && tag !== '00100040' ? 'K' : 'X';
}

/** Where a photograph was taken, orders, visits, and what was reported before: whole groups of the table. */
const removedGroups: ReadonlySet<string> = new Set(['0016', '0032', '0038', '4008']);

/** What is done with an element. Private ones, curves, overlays and everything that is not in the dictionary are removed. */
export function actionFor(tag: string, vr: string): Action {
  const group = tag.slice(0, 2);
  if (isPrivateTag(tag) || tag.endsWith('0000') || ((group === '50' || group === '60') && tag < '61000000')) return 'X';
  const keyword = keywordOf(tag);
  if (keyword === undefined || removedGroups.has(tag.slice(0, 4))) return 'X';
  return actions.get(keyword) ?? defaultAction(tag, vr);
}

export interface ProfileOptions {
  /** Retain Patient Characteristics Option (PS3.15 E.3.7): sex, age (from 90 years on "090Y"), size and weight. */
  readonly patientCharacteristics: boolean;
}

const characteristics: ReadonlySet<Keyword> = new Set(['PatientSex', 'PatientAge', 'PatientSize', 'PatientWeight']);

/** Whether an option keeps what the profile would not. */
export function isRetained(tag: string, { patientCharacteristics }: ProfileOptions): boolean {
  const keyword = keywordOf(tag);
  return patientCharacteristics && keyword !== undefined && characteristics.has(keyword);
}
