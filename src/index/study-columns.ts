/** The indexed columns of a study, taken from its attributes in the form that matching compares. */
import { text, texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { foldedWords, identifierWords } from './fold-text.ts';
import { comparableDate, comparableName, comparableTime } from './match-values.ts';
import type { SearchWords } from './sql.ts';

export interface StudyColumns {
  readonly patientName: string;
  readonly patientID: string;
  readonly accessionNumber: string;
  readonly studyID: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
}

/** Longer than any valid value that has an index of its own; a key of an index has a limit. */
const longestColumn = 256;

/** The first value as an indexed column holds it; empty when there is none. */
export function columnText(attributes: Dataset, keyword: 'PatientID' | 'AccessionNumber' | 'StudyID' | 'StudyDescription' | 'Modality'): string {
  return (text(attributes, keyword) ?? '').slice(0, longestColumn);
}

export function studyColumns(attributes: Dataset): StudyColumns {
  return {
    patientName: comparableName(text(attributes, 'PatientName') ?? ''),
    patientID: columnText(attributes, 'PatientID'),
    accessionNumber: columnText(attributes, 'AccessionNumber'),
    studyID: columnText(attributes, 'StudyID'),
    studyDate: comparableDate(text(attributes, 'StudyDate') ?? ''),
    studyTime: comparableTime(text(attributes, 'StudyTime') ?? '', '0'),
    studyDescription: columnText(attributes, 'StudyDescription'),
  };
}

/** A sender that fills an attribute with a book must not fill the index of words. */
const longestWord = 100;
const mostWords = 500;

function limited(words: readonly string[]): readonly string[] {
  return words.slice(0, mostWords).map((word) => word.slice(0, longestWord));
}

/** The words under which the worklist's search finds the study. */
export function searchWords(attributes: Dataset): SearchWords {
  const identifiers = [...texts(attributes, 'PatientID'), ...texts(attributes, 'AccessionNumber')].flatMap(identifierWords);
  return {
    name: limited(texts(attributes, 'PatientName').flatMap(foldedWords)),
    other: limited([...identifiers, ...texts(attributes, 'StudyDescription').flatMap(foldedWords)]),
  };
}
