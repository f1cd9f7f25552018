/** An identity provider that logs people in (OpenID Connect), and what its claims mean here. */
import { Type, type Static } from '@sinclair/typebox';
import { roles } from '../accounts/permissions.ts';
import type { DeepReadonly } from '../deep-readonly.ts';
import { siteNameSchema } from '../sites/settings.ts';

const grantSchema = Type.Object({
  /** A value of the groups claim. */
  group: Type.String({ minLength: 1 }),
  roles: Type.Array(Type.Union(roles.map((role) => Type.Literal(role))), { minItems: 1 }),
  /** Sites whose studies the group sees; all when left out. */
  sites: Type.Optional(Type.Array(siteNameSchema, { minItems: 1 })),
}, { additionalProperties: false });

export const oidcSchema = Type.Object({
  /** As the button at the login names it. */
  name: Type.String({ minLength: 1, maxLength: 60 }),
  /** The issuer exactly as the provider writes it. */
  issuer: Type.String({ pattern: '^https?://' }),
  clientId: Type.String({ minLength: 1 }),
  /** PHOI_OIDC_CLIENT_SECRET, or the file; without either the client is a public one, and PKCE alone protects it. */
  clientSecret: Type.Optional(Type.String({ minLength: 1 })),
  clientSecretFile: Type.Optional(Type.String({ minLength: 1 })),
  clientAuthentication: Type.Union([Type.Literal('basic'), Type.Literal('post')], { default: 'basic' }),
  scopes: Type.Array(Type.String({ pattern: '^[^\\s"\\\\]+$' }), { default: ['openid', 'profile'] }),
  /** The claim that lists a person's groups; dots lead into objects: `realm_access.roles`. */
  groupsClaim: Type.String({ minLength: 1, default: 'groups' }),
  /** The claim with the name for reports. */
  nameClaim: Type.String({ minLength: 1, default: 'name' }),
  /** What members of groups may do. Who is in none of them gets no further than a page that says so. */
  grants: Type.Array(grantSchema, { default: [] }),
  sessionHours: Type.Number({ exclusiveMinimum: 0, maximum: 12, default: 12 }),
}, { additionalProperties: false });

export type OidcSettings = DeepReadonly<Static<typeof oidcSchema>>;
