/** `model.json`: everything the runtime must know about one model, so that a model is added without code. */
import { Type, type Static } from '@sinclair/typebox';
import { Accepts, Calibration, LungMask, Name, OperatingPoint, Positive, Size, TestVector, descriptionFields, modelFields, modelId, modelVersion, sha256, strict } from './common.ts';
import { PatchInput, SliceInput, WindowInput } from './input.ts';
import { ClassifierOutput, DetectorOutput } from './output.ts';

export const Postprocess = Type.Object(
  {
    threshold: Type.Number({ minimum: 0, maximum: 1, description: 'what scores below is no candidate' }),
    nms: Type.Array(Type.Union([
      Type.Object({ kind: Type.Literal('distance'), radiusMm: Positive }, { ...strict, description: 'of candidates closer than this the best stays' }),
      Type.Object({ kind: Type.Literal('iou'), above: Type.Number({ minimum: 0, maximum: 1 }) }, { ...strict, description: 'of boxes whose intersection over union is larger than this the best stays' }),
    ], { description: "a kind of 'distance' or 'iou'" }), { minItems: 1, maxItems: 2, description: 'in this order' }),
    maxCandidates: Size,
    lungMask: LungMask,
  },
  strict,
);
export type Postprocess = Static<typeof Postprocess>;

/** Another model of the registry. */
const Reference = Type.Object(
  {
    model: Type.String({ pattern: modelId }),
    version: Type.Optional(Type.String({ pattern: modelVersion, description: 'without it: the one that is installed, if it is only one' })),
    weight: Type.Optional(Positive),
  },
  strict,
);
export type Reference = Static<typeof Reference>;

const Combine = Type.Union([Type.Literal('mean'), Type.Literal('max')], { description: "'mean': weighted where the parts have weights" });

/** Classifiers that look at every candidate again, one stage after the other. */
export const Chain = Type.Array(
  Type.Object(
    {
      classifiers: Type.Array(Reference, { minItems: 1, maxItems: 16 }),
      among: Type.Optional(Combine),
      combine: Type.Union([Type.Literal('replace'), Type.Literal('product'), Type.Literal('mean')], {
        description: "the new score: the classifiers' calibrated probability, that times the score so far, or the mean of both",
      }),
    },
    strict,
  ),
  { maxItems: 8 },
);

const decisionFields = {
  accepts: Accepts,
  chain: Type.Optional(Chain),
  operatingPoints: Type.Array(OperatingPoint, { minItems: 1, description: 'thresholds on the final score, after calibration' }),
  defaultOperatingPoint: Name,
  calibration: Calibration,
};

const graphFields = {
  manifestVersion: Type.Literal('2'),
  ...modelFields,
  externalData: Type.Optional(Type.Array(Type.Object({
    file: Type.String({ pattern: '^[A-Za-z0-9._-]+$', description: 'beside the manifest' }),
    sha256: Type.String({ pattern: sha256 }),
  }, strict), { maxItems: 64, description: 'files that hold weights of the graph (ONNX external data)' })),
  testVector: TestVector,
};

/** A model that reads the whole lung and says where nodules may be. */
export const DetectorManifest = Type.Object(
  {
    ...graphFields,
    task: Type.Literal('detector'),
    input: Type.Union([WindowInput, SliceInput], { description: "a kind of 'windows' or 'slices'" }),
    output: DetectorOutput,
    postprocess: Postprocess,
    ...decisionFields,
  },
  { ...strict, title: 'detector' },
);
export type DetectorManifest = Static<typeof DetectorManifest>;

/** A model that looks at one patch around a candidate. */
export const ClassifierManifest = Type.Object(
  { ...graphFields, task: Type.Literal('candidate-classifier'), calibration: Calibration, input: PatchInput, output: ClassifierOutput },
  { ...strict, title: 'candidate-classifier' },
);
export type ClassifierManifest = Static<typeof ClassifierManifest>;

/** Several detectors, each with its chain and calibration, whose candidates are put together. */
export const EnsembleManifest = Type.Object(
  {
    manifestVersion: Type.Literal('2'),
    ...descriptionFields,
    task: Type.Literal('ensemble'),
    members: Type.Array(Reference, { minItems: 1, maxItems: 16 }),
    combine: Combine,
    absent: Type.Optional(Type.Union([Type.Literal('zero'), Type.Literal('skip')], {
      description: "a member that did not mark the candidate counts as 0 in the mean (the default), or not at all",
    })),
    clusterRadiusMm: Type.Number({ exclusiveMinimum: 0, description: 'candidates of different members closer than this are one' }),
    maxCandidates: Size,
    ...decisionFields,
  },
  { ...strict, title: 'ensemble' },
);
export type EnsembleManifest = Static<typeof EnsembleManifest>;

/** A manifest with a graph. */
export type GraphManifest = DetectorManifest | ClassifierManifest;
/** What can be the model of a study. */
export type FinderManifest = DetectorManifest | EnsembleManifest;

/** Every manifest, told apart by `task`. */
export const ModelManifest = Type.Union([DetectorManifest, ClassifierManifest, EnsembleManifest], {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Phoi model manifest, version 2',
});
export type ModelManifest = Static<typeof ModelManifest>;

export const manifestSchemas = { detector: DetectorManifest, 'candidate-classifier': ClassifierManifest, ensemble: EnsembleManifest } as const;
