/** What each kind of entry is in the vocabulary of PS3.16 CID 400 (audit event) and CID 401 (what exactly). */
import type { AuditEntry, AuditKind } from './entry.ts';

export interface AuditCode {
  readonly code: string;
  readonly display: string;
}

export const dicomOntology = 'http://dicom.nema.org/resources/ontology/DCM';

const events: Readonly<Record<AuditKind, AuditCode>> = {
  'service-started': { code: '110100', display: 'Application Activity' },
  'service-stopped': { code: '110100', display: 'Application Activity' },
  'configuration-changed': { code: '110113', display: 'Security Alert' },
  'study-received': { code: '110104', display: 'DICOM Instances Transferred' },
  'study-accessed': { code: '110103', display: 'DICOM Instances Accessed' },
  'study-query': { code: '110112', display: 'Query' },
  login: { code: '110114', display: 'User Authentication' },
  logout: { code: '110114', display: 'User Authentication' },
  'access-refused': { code: '110113', display: 'Security Alert' },
  'study-deleted': { code: '110105', display: 'DICOM Study Deleted' },
  'analysis-result': { code: '110103', display: 'DICOM Instances Accessed' },
  delivery: { code: '110104', display: 'DICOM Instances Transferred' },
  review: { code: '110103', display: 'DICOM Instances Accessed' },
  administration: { code: '110100', display: 'Application Activity' },
  export: { code: '110106', display: 'Export' },
  'trail-repaired': { code: '110101', display: 'Audit Log Used' },
};

const types: Partial<Readonly<Record<AuditKind, AuditCode>>> = {
  'service-started': { code: '110120', display: 'Application Start' },
  'service-stopped': { code: '110121', display: 'Application Stop' },
  'configuration-changed': { code: '110131', display: 'Software Configuration' },
  login: { code: '110122', display: 'Login' },
  logout: { code: '110123', display: 'Logout' },
  'access-refused': { code: '110126', display: 'Node Authentication' },
};

export function eventCode(entry: AuditEntry): AuditCode {
  return events[entry.kind];
}

export function eventType(entry: AuditEntry): AuditCode | undefined {
  return types[entry.kind];
}

export const actionCode = { create: 'C', read: 'R', update: 'U', delete: 'D', execute: 'E' } as const;
/** PS3.15 A.5.1, RFC 3881: 0 success, 4 minor, 8 serious failure. */
export const outcomeCode = { success: '0', 'minor-failure': '4', 'serious-failure': '8' } as const;
