/** Modules that every result object has: patient, study, series, equipment, SOP common. */
import { text } from '../dicom/access.ts';
import { copy, put, putIfDefined } from '../dicom/build.ts';
import { textFault } from '../dicom/check-value.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { tag, vrOf } from '../dicom/tags.ts';
import type { Keyword } from '../dicom/tags.ts';
import { putCodingSchemes } from './codes.ts';
import type { ResultInput } from './input.ts';

export const manufacturer = 'Phoi';
export const modelName = 'Phoi lung nodule CT';

const type2: readonly Keyword[] = [
  'PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex',
  'StudyDate', 'StudyTime', 'ReferringPhysicianName', 'StudyID', 'AccessionNumber',
];
const type3: readonly Keyword[] = [
  'SpecificCharacterSet', 'IssuerOfPatientID', 'IssuerOfPatientIDQualifiersSequence', 'OtherPatientIDsSequence', 'PatientBirthTime',
  'PatientAge', 'PatientSize', 'PatientWeight', 'PatientIdentityRemoved', 'DeidentificationMethod', 'DeidentificationMethodCodeSequence',
  'LongitudinalTemporalInformationModified', 'StudyDescription', 'IssuerOfAccessionNumberSequence', 'TimezoneOffsetFromUTC',
  'ClinicalTrialSponsorName', 'ClinicalTrialProtocolID', 'ClinicalTrialProtocolName', 'ClinicalTrialSiteID', 'ClinicalTrialSiteName', 'ClinicalTrialSubjectID',
];

/** Patient and study attributes exactly as the images have them, faults included (PS3.3 C.7.1.1, C.7.2.1). */
export function copiedModules(header: Dataset): Dataset {
  const copied: Dataset = {};
  copy(header, copied, type2, { emptyIfAbsent: true });
  copy(header, copied, type3);
  return copied;
}

export interface DicomMoment {
  readonly date: string;
  readonly time: string;
}

/** Date and time as the images count them: by their own offset from UTC where they state one, else local time. */
export function momentFor(header: Dataset, at: Date): DicomMoment {
  const offset = /^([+-])(\d{2})(\d{2})$/u.exec(text(header, 'TimezoneOffsetFromUTC') ?? '');
  const minutes = offset === null ? -at.getTimezoneOffset() : (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]));
  const iso = new Date(at.getTime() + minutes * 60_000).toISOString();
  return { date: iso.slice(0, 10).replaceAll('-', ''), time: iso.slice(11, 19).replaceAll(':', '') };
}

export interface SeriesFields {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly modality: 'SR' | 'SEG' | 'PR' | 'KO' | 'OT' | 'DOC';
  /** Of what is no result of an analysis; `modelName` by default. */
  readonly modelName?: string;
  /** In its series; 1 by default. */
  readonly instanceNumber?: number;
}

/** Series, equipment and SOP common attributes of a new object. */
export function putOwnModules(dataset: Dataset, input: ResultInput, fields: SeriesFields, moment: DicomMoment): void {
  put(dataset, 'SOPClassUID', fields.sopClassUID);
  put(dataset, 'SOPInstanceUID', fields.sopInstanceUID);
  put(dataset, 'InstanceCreationDate', moment.date);
  put(dataset, 'InstanceCreationTime', moment.time);
  put(dataset, 'InstanceNumber', fields.instanceNumber ?? 1);
  put(dataset, 'StudyInstanceUID', input.findings.studyInstanceUID);
  put(dataset, 'SeriesInstanceUID', fields.seriesInstanceUID);
  put(dataset, 'SeriesNumber', fields.seriesNumber);
  put(dataset, 'SeriesDescription', fields.seriesDescription);
  put(dataset, 'SeriesDate', moment.date);
  put(dataset, 'SeriesTime', moment.time);
  if (fields.modality !== 'PR') {
    put(dataset, 'ContentDate', moment.date);
    put(dataset, 'ContentTime', moment.time);
  }
  put(dataset, 'Modality', fields.modality);
  put(dataset, 'Manufacturer', manufacturer);
  put(dataset, 'ManufacturerModelName', fields.modelName ?? modelName);
  put(dataset, 'DeviceSerialNumber', input.findings.model.sha256.slice(0, 16) || 'none');
  put(dataset, 'SoftwareVersions', short(input.softwareVersion), short(`${input.findings.model.id} ${input.findings.model.version}`));
  putIfDefined(dataset, 'InstitutionName', usable(input.sourceHeaders.header, 'InstitutionName'));
  putCodingSchemes(dataset);
}

/** The header's value where it may be written into a new element, else undefined. */
export function usable(dataset: Dataset, keyword: Keyword): string | undefined {
  const value = text(dataset, keyword);
  return value === undefined || textFault(vrOf(tag(keyword)), value) !== undefined ? undefined : value;
}

/** What an LO can hold of a text. */
export function short(value: string): string {
  const clean = value.replace(/[\p{Cc}\\]+/gu, ' ').trim();
  return clean.length > 64 ? `${clean.slice(0, 63)}…` : clean || 'unknown';
}
