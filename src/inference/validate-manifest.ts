/** Checks a parsed `model.json` and says which field is wrong. */
import { Value } from '@sinclair/typebox/value';
import { AppError } from '../errors.ts';
import { manifestSchemas, type ModelManifest } from './manifest.ts';

function fail(field: string, problem: string): never {
  throw new AppError('MODEL_MANIFEST_INVALID', `model.json: ${field}: ${problem}`, { details: { field, problem } });
}

/** The field's name the way people write it: `output.stride.0`. */
function fieldName(pointer: string): string {
  return pointer.replace(/^\//, '').replaceAll('/', '.') || '(whole document)';
}

function checkShape(value: unknown): ModelManifest {
  if (typeof value !== 'object' || value === null) fail('(whole document)', 'must be a JSON object');
  const task = 'task' in value ? value.task : undefined;
  if (task !== 'detector' && task !== 'candidate-classifier') {
    fail('task', `must be one of ${Object.keys(manifestSchemas).join(', ')}`);
  }
  const schema = manifestSchemas[task];
  if (!Value.Check(schema, value)) {
    const error = Value.Errors(schema, value).First();
    fail(fieldName(error?.path ?? ''), error?.message ?? 'does not fit the schema');
  }
  return value;
}

/** What a schema cannot say: relations between fields. */
function checkRelations(manifest: ModelManifest): void {
  const { clipHU } = manifest.input;
  if (clipHU[0] >= clipHU[1]) fail('input.clipHU', 'the lower bound must be below the upper');
  if (manifest.task !== 'detector') return;
  const { window, overlap } = manifest.input;
  const { stride } = manifest.output;
  for (const axis of [0, 1, 2] as const) {
    if (overlap[axis] >= window[axis]) fail(`input.overlap.${axis}`, 'must be smaller than the window');
    if (window[axis] % stride[axis] !== 0) fail(`input.window.${axis}`, 'must be a multiple of output.stride');
    if (overlap[axis] % (2 * stride[axis]) !== 0) fail(`input.overlap.${axis}`, 'must be a multiple of twice output.stride');
  }
  const names = manifest.operatingPoints.map((point) => point.name);
  if (new Set(names).size !== names.length) fail('operatingPoints', 'two points have the same name');
  if (!names.includes(manifest.defaultOperatingPoint)) fail('defaultOperatingPoint', 'names no operating point');
}

/**
 * The manifest, typed, once it is right.
 * @throws AppError `MODEL_MANIFEST_INVALID`, whose details name the field.
 */
export function validateManifest(value: unknown): ModelManifest {
  const manifest = checkShape(value);
  checkRelations(manifest);
  return manifest;
}
