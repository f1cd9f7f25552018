/** From what the provider says of a person to an account here. */
import type { ProvidedPerson } from '../accounts/provided.ts';
import type { OidcSettings } from './settings.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A claim of this name, or what the dots lead to. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Claims)[key];
  }
  return value;
}

function textAt(claims: Claims, path: string): string | undefined {
  const value = claimAt(claims, path);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** One group is written without a list by some providers. */
function groupsOf(claims: Claims, path: string): ReadonlySet<unknown> {
  const value = claimAt(claims, path);
  return new Set(Array.isArray(value) ? value : [value]);
}

/** Roles are none when no group of theirs is granted any. Who gets a role for all sites by one group sees all. */
export function personOf(claims: Claims & { readonly iss: string; readonly sub: string }, settings: OidcSettings): ProvidedPerson {
  const groups = groupsOf(claims, settings.groupsClaim);
  const granted = settings.grants.filter(({ group }) => groups.has(group));
  const preferredUsername = textAt(claims, 'preferred_username') ?? textAt(claims, 'email') ?? claims.sub;
  return {
    provider: { issuer: claims.iss, subject: claims.sub },
    preferredUsername,
    name: textAt(claims, settings.nameClaim) ?? textAt(claims, 'name') ?? preferredUsername,
    roles: [...new Set(granted.flatMap(({ roles }) => roles))],
    ...(granted.some(({ sites }) => sites === undefined) ? {} : { sites: [...new Set(granted.flatMap(({ sites }) => sites ?? []))] }),
    sessionMs: settings.sessionHours * 3_600_000,
  };
}
