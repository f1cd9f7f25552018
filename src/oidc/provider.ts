/**
 * The authorisation code flow with PKCE (OpenID Connect Core 3.1, RFC 7636) at the provider of the settings. The client
 * library checks issuer, audience, times, state and nonce; the signature of the ID token is checked as well, although
 * it comes over TLS from the provider itself.
 */
import * as client from 'openid-client';
import { AppError } from '../errors.ts';
import type { Claims } from './person-of.ts';
import type { OidcSettings } from './settings.ts';

const timeoutSeconds = 10;
const clockToleranceSeconds = 30;
/** Keys are read anew whenever a token names one that is unknown; the rest of what is discovered hardly ever changes. */
const discoveryMs = 60 * 60_000;

/** What the answer to a login is checked with; never leaves the service. */
export interface BegunLogin {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface IdentityProvider {
  /** The page of the provider. @throws AppError ACCOUNT_PROVIDER_UNAVAILABLE */
  begin(): Promise<{ readonly url: URL; readonly begun: BegunLogin }>;
  /**
   * Who has logged in, from the query with which the provider sent them back.
   * @throws AppError ACCOUNT_PROVIDER_REFUSED, ACCOUNT_PROVIDER_INVALID, ACCOUNT_PROVIDER_UNAVAILABLE
   */
  complete(query: string, begun: BegunLogin): Promise<Claims & { readonly iss: string; readonly sub: string }>;
  /** Where the login at the provider ends too; undefined when it has no such page. @throws AppError ACCOUNT_PROVIDER_UNAVAILABLE */
  logoutUrl(): Promise<URL | undefined>;
}

/** No answer at all, or one of a server in trouble. */
function isUnavailable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'TimeoutError' || (at instanceof TypeError && at.message === 'fetch failed')) return true;
    if (at.cause instanceof Response && at.cause.status >= 500) return true;
  }
  return false;
}

function explained(error: unknown): AppError {
  if (isUnavailable(error)) return new AppError('ACCOUNT_PROVIDER_UNAVAILABLE', 'The identity provider does not answer', { cause: error });
  if (error instanceof client.AuthorizationResponseError) return new AppError('ACCOUNT_PROVIDER_REFUSED', 'The identity provider did not log the person in', { cause: error });
  return new AppError('ACCOUNT_PROVIDER_INVALID', 'What came from the identity provider cannot be trusted', { cause: error });
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error);
  }
}

/** Where the provider sends people back to; both are registered there. */
export interface ProviderAddresses {
  readonly callback: string;
  readonly afterLogout: string;
}

export function providerAddresses(publicUrl: string): ProviderAddresses {
  const base = publicUrl.replace(/\/+$/u, '');
  return { callback: `${base}/api/v1/session/provider/callback`, afterLogout: `${base}/` };
}

export function createIdentityProvider(settings: OidcSettings, addresses: ProviderAddresses, now: () => number = Date.now): IdentityProvider {
  const { issuer, clientId, clientSecret, clientAuthentication } = settings;
  let discovered: { readonly at: number; readonly configuration: Promise<client.Configuration> } | undefined;

  async function discover(): Promise<client.Configuration> {
    const authentication = clientSecret === undefined ? client.None()
      : clientAuthentication === 'basic' ? client.ClientSecretBasic(clientSecret) : client.ClientSecretPost(clientSecret);
    const insecure = new URL(issuer).protocol === 'http:';
    const configuration = await client.discovery(new URL(issuer), clientId, { [client.clockTolerance]: clockToleranceSeconds }, authentication, {
      // Only for a provider on this machine: the settings allow no other (src/oidc/check-oidc.ts).
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it stands out, not because something replaces it
      ...(insecure ? { execute: [client.allowInsecureRequests] } : {}),
      timeout: timeoutSeconds,
    });
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  function configured(): Promise<client.Configuration> {
    if (discovered !== undefined && now() - discovered.at < discoveryMs) return discovered.configuration;
    const mine = { at: now(), configuration: discover() };
    discovered = mine;
    mine.configuration.catch(() => { if (discovered === mine) discovered = undefined; });
    return mine.configuration;
  }

  return {
    begin: () => explaining(async () => {
      const configuration = await configured();
      const begun = { state: client.randomState(), nonce: client.randomNonce(), codeVerifier: client.randomPKCECodeVerifier() };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: addresses.callback, scope: settings.scopes.join(' '), state: begun.state, nonce: begun.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(begun.codeVerifier), code_challenge_method: 'S256',
      });
      return { url, begun };
    }),
    complete: (query, begun) => explaining(async () => {
      const configuration = await configured();
      const tokens = await client.authorizationCodeGrant(configuration, new URL(`${addresses.callback}${query}`), {
        expectedState: begun.state, expectedNonce: begun.nonce, pkceCodeVerifier: begun.codeVerifier, idTokenExpected: true,
      });
      const claims = tokens.claims()!;
      // Some providers put names and groups there only.
      const userInfo = configuration.serverMetadata().userinfo_endpoint === undefined ? {} : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return { ...userInfo, ...claims };
    }),
    logoutUrl: () => explaining(async () => {
      const configuration = await configured();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: addresses.afterLogout });
    }),
  };
}
