/** What the schema cannot say about the settings of the identity provider. */
import type { OidcSettings } from './settings.ts';

interface Surroundings {
  readonly accounts: boolean;
  readonly publicUrl?: string;
  /** Names of the sites in the settings. */
  readonly sites: readonly string[];
}

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

function isSafe(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || loopback.has(hostname);
}

/** Where and what; undefined when nothing is wrong. */
export function mistakeInOidc(oidc: OidcSettings, { accounts, publicUrl, sites }: Surroundings): string | undefined {
  if (!accounts) return 'people log in only where http.accounts is on';
  if (!URL.canParse(oidc.issuer)) return 'issuer is not an address';
  if (!isSafe(oidc.issuer)) return 'issuer must be https; http is for a provider on this machine';
  if (publicUrl === undefined) return 'http.publicUrl must be set: the provider sends people back there';
  if (!isSafe(publicUrl)) return 'http.publicUrl must be https; http is for this machine alone';
  if (oidc.clientSecret !== undefined && oidc.clientSecretFile !== undefined) return 'clientSecret and clientSecretFile are both set';
  if (!oidc.scopes.includes('openid')) return 'scopes must hold openid';
  const unknown = oidc.grants.flatMap((grant) => grant.sites ?? []).find((site) => !sites.includes(site));
  return unknown === undefined ? undefined : `grants: there is no site ${unknown} in sites`;
}
