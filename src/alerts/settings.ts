/** Alerts as they are declared in the settings. */
import { Type, type Static } from '@sinclair/typebox';
import type { DeepReadonly } from '../deep-readonly.ts';

const strict = { additionalProperties: false };
const mailbox = Type.String({ pattern: '^[^\\s<>@,;:"]+@[^\\s<>@,;:"]+$', maxLength: 254 });

const webhookSchema = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  /** Called as it stands here: no redirect is followed, and no name or password is in it. */
  url: Type.String({ pattern: '^https?://[^@]*$' }),
  /** Key of the signature (HMAC-SHA-256). */
  secret: Type.String({ minLength: 16 }),
}, strict);

const emailSchema = Type.Object({
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65535, default: 25 }),
  /** `implicit`: TLS from the first byte. `starttls`: demanded. `none`: a relay on this machine or network that has none. */
  tls: Type.Union([Type.Literal('implicit'), Type.Literal('starttls'), Type.Literal('none')], { default: 'starttls' }),
  /** Authorities of the server's certificate, PEM; those of the system when left out. */
  caFile: Type.Optional(Type.String({ minLength: 1 })),
  user: Type.Optional(Type.String({ minLength: 1 })),
  password: Type.Optional(Type.String({ minLength: 1 })),
  from: mailbox,
  to: Type.Array(mailbox, { minItems: 1, maxItems: 50 }),
}, strict);

export const alertsSchema = Type.Object({
  checkSeconds: Type.Number({ minimum: 0.1, default: 60 }),
  /** Studies whose analysis was given up: so many and more; 0 never. */
  failedStudies: Type.Integer({ minimum: 0, default: 1 }),
  /** Objects that one destination did not get in the end: so many and more; 0 never. */
  deadLetters: Type.Integer({ minimum: 0, default: 1 }),
  /** A device that is silent for longer than it ever was, and for so long at least; 0 never. */
  silentHours: Type.Number({ minimum: 0, default: 4 }),
  /** Free bytes below which the disk is low; 0 never. */
  freeBytes: Type.Number({ minimum: 0, default: 10 * 1024 ** 3 }),
  /** Jobs wait, and none has ended for so long; 0 never. */
  stuckMinutes: Type.Number({ minimum: 0, default: 60 }),
  webhooks: Type.Array(webhookSchema, { default: [] }),
  email: Type.Optional(emailSchema),
}, { default: {}, ...strict });

export type WebhookSettings = DeepReadonly<Static<typeof webhookSchema>>;
export type EmailSettings = DeepReadonly<Static<typeof emailSchema>>;
export type AlertSettings = DeepReadonly<Static<typeof alertsSchema>>;
export type AlertThresholds = Omit<AlertSettings, 'webhooks' | 'email'>;
