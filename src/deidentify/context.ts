/**
 * What ties the objects of one export together: the same patient, study and image get the same replacements everywhere.
 * All follow from a secret that is not part of the export, so nobody who has the export alone can go back.
 */
import { createHmac } from 'node:crypto';
import { isUID, uidFromUUID } from '../dicom/uid.ts';
import type { ProfileOptions } from './profile-table.ts';

export interface DeidentifyContext {
  readonly options: ProfileOptions;
  /** UIDs of the standard (classes, syntaxes, frames of reference that are well known) stay. */
  uid(original: string): string;
  /** Name and ID of a patient in the export. */
  subject(patientID: string): string;
  /** Days by which the dates of a patient are moved back: 30 to 3,679, whole weeks, so that the day of the week stays. */
  shiftDays(patientID: string): number;
}

const standardRoot = '1.2.840.10008.';
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** @param secret at least 16 bytes; whoever has it can make the same replacements again */
export function createDeidentifyContext(secret: Uint8Array, options: ProfileOptions): DeidentifyContext {
  const digest = (purpose: string, value: string): Buffer => createHmac('sha256', secret).update(`${purpose}\n${value}`).digest();
  return {
    options,
    uid(original) {
      if (original === '' || (original.startsWith(standardRoot) && isUID(original))) return original;
      const bytes = digest('uid', original).subarray(0, 16);
      bytes[6] = (bytes[6]! & 0x0f) | 0x80;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      return uidFromUUID(bytes.toString('hex'));
    },
    subject(patientID) {
      const bytes = digest('subject', patientID);
      return `S-${Array.from(bytes.subarray(0, 10), (byte) => alphabet[byte & 31]).join('')}`;
    },
    shiftDays: (patientID) => 7 * (5 + digest('shift', patientID).readUInt32BE(0) % 521),
  };
}
