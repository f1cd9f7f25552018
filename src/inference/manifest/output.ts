/** What a graph answers, and how candidates are read from it. */
import { Type, type Static } from '@sinclair/typebox';
import { Name, Positive, Size, strict } from './common.ts';
import { Triple } from './input.ts';

/** One probability in an output of one or more channels or classes. */
export const Probability = Type.Object(
  {
    name: Name,
    activation: Type.Union([Type.Literal('none'), Type.Literal('sigmoid'), Type.Literal('softmax')], {
      description: "what the runtime still has to apply: 'sigmoid' or 'softmax' (over the channels) for logits, 'none' for values that are probabilities already",
    }),
    channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024, description: 'channels or classes of the output, default 1' })),
    channel: Type.Optional(Type.Integer({ minimum: 0, description: 'the one that means nodule, from 0; default 0' })),
  },
  strict,
);
export type Probability = Static<typeof Probability>;

export const DiameterOutput = Type.Object(
  {
    name: Name,
    transform: Type.Union([Type.Literal('mm'), Type.Literal('log-mm')], { description: "'log-mm': the natural logarithm of millimetres" }),
  },
  strict,
);
export type DiameterOutput = Static<typeof DiameterOutput>;

/**
 * Cell c along an axis covers input voxels c*stride .. c*stride+stride-1; its centre is input index (c + 0.5) * stride - 0.5.
 * `offset` (three channels, one an axis, in mm) leads from the cell's centre to the nodule's.
 */
export const HeatmapOutput = Type.Object(
  {
    kind: Type.Literal('heatmap'),
    probability: Probability,
    stride: Triple(Size, 'input voxels a cell'),
    offset: Type.Optional(Type.Object({ name: Name }, strict)),
    diameter: Type.Optional(DiameterOutput),
  },
  { ...strict, description: 'shape [N, channels, window / stride]' },
);
export type HeatmapOutput = Static<typeof HeatmapOutput>;

/** Voxels at and above `threshold` that touch each other, over windows and slices, are one candidate. */
export const SegmentationOutput = Type.Object(
  {
    kind: Type.Literal('segmentation'),
    probability: Probability,
    threshold: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    connectivity: Type.Optional(Type.Union([Type.Literal(6), Type.Literal(26)], { description: 'default 26' })),
    score: Type.Union([Type.Literal('max'), Type.Literal('mean')], { description: "the candidate's score: the highest or the mean probability of its voxels" }),
    minVolumeMm3: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { ...strict, description: 'shape [N, channels] and the input\'s spatial shape' },
);
export type SegmentationOutput = Static<typeof SegmentationOutput>;

/** RetinaNet: anchors on the cells of several feature levels, classified and regressed. */
export const BoxesOutput = Type.Object(
  {
    kind: Type.Literal('boxes'),
    levels: Type.Array(Type.Object({
      classification: Type.String({ minLength: 1, description: 'output [N, anchors * classes, cells]: of anchor a, class c the channel a * classes + c' }),
      regression: Type.String({ minLength: 1, description: 'output [N, anchors * 6, cells]: of anchor a three shifts and three log sizes' }),
      stride: Triple(Size, 'input voxels a cell'),
      anchors: Type.Array(Triple(Positive, 'size of an anchor in voxels'), { minItems: 1, maxItems: 64 }),
    }, strict), { minItems: 1, maxItems: 8 }),
    roundHalfSizes: Type.Optional(Type.Boolean({ description: "half sizes of anchors are rounded to whole voxels, half to even, as MONAI's anchor generator does" })),
    anchorCentre: Type.Optional(Triple(Type.Number(), 'input index of the anchors of cell 0; cell c adds c * stride; default 0')),
    activation: Type.Union([Type.Literal('none'), Type.Literal('sigmoid'), Type.Literal('softmax')]),
    classes: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    nodule: Type.Optional(Type.Integer({ minimum: 0, description: 'the class that means nodule, from 0' })),
    weights: Type.Optional(Type.Array(Positive, { minItems: 6, maxItems: 6, description: 'of the box coder: regressed values are divided by these; default 1' })),
    maxLogSize: Type.Optional(Type.Number({ description: 'regressed log sizes are cut here; default ln(1000 / 16)' })),
    topPerLevel: Size,
    diameter: Type.Union([Type.Literal('mean'), Type.Literal('max'), Type.Literal('geometric-mean')], { description: 'how the three sides of a box become a diameter' }),
  },
  strict,
);
export type BoxesOutput = Static<typeof BoxesOutput>;

/** Cubes on one grid of cells: per cell and anchor a score, three shifts and a log size, as in grt123. */
export const GridOutput = Type.Object(
  {
    kind: Type.Literal('grid'),
    name: Name,
    layout: Type.Union([Type.Literal('channels-last'), Type.Literal('channels-first')], {
      description: "'channels-last': [N, cells, anchors, 5]; 'channels-first': [N, anchors * 5, cells]",
    }),
    stride: Triple(Size, 'input voxels a cell'),
    anchorsMm: Type.Array(Positive, { minItems: 1, maxItems: 64 }),
    cellCentre: Type.Optional(Triple(Type.Number(), 'input index of cell 0; default (stride - 1) / 2')),
    activation: Type.Union([Type.Literal('none'), Type.Literal('sigmoid')]),
  },
  { ...strict, description: 'values: score, shift along each axis in anchors, natural logarithm of the diameter in anchors' },
);
export type GridOutput = Static<typeof GridOutput>;

/** The graph decodes by itself: a list of boxes in input voxels. */
export const DetectionsOutput = Type.Object(
  {
    kind: Type.Literal('detections'),
    boxes: Type.Object({
      name: Name,
      format: Type.Union([Type.Literal('corners'), Type.Literal('centre-size')], { description: 'three lower and three upper bounds, or three centres and three sizes' }),
    }, { ...strict, description: 'shape [K, 6] or [1, K, 6]' }),
    scores: Type.Object({
      name: Name, activation: Type.Union([Type.Literal('none'), Type.Literal('sigmoid')]),
    }, { ...strict, description: 'shape [K] or [1, K]' }),
    labels: Type.Optional(Type.Object({ name: Name, nodule: Type.Integer() }, { ...strict, description: 'shape [K] or [1, K]; other labels are passed over' })),
    diameter: Type.Union([Type.Literal('mean'), Type.Literal('max'), Type.Literal('geometric-mean')]),
  },
  strict,
);
export type DetectionsOutput = Static<typeof DetectionsOutput>;

export const DetectorOutput = Type.Union([HeatmapOutput, SegmentationOutput, BoxesOutput, GridOutput, DetectionsOutput], {
  description: "a kind of 'heatmap', 'segmentation', 'boxes', 'grid' or 'detections'",
});
export type DetectorOutput = Static<typeof DetectorOutput>;

const noduleTypes = (['solid', 'part-solid', 'ground-glass', 'calcified'] as const).map((type) => Type.Literal(type));

export const ClassifierOutput = Type.Object(
  {
    kind: Type.Literal('candidate'),
    probability: Type.Object(Probability.properties, { ...strict, description: 'that the candidate is a nodule; shape [N, channels], or [N]' }),
    diameter: Type.Optional(DiameterOutput),
    type: Type.Optional(Type.Object({ name: Name, classes: Type.Array(Type.Union(noduleTypes), { minItems: 2, description: 'order of the logits' }) }, strict)),
    scores: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }), Probability, {
      ...strict,
      description: 'further probabilities by name, e.g. malignancy; they are stated with the finding and change no decision',
    })),
    segmentation: Type.Optional(Type.Object({
      name: Name, activation: Type.Union([Type.Literal('none'), Type.Literal('sigmoid')]),
    }, { ...strict, description: 'one channel over the whole patch' })),
  },
  strict,
);
export type ClassifierOutput = Static<typeof ClassifierOutput>;
