/** An entry as a DICOM audit message (PS3.15 A.5.1, RELAX NG schema there), and that as a syslog message (RFC 5424, PS3.15 A.6). */
import type { AuditEntry } from './entry.ts';
import { actionCode, eventCode, eventType, outcomeCode, type AuditCode } from './event-code.ts';

function escaped(text: string): string {
  // XML 1.0 has no way to write other control characters.
  return text.replace(/[^\P{Cc}\t]/gu, ' ').replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

function element(name: string, attributes: Readonly<Record<string, string | undefined>>, children = ''): string {
  const list = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escaped(value)}"`])).join('');
  return children === '' ? `<${name}${list}/>` : `<${name}${list}>${children}</${name}>`;
}

function coded(name: string, { code, display }: AuditCode): string {
  return element(name, { 'csd-code': code, codeSystemName: 'DCM', originalText: display });
}

function detail(type: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return element('ParticipantObjectDetail', { type, value: Buffer.from(text).toString('base64') });
}

export function toDicomAuditMessage(entry: AuditEntry, sourceName: string): string {
  const type = eventType(entry);
  const event = element('EventIdentification', {
    EventActionCode: actionCode[entry.action], EventDateTime: entry.at, EventOutcomeIndicator: outcomeCode[entry.outcome],
  }, coded('EventID', eventCode(entry)) + (type === undefined ? '' : coded('EventTypeCode', type)) + element('EventOutcomeDescription', {}, escaped(entry.what)));
  const participant = element('ActiveParticipant', {
    UserID: entry.actor.name, UserIsRequestor: String(entry.actor.kind === 'person'),
    NetworkAccessPointID: entry.actor.address, NetworkAccessPointTypeCode: entry.actor.address === undefined ? undefined : '2',
  });
  const source = element('AuditSourceIdentification', { AuditSourceID: sourceName }, element('AuditSourceTypeCode', { 'csd-code': '4' }));
  const details = [
    ...Object.entries(entry.details ?? {}), ['sequence', String(entry.sequence)] as const,
    ['hash', entry.hash] as const, ['previousHash', entry.previousHash] as const,
  ].map(([name, value]) => detail(name, value)).join('');
  const study = element('ParticipantObjectIdentification', {
    ParticipantObjectID: entry.studyInstanceUID ?? `urn:phoi:audit:${entry.sequence}`,
    ParticipantObjectTypeCode: '2', ParticipantObjectTypeCodeRole: entry.studyInstanceUID === undefined ? '13' : '3',
  }, (entry.studyInstanceUID === undefined
    ? element('ParticipantObjectIDTypeCode', { 'csd-code': '12', codeSystemName: 'RFC-3881', originalText: 'URI' })
    : coded('ParticipantObjectIDTypeCode', { code: '110180', display: 'Study Instance UID' })) + details);
  return `<?xml version="1.0" encoding="UTF-8"?>${element('AuditMessage', {}, event + participant + source + study)}`;
}

/** One frame with octet counting (RFC 5425, RFC 6587), facility 10 (security), severity notice, or warning on a failure. */
export function toSyslogFrame(entry: AuditEntry, sourceName: string): string {
  const priority = 10 * 8 + (entry.outcome === 'success' ? 5 : 4);
  const host = sourceName.replace(/[^\x21-\x7e]/g, '-').slice(0, 255) || '-';
  const message = `<${priority}>1 ${entry.at} ${host} phoi - IHE+RFC-3881 - \uFEFF${toDicomAuditMessage(entry, sourceName)}`;
  return `${Buffer.byteLength(message)} ${message}`;
}
