/** Sites: parts of the network that see their own studies only, as the settings describe them. */
import { Type, type Static } from '@sinclair/typebox';
import type { DeepReadonly } from '../deep-readonly.ts';
import { aeTitleSchema } from '../delivery/destination-settings.ts';

export const siteNameSchema = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' });

/** Who sends for the site. What is left out may be anything; something must be said. */
const senderSchema = Type.Object({
  aeTitle: Type.Optional(aeTitleSchema),
  /** IP address or network (`10.1.0.0/16`) it sends from. */
  address: Type.Optional(Type.String({ minLength: 1 })),
}, { additionalProperties: false, minProperties: 1 });

export const siteSchema = Type.Object({
  /** Stands in accounts and at studies; never to be changed. */
  name: siteNameSchema,
  /** What screens show instead of the name. */
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  senders: Type.Array(senderSchema, { default: [] }),
  /** Institution Names (0008,0080) of its images, where no sender tells. */
  institutionNames: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
}, { additionalProperties: false });

export type Site = DeepReadonly<Static<typeof siteSchema>>;
