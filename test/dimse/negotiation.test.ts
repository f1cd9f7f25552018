import { describe, expect, it } from 'vitest';
import { contextResult, type AssociateRequest } from '../../src/dimse/associate-pdu.ts';
import { addressMatches, isAddressRule, negotiate, type AcceptPolicy } from '../../src/dimse/negotiation.ts';
import { isStorageSOPClass } from '../../src/dimse/sop-classes.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const verification = '1.2.840.10008.1.1';
const commitment = '1.2.840.10008.1.20.1';
const explicit = '1.2.840.10008.1.2.1';
const implicit = '1.2.840.10008.1.2';
const jpegLS = '1.2.840.10008.1.2.4.80';

const policy: AcceptPolicy = { aeTitle: 'PHOI', peers: [{ aeTitle: 'PACS', address: '10.1.0.0/16' }], openToAnyPeer: false, storageCommitment: true };

const from = (address: string) => ({ address, tls: false });
function request(change: Partial<AssociateRequest> = {}): AssociateRequest {
  return {
    protocolVersion: 1, calledAETitle: 'PHOI', callingAETitle: 'PACS', applicationContextName: '1.2.840.10008.3.1.1.1',
    maxPduLength: 16384, roles: [], contexts: [{ id: 1, abstractSyntaxUID: ct, transferSyntaxUIDs: [implicit, explicit] }], ...change,
  };
}

function accepted(contexts: AssociateRequest['contexts'], change: Partial<AssociateRequest> = {}, address = '10.1.2.3') {
  const result = negotiate(request({ contexts, ...change }), from(address), policy);
  if (result.kind !== 'accept') throw new Error(`rejected: ${JSON.stringify(result.rejection)}`);
  return result;
}

describe('who may come in', () => {
  it.each([
    ['calling AE title unknown', { callingAETitle: 'OTHER' }, '10.1.2.3', { result: 1, source: 1, reason: 3 }],
    ['calling AE title in another case', { callingAETitle: 'pacs' }, '10.1.2.3', { result: 1, source: 1, reason: 3 }],
    ['address outside the network', {}, '10.2.0.1', { result: 1, source: 1, reason: 3 }],
    ['called AE title wrong', { calledAETitle: 'PH' }, '10.1.2.3', { result: 1, source: 1, reason: 7 }],
    ['application context unknown', { applicationContextName: '1.2.3' }, '10.1.2.3', { result: 1, source: 1, reason: 2 }],
    ['protocol version unknown', { protocolVersion: 2 }, '10.1.2.3', { result: 1, source: 2, reason: 2 }],
  ] as const)('%s', (_, change, address, rejection) => {
    expect(negotiate(request(change), from(address), policy)).toEqual({ kind: 'reject', rejection });
  });

  it('lets a listed caller in, also over an IPv4-mapped address', () => {
    expect(negotiate(request(), from('10.1.2.3'), policy).kind).toBe('accept');
    expect(negotiate(request(), from('::ffff:10.1.2.3'), policy).kind).toBe('accept');
  });

  it('lets an unknown caller verify, and nothing else', () => {
    const { answers, contexts } = accepted([
      { id: 1, abstractSyntaxUID: verification, transferSyntaxUIDs: [implicit] },
      { id: 3, abstractSyntaxUID: ct, transferSyntaxUIDs: [implicit] },
    ], { callingAETitle: 'OTHER' });
    expect(answers.map(({ result }) => result)).toEqual([contextResult.acceptance, contextResult.userRejection]);
    expect([...contexts.keys()]).toEqual([1]);
  });

  it('reads addresses, networks and nonsense', () => {
    expect(addressMatches('192.168.1.7', '192.168.1.7')).toBe(true);
    expect(addressMatches('192.168.1.7', '192.168.1.8')).toBe(false);
    expect(addressMatches('192.168.1.0/24', '192.168.1.8')).toBe(true);
    expect(addressMatches('fd00::/8', 'fd12::1')).toBe(true);
    expect(addressMatches('fd00::/8', '10.0.0.1')).toBe(false);
    expect(addressMatches('localhost', '127.0.0.1')).toBe(true);
    expect(addressMatches('192.168.1.0/99', '192.168.1.8')).toBe(false);
    expect(addressMatches('anything', '192.168.1.8')).toBe(false);
    expect(['10.0.0.1', '10.0.0.0/8', 'fd00::/8', 'localhost'].map(isAddressRule)).toEqual([true, true, true, true]);
    expect(['pacs.example', '10.0.0.0/40', '10.0.0.0/8/8', '10.0.0', ''].map(isAddressRule)).toEqual([false, false, false, false, false]);
  });
});

describe('presentation contexts', () => {
  it.each([
    ['explicit before implicit', [implicit, explicit], explicit],
    ['implicit alone', [implicit], implicit],
    ['a compressed first choice is kept', [jpegLS, explicit], jpegLS],
    ['a compressed later choice is not', [explicit, jpegLS], explicit],
    ['an unknown first choice does not count', ['1.2.840.10008.1.2.4.102', jpegLS, explicit], jpegLS],
    ['deflated with explicit beside it', ['1.2.840.10008.1.2.1.99', explicit], explicit],
    ['deflated alone', ['1.2.840.10008.1.2.1.99'], '1.2.840.10008.1.2.1.99'],
  ])('%s', (_, transferSyntaxUIDs, chosen) => {
    expect(accepted([{ id: 1, abstractSyntaxUID: ct, transferSyntaxUIDs }]).answers[0]).toEqual({ id: 1, result: 0, transferSyntaxUID: chosen });
  });

  it('says why a context is refused', () => {
    const { answers } = accepted([
      { id: 1, abstractSyntaxUID: ct, transferSyntaxUIDs: ['1.2.840.10008.1.2.4.102'] },
      { id: 3, abstractSyntaxUID: '1.2.840.10008.5.1.4.1.2.2.1', transferSyntaxUIDs: [implicit] },
      { id: 5, abstractSyntaxUID: commitment, transferSyntaxUIDs: [jpegLS] },
      { id: 7, abstractSyntaxUID: ct, transferSyntaxUIDs: [] },
    ]);
    expect(answers.map(({ result }) => result)).toEqual([4, 3, 4, 4]);
  });

  it('offers storage commitment only where there is one', () => {
    const contexts = [{ id: 1, abstractSyntaxUID: commitment, transferSyntaxUIDs: [implicit, explicit] }];
    expect(accepted(contexts).answers[0]!.transferSyntaxUID).toBe(explicit);
    const without = negotiate(request({ contexts }), from('10.1.2.3'), { ...policy, storageCommitment: false });
    expect(without.kind === 'accept' && without.answers[0]!.result).toBe(contextResult.abstractSyntaxNotSupported);
  });

  it('never takes the SCP role away from itself', () => {
    const { roles } = accepted(request().contexts, { roles: [{ sopClassUID: ct, scu: true, scp: true }, { sopClassUID: '1.2.3', scu: true, scp: true }] });
    expect(roles).toEqual([{ sopClassUID: ct, scu: true, scp: false }]);
  });

  it('knows storage classes by their root, and what is none under it', () => {
    for (const uid of ['2', '2.1', '2.2', '66.4', '66.7', '88.34', '88.67', '88.75', '11.1', '7', '7.4', '104.1', '4', '481.3', '6.1', '999.1']) {
      expect(isStorageSOPClass(`1.2.840.10008.5.1.4.1.1.${uid}`), uid).toBe(true);
    }
    for (const uid of ['1.2.840.10008.5.1.4.1.1.', '1.2.840.10008.5.1.4.1.1.200.4', '1.2.840.10008.5.1.4.1.2.2.1', '1.2.840.10008.5.1.4.1.1.../etc', '']) {
      expect(isStorageSOPClass(uid), uid).toBe(false);
    }
  });
});
