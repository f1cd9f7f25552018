/** Does the graph do what its manifest says? */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Triple } from '../volume/lps-grid.ts';
import { cellsOf } from './decode/hit.ts';
import type { TestVector } from './manifest/common.ts';
import type { GraphManifest } from './manifest/manifest.ts';
import type { ClassifierOutput, DetectorOutput } from './manifest/output.ts';
import { invalidField } from './manifest/validate.ts';
import type { ModelSession, TensorData, TensorSpec } from './session.ts';
import { coordinateTensor } from './tensor/coordinates.ts';

interface Expected {
  readonly name: string;
  readonly field: string;
  /** Undefined where any shape will do; -1 is any size. */
  readonly dims?: readonly number[];
}

/** Shape of one sample: three sizes of voxels, and those of the tensor without the batch. Sizes that the images decide are -1. */
function sampleShape({ input }: GraphManifest): { readonly voxels: Triple; readonly dims: readonly number[] } {
  const channels = Array.isArray(input.intensity) ? input.intensity.length : 1;
  if (input.kind === 'windows') return { voxels: [...input.window], dims: [channels, ...input.window] };
  if (input.kind === 'patch') return { voxels: [...input.patch], dims: input.slicesAsChannels === true ? input.patch : [channels, ...input.patch] };
  const [rows, columns] = input.fit.kind === 'multiple' ? [-1, -1] : input.fit.size;
  const slices = 2 * input.neighbours + 1;
  return { voxels: [slices, rows, columns], dims: [slices, rows, columns] };
}

function detectorOutputs(output: DetectorOutput, voxels: Triple, slices: boolean): readonly Expected[] {
  switch (output.kind) {
    case 'heatmap': {
      const cells = cellsOf(voxels, [...output.stride]);
      const { probability, offset, diameter } = output;
      return [
        { name: probability.name, field: 'output.probability.name', dims: [-1, probability.channels ?? 1, ...cells] },
        ...(offset ? [{ name: offset.name, field: 'output.offset.name', dims: [-1, 3, ...cells] }] : []),
        ...(diameter ? [{ name: diameter.name, field: 'output.diameter.name', dims: [-1, 1, ...cells] }] : []),
      ];
    }
    case 'segmentation':
      return [{ name: output.probability.name, field: 'output.probability.name', dims: [-1, output.probability.channels ?? 1, ...(slices ? voxels.slice(1) : voxels)] }];
    case 'boxes':
      return output.levels.flatMap(({ classification, regression, stride, anchors }, n) => {
        const cells = cellsOf(voxels, [...stride]);
        return [
          { name: classification, field: `output.levels.${n}.classification`, dims: [-1, anchors.length * (output.classes ?? 1), ...cells] },
          { name: regression, field: `output.levels.${n}.regression`, dims: [-1, anchors.length * 6, ...cells] },
        ];
      });
    case 'grid': {
      const cells = cellsOf(voxels, [...output.stride]);
      const anchors = output.anchorsMm.length;
      return [{ name: output.name, field: 'output.name', dims: output.layout === 'channels-last' ? [-1, ...cells, anchors, 5] : [-1, anchors * 5, ...cells] }];
    }
    case 'detections':
      return [
        { name: output.boxes.name, field: 'output.boxes.name' }, { name: output.scores.name, field: 'output.scores.name' },
        ...(output.labels ? [{ name: output.labels.name, field: 'output.labels.name' }] : []),
      ];
  }
}

function classifierOutputs({ probability, diameter, type, scores, segmentation }: ClassifierOutput, voxels: Triple): readonly Expected[] {
  return [
    { name: probability.name, field: 'output.probability.name' },
    ...(diameter ? [{ name: diameter.name, field: 'output.diameter.name' }] : []),
    ...(type ? [{ name: type.name, field: 'output.type.name', dims: [-1, type.classes.length] }] : []),
    ...Object.entries(scores ?? {}).map(([score, { name }]) => ({ name, field: `output.scores.${score}.name` })),
    ...(segmentation ? [{ name: segmentation.name, field: 'output.segmentation.name', dims: [-1, 1, ...voxels] }] : []),
  ];
}

function checkTensor(found: TensorSpec | undefined, expected: Expected, kind: 'input' | 'output'): void {
  if (!found) invalidField(expected.field, `the graph has no ${kind} ${expected.name}`);
  const { dims } = expected;
  if (!dims) return;
  const fits = found.dims.length === dims.length && dims.every((size, n) => size === -1 || found.dims[n] === -1 || found.dims[n] === size);
  if (!fits) invalidField(expected.field, `the graph's ${kind} ${expected.name} has shape [${found.dims.join(', ')}], the manifest says [${dims.join(', ')}]`);
}

/** Compares names and shapes. @throws AppError `MODEL_MANIFEST_INVALID` naming the field. */
export function checkGraph(manifest: GraphManifest, session: ModelSession): void {
  const { input } = manifest;
  const { voxels, dims } = sampleShape(manifest);
  const found = session.inputs.find(({ name }) => name === input.name);
  checkTensor(found, { name: input.name, field: 'input.name', dims: [-1, ...dims] }, 'input');
  if (input.kind === 'windows' && input.windowMultiple?.some((multiple, axis) => multiple !== input.window[axis] && found?.dims[axis + 2] !== -1)) {
    invalidField('input.windowMultiple', `the graph takes windows of [${(found?.dims ?? []).slice(2).join(', ')}] only`);
  }
  const fixedBatch = found?.dims[0] ?? -1;
  if (fixedBatch !== -1 && input.batch !== fixedBatch) invalidField('input.batch', `the graph takes batches of ${fixedBatch}`);
  if (fixedBatch > 1) invalidField('input.batch', 'a graph with a fixed batch must have a batch of 1');
  const coordinates = input.kind === 'windows' ? input.coordinates : undefined;
  if (coordinates) {
    const expected = { name: coordinates.name, field: 'input.coordinates.name', dims: [-1, 3, ...cellsOf(voxels, [...coordinates.stride])] };
    checkTensor(session.inputs.find(({ name }) => name === coordinates.name), expected, 'input');
  }
  const unfed = session.inputs.find(({ name }) => name !== input.name && name !== coordinates?.name);
  if (unfed) invalidField('input.name', `the graph has a further input ${unfed.name} that the manifest does not feed`);
  const outputs = manifest.task === 'detector' ? detectorOutputs(manifest.output, voxels, input.kind === 'slices') : classifierOutputs(manifest.output, voxels);
  for (const expected of outputs) checkTensor(session.outputs.find(({ name }) => name === expected.name), expected, 'output');
}

function gaussianBlob(input: Extract<TestVector['input'], { kind: 'gaussian-blob' }>, [nz, ny, nx]: Triple, channels: number): Float32Array {
  const data = new Float32Array(channels * nz * ny * nx);
  const [cz, cy, cx] = input.centre;
  const factor = -1 / (2 * input.sigmaVoxels ** 2);
  let n = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++) data[n++] = input.background + input.amplitude * Math.exp(factor * ((z - cz) ** 2 + (y - cy) ** 2 + (x - cx) ** 2));
      }
    }
  }
  return data;
}

/** Where the graph takes many sizes: the smallest multiple from here on, so that the test vector is neither tiny nor slow. */
const leastTestSide = 64;

const testSide = (multiple: number): number => Math.ceil(leastTestSide / multiple) * multiple;

function testShape(manifest: GraphManifest): { readonly voxels: Triple; readonly dims: readonly number[] } {
  const { input } = manifest;
  const shape = sampleShape(manifest);
  if (input.kind === 'windows' && input.windowMultiple) {
    const [a, b, c] = input.windowMultiple;
    const voxels: Triple = [testSide(a), testSide(b), testSide(c)];
    return { voxels, dims: [...shape.dims.slice(0, -3), ...voxels] };
  }
  if (input.kind !== 'slices' || input.fit.kind !== 'multiple') return shape;
  const voxels: Triple = [shape.voxels[0], testSide(input.fit.of[0]), testSide(input.fit.of[1])];
  return { voxels, dims: voxels };
}

async function testInput({ testVector: { input } }: GraphManifest, { voxels, dims }: { readonly voxels: Triple; readonly dims: readonly number[] }, folder: string): Promise<Float32Array> {
  const values = dims.reduce((product, size) => product * size, 1);
  if (input.kind === 'gaussian-blob') return gaussianBlob(input, voxels, values / (voxels[0] * voxels[1] * voxels[2]));
  const bytes = await readFile(join(folder, input.file)).catch(() => invalidField('testVector.input.file', 'cannot be read'));
  if (bytes.length !== values * 4) invalidField('testVector.input.file', `has ${bytes.length} bytes, expected ${values * 4}`);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Runs the known input. @throws AppError `MODEL_OUTPUT_INVALID` when a value is not as expected. */
export async function checkTestVector(manifest: GraphManifest, session: ModelSession, folder: string): Promise<void> {
  const { expected, tolerance } = manifest.testVector;
  const { input } = manifest;
  const shape = testShape(manifest);
  const data = await testInput(manifest, shape, folder);
  const names = [...new Set(expected.map(({ output }) => output))];
  for (const name of names) if (!session.outputs.some((output) => output.name === name)) invalidField('testVector.expected', `the graph has no output ${name}`);
  const inputs: Record<string, TensorData> = { [input.name]: { data, dims: [1, ...shape.dims] } };
  if (input.kind === 'windows' && input.coordinates) {
    inputs[input.coordinates.name] = coordinateTensor([[0, 0, 0]], shape.voxels, shape.voxels, [...input.coordinates.stride], []);
  }
  const results = await session.run(inputs, names);
  for (const { output, index, value } of expected) {
    const tensor = results.get(output);
    if (tensor?.dims.length !== index.length) invalidField('testVector.expected', `the index of ${output} has ${index.length} numbers, the output ${tensor?.dims.length ?? 0}`);
    const at = index.reduce((offset, position, axis) => offset * (tensor.dims[axis] ?? 1) + position, 0);
    const found = tensor.data[at] ?? NaN;
    if (!(Math.abs(found - value) <= tolerance)) {
      throw new AppError('MODEL_OUTPUT_INVALID', `the test vector of ${manifest.id} gives ${found} where ${value} is expected`, { details: { output, index, found, value, tolerance } });
    }
  }
}
