/** Checks a parsed `model.json` and says which field is wrong. */
import type { TSchema } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import { AppError } from '../../errors.ts';
import { manifestSchemas, type DetectorManifest, type FinderManifest, type ModelManifest } from './manifest.ts';
import type { Probability } from './output.ts';
import { upgradeManifest } from './upgrade.ts';
import { ClassifierManifest1, DetectorManifest1, type ModelManifest1 } from './version-1.ts';

/** @throws AppError `MODEL_MANIFEST_INVALID` whose details name the field. */
export function invalidField(field: string, problem: string): never {
  throw new AppError('MODEL_MANIFEST_INVALID', `model.json: ${field}: ${problem}`, { details: { field, problem } });
}

/** The field's name the way people write it: `output.stride.0`. */
function fieldName(pointer: string): string {
  return pointer.replace(/^\//, '').replaceAll('/', '.') || '(whole document)';
}

const kindOf = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined);

/**
 * The innermost error. Where a part is one of several kinds, the errors of the kind that it says it is, not the
 * useless "expected union value".
 */
function clearest(error: ValueError): ValueError {
  if (error.errors.length === 0) return error;
  const kind = kindOf(error.value);
  const branches = (error.schema as { readonly anyOf?: readonly TSchema[] }).anyOf ?? [];
  const meant = branches.findIndex((branch) => {
    const tag = (branch['properties'] as Record<string, TSchema> | undefined)?.['kind']?.['const'] as unknown;
    return tag !== undefined && tag === kind;
  });
  const first = meant < 0 ? undefined : error.errors[meant]?.First();
  return first ? clearest(first) : error;
}

function checkSchema(schema: TSchema, value: unknown): void {
  if (Value.Check(schema, value)) return;
  const error = Value.Errors(schema, value).First();
  if (!error) invalidField('(whole document)', 'does not fit the schema');
  const { path, message, schema: part } = clearest(error);
  const described = error.errors.length > 0 && clearest(error) === error && typeof part.description === 'string' ? `expected ${part.description}` : message;
  invalidField(fieldName(path), described);
}

function checkShape(value: unknown): ModelManifest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) invalidField('(whole document)', 'must be a JSON object');
  const fields = value as Readonly<Record<string, unknown>>;
  const { task, manifestVersion } = fields;
  if (manifestVersion !== '1' && manifestVersion !== '2') invalidField('manifestVersion', "must be '1' or '2'");
  const isKnown = task === 'detector' || task === 'candidate-classifier' || (task === 'ensemble' && manifestVersion === '2');
  if (!isKnown) invalidField('task', `must be one of ${(manifestVersion === '1' ? ['detector', 'candidate-classifier'] : Object.keys(manifestSchemas)).join(', ')}`);
  if (manifestVersion === '1') {
    checkSchema(task === 'detector' ? DetectorManifest1 : ClassifierManifest1, value);
    return upgradeManifest(value as ModelManifest1);
  }
  checkSchema(manifestSchemas[task], value);
  return value as ModelManifest;
}

function checkProbability(field: string, { activation, channels = 1, channel = 0 }: Omit<Probability, 'name'>): void {
  if (channel >= channels) invalidField(`${field}.channel`, `there are ${channels} channels`);
  if (activation === 'softmax' && channels < 2) invalidField(`${field}.channels`, 'softmax needs at least two');
}

/** Axes must be one of each pair: L or R, P or A, S or I. */
function checkAxes(axes: readonly string[] | undefined): void {
  const pairs = (axes ?? []).map((letter) => ['LR', 'PA', 'SI'].findIndex((pair) => pair.includes(letter)));
  if (new Set(pairs).size !== pairs.length) invalidField('input.axes', 'must name one direction of each of L/R, P/A and S/I');
}

function checkIntensity({ intensity }: { readonly intensity: DetectorManifest['input']['intensity'] }, severalAllowed: boolean): void {
  const list = Array.isArray(intensity) ? intensity : [intensity];
  list.forEach(({ clipHU }, n) => {
    if (clipHU[0] >= clipHU[1]) invalidField(Array.isArray(intensity) ? `input.intensity.${n}.clipHU` : 'input.intensity.clipHU', 'the lower bound must be below the upper');
  });
  if (list.length > 1 && !severalAllowed) invalidField('input.intensity', 'slices that are channels take one intensity only');
}

function checkWindows({ input, output }: DetectorManifest): void {
  if (input.kind !== 'windows') return;
  const { window, windowMultiple = window, overlap, coordinates } = input;
  const dense = output.kind === 'heatmap' || output.kind === 'grid' ? output.stride : ([1, 1, 1] as const);
  for (const axis of [0, 1, 2] as const) {
    if (overlap[axis] >= window[axis]) invalidField(`input.overlap.${axis}`, 'must be smaller than the window');
    if (window[axis] % windowMultiple[axis] !== 0) invalidField(`input.window.${axis}`, 'must be a multiple of input.windowMultiple');
    if (windowMultiple[axis] % dense[axis] !== 0) invalidField(input.windowMultiple ? `input.windowMultiple.${axis}` : `input.window.${axis}`, 'must be a multiple of output.stride');
    if (overlap[axis] % (2 * dense[axis]) !== 0) invalidField(`input.overlap.${axis}`, 'must be a multiple of twice output.stride');
    if (coordinates && windowMultiple[axis] % coordinates.stride[axis] !== 0) invalidField(`input.coordinates.stride.${axis}`, 'the window must be a multiple of it');
    if (output.kind === 'boxes') {
      output.levels.forEach(({ stride }, n) => {
        if (windowMultiple[axis] % stride[axis] !== 0) invalidField(`output.levels.${n}.stride.${axis}`, 'the window must be a multiple of it');
      });
    }
  }
}

function checkDetector(manifest: DetectorManifest): void {
  const { input, output } = manifest;
  checkAxes(input.axes);
  checkIntensity(input, input.kind === 'windows');
  checkWindows(manifest);
  if (input.kind === 'slices' && output.kind !== 'segmentation') invalidField('output.kind', "a model that reads slices must answer with a 'segmentation'");
  if (output.kind === 'heatmap' || output.kind === 'segmentation') checkProbability('output.probability', output.probability);
  if (output.kind === 'boxes') {
    const { classes = 1, nodule = 0 } = output;
    if (nodule >= classes) invalidField('output.nodule', `there are ${classes} classes`);
    if (output.activation === 'softmax' && classes < 2) invalidField('output.classes', 'softmax needs at least two');
  }
  if (output.kind === 'detections' && input.batch !== 1) invalidField('input.batch', 'must be 1 where the graph lists its detections');
}

function checkDecision(manifest: FinderManifest): void {
  const names = manifest.operatingPoints.map((point) => point.name);
  if (new Set(names).size !== names.length) invalidField('operatingPoints', 'two points have the same name');
  if (!names.includes(manifest.defaultOperatingPoint)) invalidField('defaultOperatingPoint', 'names no operating point');
}

function checkCalibration({ calibration }: Pick<FinderManifest, 'calibration'>): void {
  if (calibration.kind !== 'isotonic') return;
  calibration.points.forEach(([score, probability], n) => {
    const [before, lower] = calibration.points[n - 1] ?? [-1, 0];
    if (score <= before || probability < lower) invalidField(`calibration.points.${n}`, 'scores must rise and probabilities must not fall');
  });
}

/** What a schema cannot say: relations between fields. */
function checkRelations(manifest: ModelManifest): void {
  checkCalibration(manifest);
  if (manifest.task !== 'candidate-classifier') {
    checkDecision(manifest);
    if (manifest.task === 'detector') checkDetector(manifest);
    return;
  }
  const { input, output } = manifest;
  checkAxes(input.axes);
  checkIntensity(input, input.slicesAsChannels !== true);
  checkProbability('output.probability', output.probability);
  for (const [name, score] of Object.entries(output.scores ?? {})) checkProbability(`output.scores.${name}`, score);
}

/**
 * The manifest, typed and in its present version, once it is right.
 * @throws AppError `MODEL_MANIFEST_INVALID`, whose details name the field.
 */
export function validateManifest(value: unknown): ModelManifest {
  const manifest = checkShape(value);
  checkRelations(manifest);
  return manifest;
}
