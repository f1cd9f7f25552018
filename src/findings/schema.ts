/** The schema of `findings.json`; `findings.schema.json` beside this file is written from it. */
import { Type, type Static } from '@sinclair/typebox';
import { findingsSchemaVersion, type FindingsDocument } from './types.ts';

const strict = { additionalProperties: false } as const;
const Point = Type.Tuple([Type.Number(), Type.Number(), Type.Number()], { description: 'LPS mm: x to the left, y to the back, z to the head' });
const Segment = Type.Tuple([Point, Point]);
const Millimetres = Type.Number({ minimum: 0 });
const UID = Type.String({ pattern: '^[0-9.]{1,64}$' });

const Reason = Type.Object(
  {
    code: Type.String({ description: 'stable; match on this, not on the text' }),
    text: Type.Object({ en: Type.String(), vi: Type.String() }, strict),
    details: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
  },
  strict,
);

const SeriesAssessment = Type.Object(
  { seriesInstanceUID: Type.String(), seriesNumber: Type.Optional(Type.Number()), eligible: Type.Boolean(), score: Type.Number(), reasons: Type.Array(Reason) },
  strict,
);

const Outline = Type.Object(
  {
    sopInstanceUID: UID,
    frameNumber: Type.Optional(Type.Integer({ minimum: 1 })),
    polygons: Type.Array(Type.Array(Type.Number()), { description: 'column, row, column, row …; (0, 0) is the centre of the top left pixel; closed implicitly' }),
  },
  strict,
);

const Finding = Type.Object(
  {
    trackingUID: UID,
    trackingIdentifier: Type.String(),
    probability: Type.Number({ minimum: 0, maximum: 1 }),
    worldPoint: Point,
    diameterMm: Millimetres,
    longAxisMm: Millimetres,
    shortAxisMm: Millimetres,
    volumeMm3: Millimetres,
    meanHU: Type.Number(),
    type: Type.Union([Type.Literal('solid'), Type.Literal('part-solid'), Type.Literal('ground-glass'), Type.Literal('calcified')]),
    solidDiameterMm: Type.Optional(Millimetres),
    laterality: Type.Union([Type.Literal('left'), Type.Literal('right'), Type.Literal('unknown')]),
    lobe: Type.Optional(Type.Union([Type.Literal('right-upper'), Type.Literal('right-middle'), Type.Literal('right-lower'), Type.Literal('left-upper'), Type.Literal('left-lower')])),
    distanceToPleuraMm: Type.Optional(Millimetres),
    sliceInstanceUID: UID,
    sliceFrameNumber: Type.Optional(Type.Integer({ minimum: 1 })),
    longAxisWorld: Segment,
    shortAxisWorld: Segment,
    outlines: Type.Array(Outline),
    notes: Type.Optional(Type.Array(Type.String(), { description: "why a measurement is weak: 'gap-nearby', 'at-scan-edge', 'leaked', 'not-segmented'" })),
    modelScores: Type.Optional(Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1 }), { description: 'what the model states beside the probability, by name; no decision rests on it' })),
  },
  strict,
);

const Candidate = Type.Object(
  { worldPoint: Point, probability: Type.Number({ minimum: 0, maximum: 1 }), diameterMm: Millimetres },
  strict,
);

/** A whole document. 'not-analysed' comes with a reason and without findings; it never means that there are none. */
export const FindingsSchema = Type.Object(
  {
    schemaVersion: Type.Union([Type.Literal('1.0'), Type.Literal(findingsSchemaVersion)]),
    studyInstanceUID: Type.String(),
    seriesInstanceUID: Type.Optional(UID),
    frameOfReferenceUID: Type.Optional(Type.String()),
    status: Type.Union([Type.Literal('analysed'), Type.Literal('not-analysed')]),
    reason: Type.Optional(Reason),
    warnings: Type.Array(Reason),
    seriesAssessments: Type.Array(SeriesAssessment),
    model: Type.Object({ id: Type.String(), version: Type.String(), sha256: Type.String(), name: Type.String() }, strict),
    operatingPoint: Type.Number({ minimum: 0, maximum: 1 }),
    findings: Type.Array(Finding),
    candidates: Type.Optional(Type.Array(Candidate, { maxItems: 50, description: 'marks below the operating point, most probable first; not measured and no findings' })),
    quality: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
    timingsMs: Type.Record(Type.String(), Type.Number()),
    inputHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { ...strict, $schema: 'http://json-schema.org/draft-07/schema#', title: 'Phoi findings' },
);

/** The type and the schema say the same: one of these fails to compile when they part. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
type Fits<Narrow extends Wide, Wide> = Narrow;
export type SchemaAgreement = [Fits<Static<typeof FindingsSchema>, FindingsDocument>, Fits<Mutable<FindingsDocument>, Static<typeof FindingsSchema>>];
