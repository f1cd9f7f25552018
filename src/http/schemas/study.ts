/** The worklist and a study as JSON; the types are those of `src/study/types.ts`, held together by `test/http`. */
import { Type } from '@sinclair/typebox';
import { bilingualSchema, reasonSchema } from './common.ts';
import { deliverySchema } from './delivery.ts';

export const studyStates = ['receiving', 'incomplete', 'waiting', 'analysing', 'analysed', 'not-analysed', 'failed'] as const;
export const studyStateSchema = Type.Union(studyStates.map((state) => Type.Literal(state)));
export const prioritySchema = Type.Union([Type.Literal('stat'), Type.Literal('routine')]);
export const progressSchema = Type.Object({ stage: Type.String(), fraction: Type.Number({ minimum: 0, maximum: 1 }) });

const worklistFields = {
  studyInstanceUID: Type.String(),
  site: Type.Optional(Type.String({ description: 'Name of its site in the settings; absent when it belongs to none' })),
  state: studyStateSchema,
  progress: Type.Optional(progressSchema),
  patientName: Type.String({ description: 'As in DICOM, components separated by ^. Plain text: escape it before it meets HTML.' }),
  patientID: Type.String(),
  patientBirthDate: Type.String(),
  patientSex: Type.String(),
  accessionNumber: Type.String(),
  studyDate: Type.String({ description: 'YYYYMMDD or empty' }),
  studyTime: Type.String(),
  studyDescription: Type.String(),
  modalities: Type.Array(Type.String()),
  seriesCount: Type.Integer(),
  instanceCount: Type.Integer(),
  receivedAt: Type.String(),
  updatedAt: Type.String(),
  priority: prioritySchema,
  findingCount: Type.Optional(Type.Integer({ description: 'Absent unless the study was analysed.' })),
  largestDiameterMm: Type.Optional(Type.Number()),
  topProbability: Type.Optional(Type.Number()),
  baselineCategory: Type.Optional(Type.String({ description: 'Lung-RADS v2022 of the AI\'s findings, if this is a first screening CT. A radiologist decides.' })),
  reasons: Type.Array(reasonSchema),
  conflictCount: Type.Integer(),
  review: Type.Object({
    state: Type.Union((['unread', 'draft', 'signed', 'addendum'] as const).map((state) => Type.Literal(state))),
    reading: Type.Optional(Type.Object({ name: Type.String(), since: Type.String() }, { description: 'Who holds the lock now.' })),
    signedBy: Type.Optional(Type.String()),
    signedAt: Type.Optional(Type.String()),
    lungRads: Type.Optional(Type.String()),
    newerAnalysis: Type.Optional(Type.Boolean({ description: 'An analysis came after the signature.' })),
  }),
};

export const worklistItemSchema = Type.Object(worklistFields, { additionalProperties: true });

export const worklistSchema = Type.Object({ total: Type.Integer(), items: Type.Array(worklistItemSchema) });

/** The document has a published schema of its own; here only what every client must look at first. */
export const findingsSchema = Type.Object({
  schemaVersion: Type.String(),
  studyInstanceUID: Type.String(),
  status: Type.Union([Type.Literal('analysed'), Type.Literal('not-analysed')]),
  reason: Type.Optional(reasonSchema),
  findings: Type.Array(Type.Object({ trackingUID: Type.String(), probability: Type.Number() }, { additionalProperties: true })),
}, { additionalProperties: true });

const analysisSchema = Type.Object({
  jobId: Type.String(),
  version: Type.Integer(),
  findings: findingsSchema,
  createdAt: Type.String(),
  objects: Type.Array(Type.Object({ role: Type.String(), sopInstanceUID: Type.String(), sopClassUID: Type.String() })),
}, { additionalProperties: true });

export const studyDetailSchema = Type.Object({
  ...worklistFields,
  series: Type.Array(Type.Object({
    seriesInstanceUID: Type.String(),
    modality: Type.String(),
    seriesNumber: Type.Optional(Type.Number()),
    seriesDescription: Type.String(),
    instanceCount: Type.Integer(),
    own: Type.Boolean({ description: 'Written by this service.' }),
  }, { additionalProperties: true })),
  analysis: Type.Optional(analysisSchema),
  earlierAnalyses: Type.Array(analysisSchema),
  deliveries: Type.Array(deliverySchema),
}, { additionalProperties: true });

export const modelSchema = Type.Object({
  id: Type.String(), version: Type.String(), name: Type.String(), task: Type.String(), sha256: Type.String(), inUse: Type.Boolean(),
  role: Type.Optional(Type.Union((['champion', 'shadow', 'part', 'none'] as const).map((role) => Type.Literal(role)))),
});

export const systemSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  aeTitle: Type.String(),
  dicomPort: Type.Integer(),
  quietSeconds: Type.Number(),
  publicUrl: Type.Optional(Type.String()),
  authentication: Type.Boolean(),
  model: Type.Optional(modelSchema),
  destinations: Type.Array(Type.String()),
  disclaimer: bilingualSchema,
});
