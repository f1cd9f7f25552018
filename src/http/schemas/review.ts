/** A reading as JSON; the types are those of `src/review/types.ts`, held together by `test/http`. */
import { Type } from '@sinclair/typebox';
import { rejectReasons, editableFields } from '../../review/types.ts';
import { bilingualSchema, uidSchema } from './common.ts';
import { studyStateSchema } from './study.ts';

const literals = <const T extends string>(values: readonly T[]) => Type.Union(values.map((value) => Type.Literal(value)));

const benignPatterns = ['complete-calcification', 'central-calcification', 'popcorn-calcification', 'concentric-calcification', 'fat'] as const;
const worldPoint = Type.Array(Type.Number(), { minItems: 3, maxItems: 3, description: 'LPS mm' });
const axis = Type.Array(worldPoint, { minItems: 2, maxItems: 2 });

export const readerSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u001f\\\\]+$', description: 'A DICOM PN, e.g. Trần^Bình' }),
});

const findingSchema = Type.Object({
  trackingUID: uidSchema,
  trackingIdentifier: Type.String({ maxLength: 200 }),
  probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  worldPoint,
  diameterMm: Type.Number(),
  longAxisMm: Type.Number(),
  shortAxisMm: Type.Number(),
  volumeMm3: Type.Number(),
  meanHU: Type.Number(),
  type: literals(['solid', 'part-solid', 'ground-glass', 'calcified']),
  solidDiameterMm: Type.Optional(Type.Number()),
  laterality: literals(['left', 'right', 'unknown']),
  lobe: Type.Optional(literals(['right-upper', 'right-middle', 'right-lower', 'left-upper', 'left-lower'])),
  sliceInstanceUID: Type.String({ maxLength: 64 }),
  longAxisWorld: axis,
  shortAxisWorld: axis,
  outlines: Type.Array(Type.Object({ sopInstanceUID: Type.String(), polygons: Type.Array(Type.Array(Type.Number())) }, { additionalProperties: true })),
  notes: Type.Optional(Type.Array(Type.String())),
}, { additionalProperties: true });

export const reviewedFindingSchema = Type.Object({
  trackingUID: uidSchema,
  origin: literals(['ai', 'reader']),
  verdict: literals(['undecided', 'accepted', 'rejected']),
  rejectReason: Type.Optional(literals(rejectReasons)),
  comment: Type.Optional(Type.String({ maxLength: 2000 })),
  features: Type.Optional(Type.Object({
    isSpiculated: Type.Optional(Type.Boolean()),
    isPerifissural: Type.Optional(Type.Boolean()),
    benignPattern: Type.Optional(literals(benignPatterns)),
  }, { additionalProperties: true })),
  finding: findingSchema,
  edited: Type.Array(literals(editableFields), { maxItems: 20 }),
}, { additionalProperties: true });

const patientSchema = Type.Object({
  ageYears: Type.Optional(Type.Number({ minimum: 0, maximum: 130 })),
  sex: Type.Optional(literals(['female', 'male'])),
  isScreening: Type.Optional(Type.Boolean()),
  fleischnerRisk: Type.Optional(literals(['low', 'high'])),
  hasKnownCancer: Type.Optional(Type.Boolean()),
  isImmunosuppressed: Type.Optional(Type.Boolean()),
  hasFamilyHistoryOfLungCancer: Type.Optional(Type.Boolean()),
  hasEmphysema: Type.Optional(Type.Boolean()),
  packYears: Type.Optional(Type.Number({ minimum: 0, maximum: 300 })),
  lungsFullyEvaluated: Type.Optional(Type.Boolean()),
  hasOtherSignificantFinding: Type.Optional(Type.Boolean()),
  prior: Type.Optional(literals(['none', 'unavailable', 'available'])),
}, { additionalProperties: true });

export const reviewDraftSchema = Type.Object({
  findings: Type.Array(reviewedFindingSchema, { maxItems: 500 }),
  patient: patientSchema,
  impression: Type.String({ maxLength: 20_000 }),
  language: literals(['en', 'vi']),
  aiSecond: Type.Optional(Type.Object({
    startedAt: Type.String({ maxLength: 40 }),
    revealedAt: Type.Optional(Type.String({ maxLength: 40 })),
  }, { additionalProperties: true })),
}, { additionalProperties: true });

const lockSchema = Type.Object({ reader: readerSchema, since: Type.String(), expiresAt: Type.String({ description: 'Free for anybody from then on, unless renewed.' }) });
const conclusionsSchema = Type.Object({}, { additionalProperties: true, description: 'src/conclusions/types.ts' });
const comparisonSchema = Type.Object({ trackingUID: Type.String(), change: Type.String() }, { additionalProperties: true });

export const reviewSchema = Type.Object({
  studyInstanceUID: Type.String(),
  revision: Type.Integer({ description: 'Name it in the next write.' }),
  state: literals(['unread', 'draft', 'signed', 'addendum']),
  draft: reviewDraftSchema,
  conclusions: conclusionsSchema,
  comparisons: Type.Array(comparisonSchema),
  compareWith: Type.Optional(Type.String({ description: 'Study Instance UID of the earlier CT that `comparisons` is against.' })),
  analysisVersion: Type.Optional(Type.Integer()),
  newerAnalysis: Type.Optional(Type.Boolean()),
  lock: Type.Optional(lockSchema),
  updatedAt: Type.String(),
  signed: Type.Array(Type.Object({
    version: Type.Integer(), kind: literals(['report', 'addendum']), reader: readerSchema, signedAt: Type.String(),
    draft: reviewDraftSchema, conclusions: conclusionsSchema, comparisons: Type.Array(comparisonSchema),
    objects: Type.Array(Type.Object({ role: Type.String(), sopInstanceUID: Type.String(), sopClassUID: Type.String() })),
  }, { additionalProperties: true })),
}, { additionalProperties: true });

export const saveReviewSchema = Type.Object({ reader: readerSchema, revision: Type.Integer({ minimum: 0 }), draft: reviewDraftSchema, compareWith: Type.Optional(uidSchema) });
export const takeLockSchema = Type.Object({ reader: readerSchema, takeOver: Type.Optional(Type.Boolean()) });
export const byReaderSchema = Type.Object({ reader: readerSchema });
export const signReviewSchema = Type.Object({ reader: readerSchema, revision: Type.Integer({ minimum: 0 }) });
export const previewRequestSchema = Type.Object({ draft: reviewDraftSchema, reader: Type.Optional(readerSchema) });
export const previewSchema = Type.Object({
  conclusions: conclusionsSchema, comparisons: Type.Array(comparisonSchema), text: bilingualSchema,
  report: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'The content tree, as of `/reports`' })),
});
export const reviewLockSchema = lockSchema;
export const priorsQuerySchema = Type.Object({ compareWith: Type.Optional(uidSchema) });
export const priorsSchema = Type.Object({
  items: Type.Array(Type.Object({
    studyInstanceUID: Type.String(), studyDate: Type.String(), studyTime: Type.String(), studyDescription: Type.String(), accessionNumber: Type.String(),
    state: studyStateSchema, review: Type.Object({ state: Type.String() }, { additionalProperties: true }), findingCount: Type.Optional(Type.Integer()),
    isComparable: Type.Boolean({ description: 'It was analysed or signed.' }),
  })),
  chosen: Type.Optional(Type.String({ description: 'The one that is compared with.' })),
  comparisons: Type.Array(comparisonSchema),
});

/** One of: a point; a pixel of an image; axes drawn by hand. */
export const measureSchema = Type.Object({
  worldPoint: Type.Optional(worldPoint),
  seriesInstanceUID: Type.Optional(uidSchema),
  sopInstanceUID: Type.Optional(uidSchema),
  frameNumber: Type.Optional(Type.Integer({ minimum: 1 })),
  column: Type.Optional(Type.Number({ description: '0 is the centre of the first pixel' })),
  row: Type.Optional(Type.Number()),
  longAxisWorld: Type.Optional(axis),
  shortAxisWorld: Type.Optional(axis),
});
