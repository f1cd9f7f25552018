/** What the images themselves say of the patient. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { yearsBetween } from './dicom-date.ts';
import type { PatientContext } from './types.ts';

/** Above this a birth date is a placeholder (1900-01-01, 1800-01-01), not an age. */
const oldestYears = 120;
const perYear = { Y: 1, M: 12, W: 52.1775, D: 365.25 } as const;

/** An age string (PS3.5 6.2, AS) in completed years. */
function yearsOf(age: string | undefined): number | undefined {
  const parts = /^(\d{3})([DWMY])$/u.exec((age ?? '').trim());
  return parts === null ? undefined : Math.floor(Number(parts[1]) / perYear[parts[2] as keyof typeof perYear]);
}

/**
 * Age in completed years on the study date, from the birth date, else as the modality wrote it; sex where it is male
 * or female. Everything else, the kind of examination too, is for a person to say and stays absent.
 */
export function patientContextOf(header: Dataset): PatientContext {
  const ages = [yearsBetween(text(header, 'PatientBirthDate'), text(header, 'StudyDate')), yearsOf(text(header, 'PatientAge'))];
  const ageYears = ages.find((age) => age !== undefined && age <= oldestYears);
  const sex = { M: 'male', F: 'female' } as const;
  const code = text(header, 'PatientSex')?.trim();
  return {
    ...(ageYears === undefined ? {} : { ageYears }),
    ...(code === 'M' || code === 'F' ? { sex: sex[code] } : {}),
  };
}
