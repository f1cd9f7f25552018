/** Shadow models as JSON. */
import { Type } from '@sinclair/typebox';

export const shadowModelSchema = Type.Object({ id: Type.String(), version: Type.String(), sha256: Type.String() });

/** `trackingUID` is the champion's finding, `otherTrackingUID` the shadow's; `onlyFirst` holds the champion's alone. */
export const agreementSchema = Type.Union([
  Type.Object({
    kind: Type.Literal('compared'),
    both: Type.Array(Type.Object({ trackingUID: Type.String(), otherTrackingUID: Type.String(), awayMm: Type.Number() })),
    onlyFirst: Type.Array(Type.String()),
    onlySecond: Type.Array(Type.String()),
  }),
  Type.Object({
    kind: Type.Literal('not-comparable'),
    why: Type.Union((['first-not-analysed', 'second-not-analysed', 'other-input', 'other-series'] as const).map((why) => Type.Literal(why))),
  }),
]);

export const shadowTotalsSchema = Type.Object({
  champion: shadowModelSchema, shadow: shadowModelSchema,
  studies: Type.Integer({ description: 'compared' }),
  both: Type.Integer({ description: 'nodules that both found' }),
  onlyChampion: Type.Integer(), onlyShadow: Type.Integer(),
  notComparable: Type.Integer({ description: 'studies where the two results cannot be compared' }),
});

export const shadowFailureSchema = Type.Object({ shadow: shadowModelSchema, code: Type.String(), count: Type.Integer() });
