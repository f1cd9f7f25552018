/**
 * What a graph is fed. Spatial axes are named by the direction of the patient in which their index grows: L left, R right,
 * P back, A front, S head, I feet. Triples are in the order of the tensor's axes.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Name, Positive, Size, strict } from './common.ts';

export const Triple = <T extends TSchema>(item: T, description: string) =>
  Type.Tuple([item, item, item], { description: `${description}; in the order of the tensor's axes` });

const Axis = Type.Union((['L', 'R', 'P', 'A', 'S', 'I'] as const).map((letter) => Type.Literal(letter)));
export type AxisLetter = Static<typeof Axis>;

const Axes = Type.Tuple([Axis, Axis, Axis], {
  description: 'direction of the patient in which the index along each spatial axis grows, e.g. ["S","P","L"] for z, y, x of LPS coordinates (the default), ["R","A","S"] for x, y, z of RAS',
});

/** Hounsfield units to tensor values. */
const Intensity = Type.Union([
  Type.Object({
    kind: Type.Literal('window'),
    clipHU: Type.Tuple([Type.Number(), Type.Number()]),
    scaleTo: Type.Tuple([Type.Number(), Type.Number()], { description: 'what the bounds of clipHU become; linear in between' }),
    levels: Type.Optional(Type.Integer({ minimum: 2, maximum: 65536, description: 'values are first rounded down to so many levels, for models trained on e.g. 8-bit images (256)' })),
  }, strict),
  Type.Object({
    kind: Type.Literal('standardize'),
    clipHU: Type.Tuple([Type.Number(), Type.Number()]),
    meanHU: Type.Number(),
    deviationHU: Positive,
  }, { ...strict, description: '(clipped value - meanHU) / deviationHU' }),
], { description: "a kind of 'window' or 'standardize'" });
export type Intensity = Static<typeof Intensity>;

const intensityFields = {
  name: Name,
  axes: Type.Optional(Axes),
  intensity: Type.Union([Intensity, Type.Array(Intensity, { minItems: 1, maxItems: 8 })], { description: 'one, or one for each channel' }),
  padHU: Type.Number({ description: 'value outside the scan, before clipping' }),
  batch: Type.Integer({ minimum: 1, maximum: 1024, description: 'windows, slices or patches a run, at most' }),
};

const OutsideLungs = Type.Object({
  fillHU: Type.Number({ description: 'value of every voxel outside the grown lung mask' }),
  marginMm: Type.Number({ minimum: 0 }),
}, strict);

const Flips = Type.Array(
  Type.Array(Type.Integer({ minimum: 0, maximum: 2 }), { minItems: 1, maxItems: 3, uniqueItems: true }),
  { minItems: 1, maxItems: 7, description: 'sets of axes; the model runs once more for each with these axes flipped, and scores are averaged' },
);

const Spacing = Type.Union([Type.Literal('native'), Triple(Positive, 'distance between voxel centres of the resampled grid')], {
  description: "'native' for the scanner's own voxels, else three distances in mm",
});

/** A volume, cut into windows that all have one shape. */
export const WindowInput = Type.Object(
  {
    kind: Type.Literal('windows'),
    ...intensityFields,
    spacingMm: Spacing,
    window: Triple(Size, 'shape of the input'),
    windowMultiple: Type.Optional(Triple(Size, 'the graph takes every shape whose sides are multiples of these: `window` is the largest, and a volume is cut into windows that are no larger than it needs')),
    overlap: Triple(Type.Integer({ minimum: 0 }), 'voxels that neighbouring windows share; half of it is context that gives no detections'),
    padEnds: Type.Optional(Type.Boolean({ description: 'the outermost windows get half an overlap of padding as context too' })),
    padMode: Type.Optional(Type.Union([Type.Literal('constant'), Type.Literal('edge')], { description: "beyond the scan: 'constant' padHU (the default), or the nearest voxel" })),
    outsideLungs: Type.Optional(OutsideLungs),
    coordinates: Type.Optional(Type.Object({
      name: Name, stride: Triple(Size, 'voxels a cell'),
    }, { ...strict, description: 'a second input of three channels: where each cell lies in the whole volume, -0.5 to 0.5 along each axis' })),
    testTimeFlips: Type.Optional(Flips),
  },
  strict,
);
export type WindowInput = Static<typeof WindowInput>;

const Pair = <T extends TSchema>(item: T) => Type.Tuple([item, item], { description: 'rows, columns of the tensor' });

/** Whole slices, each with its neighbours as channels. */
export const SliceInput = Type.Object(
  {
    kind: Type.Literal('slices'),
    ...intensityFields,
    neighbours: Type.Integer({ minimum: 0, maximum: 32, description: 'slices on each side; the channels are the 2n+1 slices in the order of the first axis' }),
    beyondEnds: Type.Optional(Type.Union([Type.Literal('repeat'), Type.Literal('pad')], { description: "neighbours beyond the first or last slice: that slice again (the default), or padHU" })),
    fit: Type.Union([
      Type.Object({ kind: Type.Literal('multiple'), of: Pair(Size) }, { ...strict, description: 'padded at the end to a multiple of these sizes' }),
      Type.Object({ kind: Type.Literal('pad'), size: Pair(Size) }, { ...strict, description: 'padded around to this size; larger images are refused' }),
      Type.Object({ kind: Type.Literal('resize'), size: Pair(Size) }, { ...strict, description: 'interpolated to this size' }),
    ], { description: "a kind of 'multiple', 'pad' or 'resize'" }),
    outsideLungs: Type.Optional(OutsideLungs),
    testTimeFlips: Type.Optional(Flips),
  },
  strict,
);
export type SliceInput = Static<typeof SliceInput>;

/** One patch around each candidate. */
export const PatchInput = Type.Object(
  {
    kind: Type.Literal('patch'),
    ...intensityFields,
    spacingMm: Spacing,
    patch: Triple(Type.Integer({ minimum: 1, maximum: 256 }), 'shape of the patch; its middle is the candidate, input index (patch - 1) / 2'),
    slicesAsChannels: Type.Optional(Type.Boolean({ description: 'the first axis is the channels: [N, patch 0, patch 1, patch 2]' })),
    testTimeFlips: Type.Optional(Flips),
  },
  strict,
);
export type PatchInput = Static<typeof PatchInput>;
