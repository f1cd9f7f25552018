/** Parts of a manifest that every kind of model shares. */
import { Type, type Static } from '@sinclair/typebox';

export const strict = { additionalProperties: false } as const;
export const Positive = Type.Number({ exclusiveMinimum: 0 });
export const Size = Type.Integer({ minimum: 1 });
export const Name = Type.String({ minLength: 1, maxLength: 200 });

const platt = Type.Object({ kind: Type.Literal('platt'), a: Type.Number(), b: Type.Number() }, {
  ...strict,
  description: 'probability = 1 / (1 + exp(-(a * logit(score) + b))); a temperature T is a = 1 / T, b = 0',
});

export const Calibration = Type.Union(
  [
    Type.Object({ kind: Type.Literal('none') }, strict),
    platt,
    Type.Object({
      kind: Type.Literal('isotonic'),
      points: Type.Array(Type.Tuple([Type.Number({ minimum: 0, maximum: 1 }), Type.Number({ minimum: 0, maximum: 1 })]), { minItems: 2, description: 'score and probability, both rising; linear in between' }),
    }, strict),
  ],
  { description: "a kind of 'none', 'platt' or 'isotonic'" },
);
export type Calibration = Static<typeof Calibration>;

/** Where the lungs bound the search. */
export const LungMask = Type.Object(
  {
    use: Type.Union([Type.Literal('crop'), Type.Literal('mask'), Type.Literal('none')], {
      description: "'crop': only the lungs' box is read; 'mask': also candidates outside the grown mask are dropped; 'none': the whole volume",
    }),
    marginMm: Type.Number({ minimum: 0 }),
  },
  strict,
);

const policy = Type.Union([Type.Literal('allow'), Type.Literal('warn'), Type.Literal('refuse')]);

/** The series a model may read. A `warn…` limit lets the analysis run and says so in its result. */
export const Accepts = Type.Object(
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
    contrast: Type.Optional(policy),
    lossy: Type.Optional(Type.Union([Type.Literal('warn'), Type.Literal('refuse')])),
    minAgeYears: Type.Optional(Type.Number({ minimum: 0 })),
    kernels: Type.Optional(Type.Object({ soft: Type.Optional(policy), sharp: Type.Optional(policy), unknown: Type.Optional(policy) }, { ...strict, description: 'what is done with images of each kind of kernel; allowed when not named' })),
    preferredKernel: Type.Optional(Type.Union([Type.Literal('soft'), Type.Literal('sharp'), Type.Literal('any')])),
  },
  strict,
);
export type AcceptedSeries = Static<typeof Accepts>;

export const OperatingPoint = Type.Object(
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
 * `gaussian-blob`: tensor value = background + amplitude * exp(-r² / (2 sigma²)), r in voxels from `centre` (index along the
 * three axes of one window, patch or stack of slices), the same in every channel.
 * `file`: float32 little endian, the shape of one sample of the input, beside the manifest.
 */
export const TestVector = Type.Object(
  {
    input: Type.Union([
      Type.Object(
        {
          kind: Type.Literal('gaussian-blob'),
          background: Type.Number(),
          amplitude: Type.Number(),
          sigmaVoxels: Positive,
          centre: Type.Tuple([Type.Number(), Type.Number(), Type.Number()], { description: 'input index' }),
        },
        strict,
      ),
      Type.Object({ kind: Type.Literal('file'), file: Type.String({ pattern: '^[A-Za-z0-9._-]+$' }) }, strict),
    ]),
    expected: Type.Array(
      Type.Object({ output: Name, index: Type.Array(Type.Integer({ minimum: 0 })), value: Type.Number() }, strict),
      { minItems: 1, description: 'raw output values, before any activation' },
    ),
    tolerance: Positive,
  },
  strict,
);
export type TestVector = Static<typeof TestVector>;

export const modelId = '^[a-z0-9][a-z0-9-]{0,62}$';
export const modelVersion = '^(0|[1-9]\\d{0,5})\\.(0|[1-9]\\d{0,5})\\.(0|[1-9]\\d{0,5})$';
export const sha256 = '^[0-9a-f]{64}$';

/** What a model is, whatever it does. */
export const descriptionFields = {
  id: Type.String({ pattern: modelId, description: 'the name of the folder' }),
  version: Type.String({ pattern: modelVersion }),
  name: Type.String({ minLength: 1, maxLength: 64 }),
  licence: Name,
  intendedUse: Type.String({ minLength: 1, maxLength: 2000 }),
  trainingData: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
};

/** A model with a graph of its own. */
export const modelFields = {
  ...descriptionFields,
  file: Type.String({ pattern: '^[A-Za-z0-9._-]+\\.onnx$', description: 'beside the manifest' }),
  sha256: Type.String({ pattern: sha256, description: 'of the file' }),
};
