/**
 * The first version of `model.json`, still read: every tensor is NCZYX, i.e. batch, channel, z towards the head, y towards
 * the back, x towards the patient's left. `upgrade.ts` turns it into the present version.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Accepts, Calibration, LungMask, Name, OperatingPoint, Positive, Size, TestVector, modelFields, strict } from './common.ts';

const Triple = <T extends TSchema>(item: T, description: string) =>
  Type.Tuple([item, item, item], { description: `${description}; order z, y, x` });
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
    lungMask: LungMask,
  },
  strict,
);

const commonFields = { manifestVersion: Type.Literal('1'), ...modelFields, calibration: Calibration, testVector: TestVector };

/** A model that reads the whole lung and says where nodules may be. */
export const DetectorManifest1 = Type.Object(
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
export type DetectorManifest1 = Static<typeof DetectorManifest1>;

/** A model that looks at one patch around a candidate. */
export const ClassifierManifest1 = Type.Object(
  { ...commonFields, task: Type.Literal('candidate-classifier'), input: PatchInput, output: ClassifierOutput },
  { ...strict, title: 'candidate-classifier' },
);
export type ClassifierManifest1 = Static<typeof ClassifierManifest1>;

/** Every manifest of the first version, told apart by `task`. */
export const ModelManifest1 = Type.Union([DetectorManifest1, ClassifierManifest1], {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Phoi model manifest, version 1',
});
export type ModelManifest1 = Static<typeof ModelManifest1>;
