/** What the provider's claims mean here, and which settings of it are refused. */
import { describe, expect, it } from 'vitest';
import { loadConfig, printableConfig } from '../../src/config.ts';
import { personOf } from '../../src/oidc/person-of.ts';
import type { OidcSettings } from '../../src/oidc/settings.ts';

const sites = [{ name: 'north' }, { name: 'south' }];
const usual = {
  name: 'Bệnh viện', issuer: 'https://id.example', clientId: 'phoi',
  grants: [
    { group: 'doctors', roles: ['radiologist'], sites: ['north'] }, { group: 'doctors-south', roles: ['radiologist'], sites: ['south'] },
    { group: 'it', roles: ['administrator'] },
  ],
};

function load(oidc: Readonly<Record<string, unknown>>, http: Readonly<Record<string, unknown>> = {}, env: Readonly<Record<string, string>> = {}) {
  return loadConfig(JSON.stringify({ sites, http: { accounts: true, publicUrl: 'https://phoi.example', ...http }, oidc: { ...usual, ...oidc } }), env);
}
const settings = (oidc: Readonly<Record<string, unknown>> = {}): OidcSettings => load(oidc).oidc!;
const who = { iss: 'https://id.example', sub: '248289' };

describe('a person', () => {
  it('is who the subject of the issuer says, and never the address', () => {
    expect(personOf({ ...who, email: 'an@example', name: 'Nguyễn An', groups: ['doctors'] }, settings())).toEqual({
      provider: { issuer: 'https://id.example', subject: '248289' }, preferredUsername: 'an@example', name: 'Nguyễn An', roles: ['radiologist'], sites: ['north'], sessionMs: 12 * 3_600_000,
    });
  });

  it('has the roles and sites of all their groups, and all sites by one group that is not limited', () => {
    const seen = (...groups: readonly string[]): unknown => {
      const { roles, sites: some } = personOf({ ...who, groups }, settings());
      return [roles, some];
    };
    expect(seen('doctors', 'doctors-south')).toEqual([['radiologist'], ['north', 'south']]);
    expect(seen('doctors', 'it')).toEqual([['radiologist', 'administrator'], undefined]);
    expect(seen('cleaning')).toEqual([[], []]);
    expect(seen()).toEqual([[], []]);
  });

  it.each([
    ['a list within objects', { groupsClaim: 'realm_access.roles' }, { realm_access: { roles: ['it'] } }],
    ['a name with dots', { groupsClaim: 'https://id.example/groups' }, { 'https://id.example/groups': ['it'] }],
    ['one group without a list', {}, { groups: 'it' }],
  ])('has groups in %s', (_, oidc, claims) => {
    expect(personOf({ ...who, ...claims }, settings(oidc)).roles).toEqual(['administrator']);
  });

  it.each([[{}], [{ groups: null }], [{ groups: { it: true } }], [{ groups: [['it']] }], [{ groups: 'IT' }], [{ groups: '__proto__' }]])('has no role by the claims %j', (claims) => {
    expect(personOf({ ...who, ...claims }, settings()).roles).toEqual([]);
  });
});

describe('the settings', () => {
  it.each([
    [{ issuer: 'http://id.example' }, {}, 'Setting oidc: issuer must be https; http is for a provider on this machine'],
    [{}, { publicUrl: undefined }, 'Setting oidc: http.publicUrl must be set'],
    [{}, { publicUrl: 'http://phoi.example' }, 'Setting oidc: http.publicUrl must be https'],
    [{}, { accounts: false }, 'Setting oidc: people log in only where http.accounts is on'],
    [{ scopes: ['profile'] }, {}, 'Setting oidc: scopes must hold openid'],
    [{ grants: [{ group: 'x', roles: ['radiologist'], sites: ['west'] }] }, {}, 'Setting oidc: grants: there is no site west in sites'],
    [{ grants: [{ group: 'x', roles: ['chief'] }] }, {}, /^Setting oidc\.grants\.0\.roles\.0/u],
    [{ clientSecret: 'a', clientSecretFile: 'b' }, {}, 'Setting oidc: clientSecret and clientSecretFile are both set'],
    [{ sessionHours: 24 }, {}, /^Setting oidc\.sessionHours/u],
  ])('%j with %j are refused and say where', (oidc, http, message) => {
    expect(() => load(oidc, http)).toThrow(message);
  });

  it('take the secret from the environment and never print it', () => {
    const config = load({}, {}, { PHOI_OIDC_CLIENT_SECRET: 'very-secret' });
    expect(config.oidc?.clientSecret).toBe('very-secret');
    expect(JSON.stringify(printableConfig(config))).not.toContain('very-secret');
    expect(printableConfig(config)['oidc']).toMatchObject({ clientSecret: '[secret]', issuer: 'https://id.example' });
  });
});
