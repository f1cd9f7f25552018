/** Which site a study belongs to that comes for the first time. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createFindSite } from '../../src/sites/find-site.ts';

const { sites } = loadConfig(JSON.stringify({
  sites: [
    { name: 'north', senders: [{ aeTitle: 'CT_N', address: '10.1.0.0/16' }], institutionNames: ['Bệnh viện Bắc'] },
    { name: 'south', senders: [{ address: '10.2.0.7' }, { aeTitle: 'CT_S' }], institutionNames: ['Bệnh viện Nam'] },
  ],
}), {});
const findSite = createFindSite(sites);

describe('the site of a study', () => {
  it('is that of the sender, by AE title and address where both are given', () => {
    expect(findSite({ callingAETitle: 'CT_N', remoteAddress: '::ffff:10.1.2.3' }, '')).toBe('north');
    expect(findSite({ callingAETitle: 'CT_N', remoteAddress: '10.3.2.3' }, '')).toBe('');
    expect(findSite({ callingAETitle: 'OTHER', remoteAddress: '10.1.2.3' }, '')).toBe('');
    expect(findSite({ remoteAddress: '10.2.0.7' }, '')).toBe('south');
    expect(findSite({ callingAETitle: 'CT_S', remoteAddress: '10.1.2.3' }, '')).toBe('south');
  });

  it('is that of the institution where no sender tells, and of the sender where both do', () => {
    expect(findSite({}, ' bệnh viện nam '.normalize('NFD'))).toBe('south');
    expect(findSite({ callingAETitle: 'CT_S' }, 'Bệnh viện Bắc')).toBe('south');
    expect(findSite({}, 'Elsewhere')).toBe('');
  });

  it('is one of the account\'s, whatever the images say', () => {
    expect(findSite({ sites: ['north'], remoteAddress: '10.2.0.7' }, 'Bệnh viện Nam')).toBe('north');
    expect(findSite({ sites: ['north', 'south'] }, 'Bệnh viện Nam')).toBe('south');
    expect(findSite({ sites: ['north', 'south'] }, 'Elsewhere')).toBe('north');
  });

  it('is not told where there are no sites', () => {
    expect(createFindSite([])({ callingAETitle: 'CT_N', remoteAddress: '10.1.2.3' }, 'Bệnh viện Nam')).toBeUndefined();
  });
});

it.each([
  [[{ name: 'Bắc' }], /^Setting sites\.0\.name/u],
  [[{ name: 'a' }, { name: 'a' }], 'Setting sites.a: there are two sites of this name'],
  [[{ name: 'a', senders: [{}] }], /^Setting sites\.0\.senders\.0/u],
  [[{ name: 'a', senders: [{ address: 'ct.example' }] }], 'Setting sites.a.senders: ct.example is neither an IP address nor a network such as 10.1.0.0/16'],
])('the settings %j are refused and say where', (given, message) => {
  expect(() => loadConfig(JSON.stringify({ sites: given }), {})).toThrow(message);
});
