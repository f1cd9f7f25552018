import { getJson, sendJson } from './client.ts';

/** Who is logged in, and whether this service has accounts at all. */
export interface SessionInfo {
  readonly accounts: boolean;
  /** The identity provider at which people may log in. */
  readonly provider?: { readonly name: string };
  /** Sites that whoever is logged in may see. */
  readonly sites?: readonly { readonly name: string; readonly title: string }[];
  readonly account?: { readonly username: string; readonly name: string; readonly roles: readonly string[]; readonly mustChangePassword: boolean; readonly provider?: { readonly issuer: string } };
  readonly permissions?: readonly string[];
}

export function getSession(): Promise<SessionInfo> {
  return getJson('/api/v1/session');
}

export function logIn(username: string, password: string): Promise<SessionInfo> {
  return sendJson('POST', '/api/v1/session', { username, password });
}

export function logOut(): Promise<void> {
  return sendJson('DELETE', '/api/v1/session');
}

/** The page of the identity provider, which leads back to this one. */
export function signInPath(to: string): string {
  return `/api/v1/session/provider?to=${encodeURIComponent(to)}`;
}

/** Ends the login at the identity provider too. */
export const signOutPath = '/api/v1/session/provider/logout';

export function changePassword(present: string, next: string): Promise<void> {
  return sendJson('POST', '/api/v1/session/password', { present, next });
}
