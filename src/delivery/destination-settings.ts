/** Destinations as they are declared in the settings. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { conditionSchema } from './condition.ts';

const strict = { additionalProperties: false };
export const aeTitleSchema = Type.String({ minLength: 1, maxLength: 16, pattern: '^[^\\\\\\x00-\\x1f]+$' });
export const portSchema = Type.Integer({ minimum: 0, maximum: 65535 });

/** Files are PEM. */
export const clientTlsSchema = Type.Object({
  /** Authorities that may have issued the destination's certificate; those of the system when left out. */
  caFile: Type.Optional(Type.String({ minLength: 1 })),
  /** Our own certificate and key, where the destination asks for one. */
  certFile: Type.Optional(Type.String({ minLength: 1 })),
  keyFile: Type.Optional(Type.String({ minLength: 1 })),
  /** The name in the destination's certificate, where it is not the host that is called. */
  serverName: Type.Optional(Type.String({ minLength: 1 })),
}, strict);

const ruleSchema = Type.Object({
  /** Shown and logged: why an object went there. */
  name: Type.String({ minLength: 1, maxLength: 100 }),
  when: conditionSchema,
  /** Narrows the roles of the destination for this rule. */
  roles: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
}, strict);

const confirmSchema = Type.Object({
  /** `commitment`: storage commitment (DIMSE). `query`: QIDO-RS (STOW-RS). */
  by: Type.Union([Type.Literal('commitment'), Type.Literal('query')]),
  /** From the delivery to the first question. */
  afterSeconds: Type.Number({ minimum: 0, default: 5 }),
  /** A question that is not answered within this time is asked again. */
  timeoutSeconds: Type.Number({ minimum: 1, default: 900 }),
  /** Afterwards the delivery stays `sent`, unconfirmed, with the reason. */
  maxAttempts: Type.Integer({ minimum: 1, default: 100 }),
}, strict);

const retrySchema = Type.Object({
  firstSeconds: Type.Number({ minimum: 0.01, default: 10 }),
  maxSeconds: Type.Number({ minimum: 0.01, default: 3600 }),
  /** Of failures that may pass: unreachable, out of space, timed out. About three weeks with the default waits. */
  maxAttempts: Type.Integer({ minimum: 1, default: 500 }),
  /** Of considered refusals: SOP class not supported, cannot understand. */
  maxRefusals: Type.Integer({ minimum: 1, default: 5 }),
}, strict);

const common = {
  name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  /** False: what is due waits until it is true again. Nothing is lost. */
  enabled: Type.Boolean({ default: true }),
  /** Roles of the objects it gets (sr, seg, …), `*` for any run of characters; all when left out. */
  roles: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
  exceptRoles: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  /** Of objects that exist in several languages. */
  language: Type.Optional(Type.Union([Type.Literal('en'), Type.Literal('vi')])),
  /** It gets an object when one of the rules holds; always when left out. */
  rules: Type.Optional(Type.Array(ruleSchema, { minItems: 1 })),
  confirm: Type.Optional(confirmSchema),
  retry: Type.Optional(retrySchema),
  /** What it prefers; `as-stored` when left out. Objects are written in Explicit VR Little Endian. */
  transferSyntax: Type.Optional(Type.Union([Type.Literal('as-stored'), Type.Literal('explicit-little-endian'), Type.Literal('implicit-little-endian')])),
};

const dimseDestination = Type.Object({
  kind: Type.Literal('dimse'), ...common,
  host: Type.String({ minLength: 1 }),
  port: portSchema,
  aeTitle: aeTitleSchema,
  callingAETitle: Type.Optional(aeTitleSchema),
  tls: Type.Optional(clientTlsSchema),
}, strict);

const stowDestination = Type.Object({
  kind: Type.Literal('stow'), ...common,
  url: Type.String({ pattern: '^https?://' }),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  tls: Type.Optional(clientTlsSchema),
}, strict);

/** Back to whoever sent the images: the AE titles that did, at the address and port of `dicom.peers`. */
const senderDestination = Type.Object({
  kind: Type.Literal('sender'), ...common,
  callingAETitle: Type.Optional(aeTitleSchema),
}, strict);

/** By kind, so that a mistake can be named where it is. */
export const destinationSchemas: Readonly<Record<string, TSchema>> = { dimse: dimseDestination, stow: stowDestination, sender: senderDestination };
export const destinationSchema = Type.Union([dimseDestination, stowDestination, senderDestination]);

export type DestinationSettings = Static<typeof destinationSchema>;
export type RuleSettings = Static<typeof ruleSchema>;
