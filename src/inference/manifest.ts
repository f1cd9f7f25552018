/**
 * `model.json`: everything the runtime must know about one model, so that a model is added without code.
 * Every tensor is NCZYX: batch, channel, z towards the head, y towards the back, x towards the patient's left,
 * i.e. the axes of LPS patient coordinates (PS3.3 C.7.6.2.1.1). Triples are always in the order z, y, x.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;

const Triple = <T extends TSchema>(item: T, description: string) =>
  Type.Tuple([item, item, item], { description: `${description}; order z, y, x` });
const Positive = Type.Number({ exclusiveMinimum: 0 });
const Size = Type.Integer({ minimum: 1 });
const Name = Type.String({ minLength: 1 });
const Activation = Type.Union([Type.Literal('none'), Type.Literal('sigmoid')], {
  description: "what the runtime still has to apply: 'sigmoid' for logits, 'none' for values that are probabilities already",
});

/** How Hounsfield units become the tensor: resample, clip to `clipHU`, map `clipHU` linearly to `scaleTo`. */
const intensityFields = {
  name: Name,
  spacingMm: Triple(Positive, 'distance between voxel centres of the resampled grid'),
  clipHU: Type.Tuple([Type.Number(), Type.Number()]),
  scaleTo: Type.Tuple([Type.Number(), Type.Number()]),
  padHU: Type.Number({ description: 'value outside the scan, before clipping' }),
  batch: Type.Integer({ minimum: 1, maximum: 1024, description: 'windows or patches a run, at most' }),
};

const DetectorInput = Type.Object(
  {
    ...intensityFields,
    window: Triple(Size, 'fixed shape of the input'),
    overlap: Triple(Type.Integer({ minimum: 0 }), 'voxels that neighbouring windows share; half of it is context that gives no detections'),
  },
  strict,
);

const PatchInput = Type.Object(
  { ...intensityFields, patch: Triple(Size, 'shape of the patch; its middle is the candidate, input index (patch - 1) / 2') },
  strict,
);

const DiameterOutput = Type.Object(
  {
    name: Name,
    transform: Type.Union([Type.Literal('mm'), Type.Literal('log-mm')], { description: "'log-mm': the natural logarithm of millimetres" }),
  },
  strict,
);

/**
 * Cell c along an axis covers input voxels c*stride .. c*stride+stride-1; its centre is input index (c + 0.5) * stride - 0.5.
 * `offset` (3 channels z, y, x in mm) leads from the cell's centre to the nodule's.
 */
const HeatmapOutput = Type.Object(
  {
    kind: Type.Literal('heatmap'),
    name: Name,
    stride: Triple(Size, 'input voxels a cell'),
    activation: Activation,
    offset: Type.Optional(Type.Object({ name: Name }, strict)),
    diameter: Type.Optional(DiameterOutput),
  },
  strict,
);

const ClassifierOutput = Type.Object(
  {
    kind: Type.Literal('candidate'),
    probability: Type.Object({ name: Name, activation: Activation }, strict),
    diameter: Type.Optional(DiameterOutput),
    type: Type.Optional(
      Type.Object(
        {
          name: Name,
          classes: Type.Array(
            Type.Union([Type.Literal('solid'), Type.Literal('part-solid'), Type.Literal('ground-glass'), Type.Literal('calcified')]),
            { minItems: 2, description: "order of the logits" },
          ),
        },
        strict,
      ),
    ),
    segmentation: Type.Optional(Type.Object({ name: Name, activation: Activation }, { ...strict, description: 'one channel over the whole patch' })),
  },
  strict,
);

const Postprocess = Type.Object(
  {
    threshold: Type.Number({ minimum: 0, maximum: 1, description: 'cells below are no candidates' }),
    nmsRadiusMm: Positive,
    maxCandidates: Size,
    lungMask: Type.Object(
      {
        use: Type.Union([Type.Literal('crop'), Type.Literal('mask'), Type.Literal('none')], {
          description: "'crop': only the lungs' box is read; 'mask': also candidates outside the grown mask are dropped; 'none': the whole volume",
        }),
        marginMm: Type.Number({ minimum: 0 }),
      },
      strict,
    ),
  },
  strict,
);

const Calibration = Type.Union(
  [
    Type.Object({ kind: Type.Literal('none') }, strict),
    Type.Object({ kind: Type.Literal('platt'), a: Type.Number(), b: Type.Number() }, {
      ...strict,
      description: 'probability = 1 / (1 + exp(-(a * logit(score) + b)))',
    }),
  ],
  { description: "a kind of 'none' or 'platt'" },
);

/** The series a model may read. A `warn…` limit lets the analysis run and says so in its result. */
const Accepts = Type.Object(
  {
    modality: Type.Literal('CT'),
    minSlices: Size,
    minCoverageMm: Type.Number({ minimum: 0 }),
    maxSliceThicknessMm: Positive,
    warnSliceThicknessMm: Type.Optional(Positive),
    maxPixelSpacingMm: Type.Optional(Positive),
    warnPixelSpacingMm: Type.Optional(Positive),
    minFieldOfViewMm: Type.Optional(Positive),
    minLungVolumeMl: Type.Optional(Type.Number({ minimum: 0 })),
    incompleteLung: Type.Optional(Type.Union([Type.Literal('warn'), Type.Literal('refuse')])),
    contrast: Type.Optional(Type.Union([Type.Literal('allow'), Type.Literal('warn'), Type.Literal('refuse')])),
    lossy: Type.Optional(Type.Union([Type.Literal('warn'), Type.Literal('refuse')])),
    minAgeYears: Type.Optional(Type.Number({ minimum: 0 })),
    preferredKernel: Type.Optional(Type.Union([Type.Literal('soft'), Type.Literal('sharp'), Type.Literal('any')])),
  },
  strict,
);

const OperatingPoint = Type.Object(
  {
    name: Name,
    threshold: Type.Number({ minimum: 0, maximum: 1 }),
    falsePositivesPerScan: Type.Number({ minimum: 0 }),
    sensitivity: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    dataset: Name,
  },
  strict,
);

/**
 * A known input and values of the output for it, checked when the model is loaded or added.
 * `gaussian-blob`: tensor value = background + amplitude * exp(-r² / (2 sigma²)), r in voxels from `centre` (input index z, y, x).
 * `file`: float32 little endian, the shape of one window or patch, beside the manifest.
 */
const TestVector = Type.Object(
  {
    input: Type.Union([
      Type.Object(
        {
          kind: Type.Literal('gaussian-blob'),
          background: Type.Number(),
          amplitude: Type.Number(),
          sigmaVoxels: Positive,
          centre: Triple(Type.Number(), 'input index'),
        },
        strict,
      ),
      Type.Object({ kind: Type.Literal('file'), file: Name }, strict),
    ]),
    expected: Type.Array(
      Type.Object({ output: Name, index: Type.Array(Type.Integer({ minimum: 0 })), value: Type.Number() }, strict),
      { minItems: 1, description: 'raw output values, before any activation' },
    ),
    tolerance: Positive,
  },
  strict,
);

const commonFields = {
  manifestVersion: Type.Literal('1'),
  id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'the name of the folder' }),
  version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$' }),
  name: Type.String({ minLength: 1, maxLength: 64 }),
  licence: Name,
  intendedUse: Name,
  trainingData: Type.Array(Name, { minItems: 1 }),
  file: Type.String({ pattern: '^[A-Za-z0-9._-]+\\.onnx$', description: 'beside the manifest' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of the file' }),
  calibration: Calibration,
  testVector: TestVector,
};

/** A model that reads the whole lung and says where nodules may be. */
export const DetectorManifest = Type.Object(
  {
    ...commonFields,
    task: Type.Literal('detector'),
    accepts: Accepts,
    input: DetectorInput,
    output: HeatmapOutput,
    postprocess: Postprocess,
    chain: Type.Optional(
      Type.Object(
        {
          candidateClassifier: Type.String({ minLength: 1, description: 'id of the model that looks at each candidate again' }),
          combine: Type.Union([Type.Literal('classifier'), Type.Literal('product')], {
            description: "the score: the classifier's calibrated probability, or that times the detector's",
          }),
        },
        strict,
      ),
    ),
    operatingPoints: Type.Array(OperatingPoint, { minItems: 1, description: 'thresholds on the final score, after calibration' }),
    defaultOperatingPoint: Name,
  },
  { ...strict, title: 'detector' },
);
export type DetectorManifest = Static<typeof DetectorManifest>;

/** A model that looks at one patch around a candidate. */
export const ClassifierManifest = Type.Object(
  { ...commonFields, task: Type.Literal('candidate-classifier'), input: PatchInput, output: ClassifierOutput },
  { ...strict, title: 'candidate-classifier' },
);
export type ClassifierManifest = Static<typeof ClassifierManifest>;

/** Every manifest, told apart by `task`. */
export const ModelManifest = Type.Union([DetectorManifest, ClassifierManifest], {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Phoi model manifest',
});
export type ModelManifest = Static<typeof ModelManifest>;

export const manifestSchemas = { detector: DetectorManifest, 'candidate-classifier': ClassifierManifest } as const;
export type Calibration = Static<typeof Calibration>;
export type AcceptedSeries = Static<typeof Accepts>;
export type Postprocess = Static<typeof Postprocess>;
export type TestVector = Static<typeof TestVector>;
