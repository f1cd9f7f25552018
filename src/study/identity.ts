/** The four UIDs that an instance cannot do without. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Keyword } from '../dicom/tags.ts';
import { AppError } from '../errors.ts';

export interface InstanceIdentity {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
}

/**
 * Digits and dots, 64 at most. Leading zeros in a component, which PS3.5 9.1 forbids, are accepted: old equipment
 * writes them, and refusing the image would lose it.
 */
const acceptedUID = /^[0-9]+(?:\.[0-9]+)*$/u;
const longestUID = 64;

function requireUID(header: Dataset, keyword: Keyword): string {
  const value = (text(header, keyword) ?? '').replace(/[\0 ]+$/u, '');
  if (value === '') throw new AppError('DICOM_MISSING_ATTRIBUTE', `${keyword} is missing`, { details: { keyword } });
  // The value itself stays out of the message: it may be anything.
  if (value.length > longestUID || !acceptedUID.test(value)) throw new AppError('DICOM_INVALID_UID', `${keyword} is not a valid UID`, { details: { keyword } });
  return value;
}

/** @throws AppError DICOM_MISSING_ATTRIBUTE, DICOM_INVALID_UID. */
export function identityOf(header: Dataset): InstanceIdentity {
  return {
    sopClassUID: requireUID(header, 'SOPClassUID'),
    sopInstanceUID: requireUID(header, 'SOPInstanceUID'),
    studyInstanceUID: requireUID(header, 'StudyInstanceUID'),
    seriesInstanceUID: requireUID(header, 'SeriesInstanceUID'),
  };
}

/** @throws AppError DICOM_SOP_MISMATCH naming the attribute. */
export function checkExpected(identity: InstanceIdentity, expected: Partial<Omit<InstanceIdentity, 'seriesInstanceUID'>>): void {
  for (const key of ['sopClassUID', 'sopInstanceUID', 'studyInstanceUID'] as const) {
    if (expected[key] !== undefined && expected[key] !== identity[key]) {
      throw new AppError('DICOM_SOP_MISMATCH', `The data set has another ${key} than announced`, { details: { attribute: key } });
    }
  }
}
