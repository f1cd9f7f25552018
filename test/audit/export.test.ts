import { spawnSync } from 'node:child_process';
import { expect, it, describe } from 'vitest';
import { chained, emptyHead } from '../../src/audit/chain.ts';
import { toDicomAuditMessage, toSyslogFrame } from '../../src/audit/dicom-message.ts';
import { auditKinds, type AuditEvent } from '../../src/audit/entry.ts';
import { toFhirAuditEvent } from '../../src/audit/fhir.ts';

const event: AuditEvent = {
  kind: 'review', action: 'create', outcome: 'success', actor: { name: 'Nguyễn "An" <b>&', kind: 'person', address: '10.0.0.9' },
  studyInstanceUID: '1.2.840.1', what: 'signed', details: { version: 2, objects: ['sr 1.2', 'seg 1.3'] },
};
const entry = chained(event, emptyHead, '2026-03-01T08:00:00.000Z');

/** What python's XML parser, which did not write it, reads of the message. */
function read(xml: string): string {
  const code = 'import sys,xml.etree.ElementTree as E\nr=E.fromstring(sys.stdin.buffer.read())\np=r.find("ActiveParticipant")\no=r.find("ParticipantObjectIdentification")\ne=r.find("EventIdentification")\nprint("|".join([p.get("UserID"),e.get("EventActionCode"),e.find("EventID").get("csd-code"),o.get("ParticipantObjectID"),str(len(o.findall("ParticipantObjectDetail")))]))';
  const answer = spawnSync('python3', ['-c', code], { input: xml, encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } });
  expect(answer.stderr).toBe('');
  return answer.stdout.trim();
}

describe('a DICOM audit message', () => {
  it('is XML that keeps names with marks of its own', () => {
    expect(read(toDicomAuditMessage(entry, 'ris.example'))).toBe('Nguyễn "An" <b>&|C|110103|1.2.840.1|5');
  });

  it('is well formed for every kind, also with control characters', () => {
    for (const kind of auditKinds) {
      const odd = chained({ ...event, kind, what: 'a\u0000b\u001b]c', details: { odd: '\u0007' } }, emptyHead, entry.at);
      expect(read(toDicomAuditMessage(odd, 'x'))).toContain('1.2.840.1');
    }
  });

  it('is framed by its length in bytes for syslog', () => {
    const frame = toSyslogFrame(entry, 'bệnh viện');
    const length = Number(frame.slice(0, frame.indexOf(' ')));
    const message = frame.slice(frame.indexOf(' ') + 1);
    expect(Buffer.byteLength(message)).toBe(length);
    expect(message).toMatch(/^<85>1 2026-03-01T08:00:00.000Z [\x21-\x7e]+ phoi - IHE\+RFC-3881 - \uFEFF<\?xml/);
  });
});

it('a FHIR AuditEvent carries who, what, outcome, the study and the link of the chain', () => {
  const resource = toFhirAuditEvent(entry, 'here');
  expect(resource).toMatchObject({
    resourceType: 'AuditEvent', action: 'C', outcome: '0', recorded: entry.at,
    type: { code: '110103' }, agent: [{ who: { display: event.actor.name }, requestor: true, network: { address: '10.0.0.9' } }],
  });
  const text = JSON.stringify(resource);
  expect(text).toContain('urn:oid:1.2.840.1');
  expect(text).toContain(Buffer.from(entry.hash).toString('base64'));
});
