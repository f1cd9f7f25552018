/** The indexed columns of a study, taken from its attributes in the form that matching compares. */
import { text, texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { foldedWords, identifierWords } from './fold-text.ts';
import { comparableDate, comparableName, comparableTime } from './match-values.ts';

export interface StudyColumns {
  readonly patientName: string;
  readonly patientID: string;
  readonly accessionNumber: string;
  readonly studyID: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
}

export function studyColumns(attributes: Dataset): StudyColumns {
  return {
    patientName: comparableName(text(attributes, 'PatientName') ?? ''),
    patientID: text(attributes, 'PatientID') ?? '',
    accessionNumber: text(attributes, 'AccessionNumber') ?? '',
    studyID: text(attributes, 'StudyID') ?? '',
    studyDate: comparableDate(text(attributes, 'StudyDate') ?? ''),
    studyTime: comparableTime(text(attributes, 'StudyTime') ?? '', '0'),
    studyDescription: text(attributes, 'StudyDescription') ?? '',
  };
}

/** The words under which the worklist's search finds the study. */
export function searchWords(attributes: Dataset): { readonly name: string; readonly other: string } {
  const identifiers = [...texts(attributes, 'PatientID'), ...texts(attributes, 'AccessionNumber')].flatMap(identifierWords);
  return {
    name: texts(attributes, 'PatientName').flatMap(foldedWords).join(' '),
    other: [...identifiers, ...texts(attributes, 'StudyDescription').flatMap(foldedWords)].join(' '),
  };
}
