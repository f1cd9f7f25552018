/** Words that identify the patient and the people round the examination, to be looked for in what stays. */
import { text } from '../dicom/access.ts';
import type { Dataset, DicomValue } from '../dicom/dataset.ts';
import { tag, type Keyword } from '../dicom/tags.ts';

/** Shorter parts of names turn up in ordinary words. */
const shortest = 3;

const sources: readonly Keyword[] = [
  'PatientName', 'PatientID', 'OtherPatientIDs', 'OtherPatientNames', 'PatientBirthName', 'PatientMotherBirthName', 'AccessionNumber', 'StudyID', 'ReferringPhysicianName', 'PerformingPhysicianName', 'NameOfPhysiciansReadingStudy',
  'OperatorsName', 'PhysiciansOfRecord', 'RequestingPhysician', 'InstitutionName', 'StationName', 'DeviceSerialNumber', 'PatientTelephoneNumbers', 'PatientAddress', 'ResponsiblePerson',
];

function wordsOf(value: DicomValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return ['Alphabetic', 'Ideographic', 'Phonetic'].flatMap((part) => {
    const found: unknown = (value as Readonly<Record<string, unknown>>)[part];
    return typeof found === 'string' ? [found] : [];
  });
}

const folded = (value: string): string => value.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase();

/** Whole values and their parts, folded: without case and marks. */
export function identifiersOf(dataset: Dataset): ReadonlySet<string> {
  const found = new Set<string>();
  for (const keyword of sources) {
    for (const value of dataset[tag(keyword)]?.Value ?? []) {
      for (const word of wordsOf(value)) for (const part of [word, ...word.split(/[\^= ,;/\\]+/u)]) if (part.trim().length >= shortest) found.add(folded(part.trim()));
    }
  }
  return found;
}

/** True when a kept value holds one of them as a word of its own, or any of at least six characters anywhere. */
export function holdsIdentifier(value: string, identifiers: ReadonlySet<string>): boolean {
  const plain = folded(value);
  const words = new Set(plain.split(/[^\p{L}\p{N}]+/u));
  for (const identifier of identifiers) if (words.has(identifier) || plain === identifier || (identifier.length >= 6 && plain.includes(identifier))) return true;
  return false;
}

export function patientIDOf(dataset: Dataset): string {
  return text(dataset, 'PatientID') ?? '';
}
