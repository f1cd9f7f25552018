/** An entry as a FHIR R4 AuditEvent resource. */
import type { AuditEntry } from './entry.ts';
import { actionCode, dicomOntology, eventCode, eventType, outcomeCode, type AuditCode } from './event-code.ts';

function coding({ code, display }: AuditCode): Readonly<Record<string, string>> {
  return { system: dicomOntology, code, display };
}

function base64(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
}

export function toFhirAuditEvent(entry: AuditEntry, sourceName: string): Readonly<Record<string, unknown>> {
  const subtype = eventType(entry);
  const details = Object.entries(entry.details ?? {}).map(([type, value]) => ({ type, valueBase64Binary: base64(value) }));
  const study = entry.studyInstanceUID === undefined ? [] : [{
    what: { identifier: { system: 'urn:dicom:uid', value: `urn:oid:${entry.studyInstanceUID}` } },
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2', display: 'System Object' },
    role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '3', display: 'Report' },
  }];
  const chain = {
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '4', display: 'Other' },
    name: 'audit trail entry',
    detail: [
      ...details,
      { type: 'sequence', valueBase64Binary: base64(String(entry.sequence)) },
      { type: 'hash', valueBase64Binary: base64(entry.hash) },
      { type: 'previousHash', valueBase64Binary: base64(entry.previousHash) },
    ],
  };
  return {
    resourceType: 'AuditEvent',
    id: `phoi-${entry.sequence}`,
    type: coding(eventCode(entry)),
    ...(subtype === undefined ? {} : { subtype: [coding(subtype)] }),
    action: actionCode[entry.action],
    recorded: entry.at,
    outcome: outcomeCode[entry.outcome],
    outcomeDesc: entry.what,
    agent: [{
      who: { display: entry.actor.name },
      altId: entry.actor.name,
      requestor: entry.actor.kind === 'person',
      ...(entry.actor.address === undefined ? {} : { network: { address: entry.actor.address, type: '2' } }),
    }],
    source: { site: sourceName, observer: { display: 'Phoi' }, type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4', display: 'Application Server' }] },
    entity: [...study, chain],
  };
}
