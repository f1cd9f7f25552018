/** Does the graph do what its manifest says? */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { ModelManifest, TestVector } from './manifest.ts';
import type { ModelSession, TensorSpec } from './session.ts';

interface Expected {
  readonly name: string;
  readonly field: string;
  /** Undefined where any shape will do; -1 is any size. */
  readonly dims?: readonly number[];
}

/** Input shape without the batch, z, y, x. */
function inputShape(manifest: ModelManifest): readonly [number, number, number] {
  return manifest.task === 'detector' ? manifest.input.window : manifest.input.patch;
}

function expectedOutputs(manifest: ModelManifest): readonly Expected[] {
  if (manifest.task === 'detector') {
    const { output, input } = manifest;
    const cells = output.stride.map((stride, axis) => (input.window[axis] ?? 0) / stride);
    return [
      { name: output.name, field: 'output.name', dims: [-1, 1, ...cells] },
      ...(output.offset ? [{ name: output.offset.name, field: 'output.offset.name', dims: [-1, 3, ...cells] }] : []),
      ...(output.diameter ? [{ name: output.diameter.name, field: 'output.diameter.name', dims: [-1, 1, ...cells] }] : []),
    ];
  }
  const { probability, diameter, type, segmentation } = manifest.output;
  return [
    { name: probability.name, field: 'output.probability.name' },
    ...(diameter ? [{ name: diameter.name, field: 'output.diameter.name' }] : []),
    ...(type ? [{ name: type.name, field: 'output.type.name', dims: [-1, type.classes.length] }] : []),
    ...(segmentation ? [{ name: segmentation.name, field: 'output.segmentation.name', dims: [-1, 1, ...manifest.input.patch] }] : []),
  ];
}

function mismatch(field: string, problem: string): never {
  throw new AppError('MODEL_MANIFEST_INVALID', `model.json: ${field}: ${problem}`, { details: { field, problem } });
}

function checkTensor(found: TensorSpec | undefined, expected: Expected, kind: 'input' | 'output'): void {
  if (!found) mismatch(expected.field, `the graph has no ${kind} ${expected.name}`);
  const { dims } = expected;
  if (!dims) return;
  const fits = found.dims.length === dims.length && dims.every((size, n) => size === -1 || found.dims[n] === -1 || found.dims[n] === size);
  if (!fits) mismatch(expected.field, `the graph's ${kind} ${expected.name} has shape [${found.dims.join(', ')}], the manifest says [${dims.join(', ')}]`);
}

/** Compares names and shapes. @throws AppError `MODEL_MANIFEST_INVALID` naming the field. */
export function checkGraph(manifest: ModelManifest, session: ModelSession): void {
  const { input } = manifest;
  const shape = [-1, 1, ...inputShape(manifest)];
  const found = session.inputs.find(({ name }) => name === input.name);
  checkTensor(found, { name: input.name, field: 'input.name', dims: shape }, 'input');
  const fixedBatch = found?.dims[0] ?? -1;
  if (fixedBatch !== -1 && input.batch !== fixedBatch) mismatch('input.batch', `the graph takes batches of ${fixedBatch}`);
  if (fixedBatch > 1) mismatch('input.batch', 'a graph with a fixed batch must have a batch of 1');
  for (const expected of expectedOutputs(manifest)) checkTensor(session.outputs.find(({ name }) => name === expected.name), expected, 'output');
}

function gaussianBlob(input: Extract<TestVector['input'], { kind: 'gaussian-blob' }>, [nz, ny, nx]: readonly [number, number, number]): Float32Array {
  const data = new Float32Array(nz * ny * nx);
  const [cz, cy, cx] = input.centre;
  const factor = -1 / (2 * input.sigmaVoxels ** 2);
  let n = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) data[n++] = input.background + input.amplitude * Math.exp(factor * ((z - cz) ** 2 + (y - cy) ** 2 + (x - cx) ** 2));
    }
  }
  return data;
}

async function testInput(manifest: ModelManifest, folder: string): Promise<Float32Array> {
  const { input } = manifest.testVector;
  const shape = inputShape(manifest);
  if (input.kind === 'gaussian-blob') return gaussianBlob(input, shape);
  if (!/^[A-Za-z0-9._-]+$/u.test(input.file)) mismatch('testVector.input.file', 'must be a plain file name');
  const bytes = await readFile(join(folder, input.file)).catch(() => mismatch('testVector.input.file', 'cannot be read'));
  const voxels = shape[0] * shape[1] * shape[2];
  if (bytes.length !== voxels * 4) mismatch('testVector.input.file', `has ${bytes.length} bytes, expected ${voxels * 4}`);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Runs the known input. @throws AppError `MODEL_OUTPUT_INVALID` when a value is not as expected. */
export async function checkTestVector(manifest: ModelManifest, session: ModelSession, folder: string): Promise<void> {
  const { expected, tolerance } = manifest.testVector;
  const data = await testInput(manifest, folder);
  const names = [...new Set(expected.map(({ output }) => output))];
  for (const name of names) if (!session.outputs.some((output) => output.name === name)) mismatch('testVector.expected', `the graph has no output ${name}`);
  const results = await session.run(manifest.input.name, { data, dims: [1, 1, ...inputShape(manifest)] }, names);
  for (const { output, index, value } of expected) {
    const tensor = results.get(output);
    if (tensor?.dims.length !== index.length) mismatch('testVector.expected', `the index of ${output} has ${index.length} numbers, the output ${tensor?.dims.length ?? 0}`);
    const at = index.reduce((offset, position, axis) => offset * (tensor.dims[axis] ?? 1) + position, 0);
    const found = tensor.data[at] ?? NaN;
    if (!(Math.abs(found - value) <= tolerance)) {
      throw new AppError('MODEL_OUTPUT_INVALID', `the test vector of ${manifest.id} gives ${found} where ${value} is expected`, { details: { output, index, found, value, tolerance } });
    }
  }
}
