/** Deliveries and destinations as JSON; the types are those of `src/study/types.ts` and `src/delivery`. */
import { Type } from '@sinclair/typebox';
import { deliveryStates } from '../../study/types.ts';

export const deliveryStateSchema = Type.Union(deliveryStates.map((state) => Type.Literal(state)));

export const deliverySchema = Type.Object({
  id: Type.String(),
  studyInstanceUID: Type.String(),
  sopInstanceUID: Type.String(),
  role: Type.Optional(Type.String()),
  destination: Type.String(),
  state: deliveryStateSchema,
  attempts: Type.Integer(),
  refusals: Type.Integer({ description: 'Attempts that the destination answered with a considered no.' }),
  lastErrorCode: Type.Optional(Type.String()),
  lastError: Type.Optional(Type.String()),
  nextAttemptAt: Type.Optional(Type.String()),
  startedAt: Type.Optional(Type.String()),
  sentAt: Type.Optional(Type.String()),
  confirmedAt: Type.Optional(Type.String()),
  confirmationDueAt: Type.Optional(Type.String({ description: 'Sent, and the destination is asked (again) at that time whether it keeps the object.' })),
  confirmationAttempts: Type.Integer(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
}, { additionalProperties: true });

export const destinationItemSchema = Type.Object({
  name: Type.String(),
  kind: Type.Optional(Type.Union([Type.Literal('dimse'), Type.Literal('stow'), Type.Literal('sender')])),
  state: Type.Union((['ok', 'failing', 'attention', 'idle', 'disabled', 'not-configured'] as const).map((state) => Type.Literal(state))),
  enabled: Type.Boolean(),
  address: Type.Optional(Type.String()),
  aeTitle: Type.Optional(Type.String()),
  tls: Type.Boolean(),
  roles: Type.Optional(Type.Array(Type.String())),
  exceptRoles: Type.Optional(Type.Array(Type.String())),
  language: Type.Optional(Type.String()),
  transferSyntax: Type.String(),
  confirm: Type.Optional(Type.String()),
  rules: Type.Array(Type.String()),
  counts: Type.Object({ waiting: Type.Integer(), sent: Type.Integer(), confirmed: Type.Integer(), failed: Type.Integer() }),
  unconfirmed: Type.Integer(),
  oldestWaitingAt: Type.Optional(Type.String()),
  lastSentAt: Type.Optional(Type.String()),
  lastErrorCode: Type.Optional(Type.String()),
  lastError: Type.Optional(Type.String()),
}, { additionalProperties: true });
