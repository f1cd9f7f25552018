/** Schemas that several routes share. */
import { Type } from '@sinclair/typebox';

/** PS3.5 9.1. Anything else never reaches a handler. */
export const uidSchema = Type.String({ pattern: '^(?:0|[1-9][0-9]*)(?:\\.(?:0|[1-9][0-9]*))+$', maxLength: 64 });

export const studyParams = Type.Object({ studyInstanceUID: uidSchema });

export const reportParams = Type.Object({ studyInstanceUID: uidSchema, sopInstanceUID: uidSchema });

/** Job and delivery identifiers are made by the service: letters, digits and some marks. */
export const idParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9._:-]+$', maxLength: 200 }) });

export const problemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: 'Stable; match on this.' }),
  detail: Type.Optional(Type.String()),
  requestId: Type.String(),
}, { additionalProperties: true });

const bilingual = Type.Object({ en: Type.String(), vi: Type.String() });

export const reasonSchema = Type.Object({
  code: Type.String(),
  text: bilingual,
  details: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
});

export const bilingualSchema = bilingual;

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  offset: Type.Integer({ minimum: 0, maximum: 100_000_000, default: 0 }),
};
