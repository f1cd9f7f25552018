/** The only file that knows onnxruntime: a loaded graph, run with plain arrays. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError, toAppError } from '../errors.ts';

export interface TensorData {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A graph's input or output; a dimension that may vary is -1. */
export interface TensorSpec {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface ModelSession {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** @throws AppError `MODEL_FAILED` when the graph fails, `MODEL_OUTPUT_INVALID` when an output is no float tensor. */
  run(inputName: string, input: TensorData, outputNames: readonly string[]): Promise<ReadonlyMap<string, TensorData>>;
  release(): Promise<void>;
}

function specs(metadata: readonly InferenceSession.ValueMetadata[]): readonly TensorSpec[] {
  return metadata.map((value) => ({
    name: value.name,
    dims: value.isTensor ? value.shape.map((size) => (typeof size === 'number' ? size : -1)) : [],
  }));
}

/** Loads a graph. @throws AppError `MODEL_FAILED` when it cannot be loaded. */
export async function openSession(path: string, threads: number): Promise<ModelSession> {
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Windows all have one shape, so the arena would only keep memory that the rest of the job needs.
    enableCpuMemArena: false,
    logSeverityLevel: 3,
  }).catch((cause: unknown): never => {
    throw new AppError('MODEL_FAILED', `the model cannot be loaded: ${toAppError(cause).message}`, { cause });
  });
  return {
    inputs: specs(session.inputMetadata),
    outputs: specs(session.outputMetadata),
    async run(inputName, input, outputNames) {
      const results = await session.run({ [inputName]: new Tensor('float32', input.data, [...input.dims]) }, [...outputNames]).catch((cause: unknown): never => {
        throw new AppError('MODEL_FAILED', `the model failed: ${toAppError(cause).message}`, { cause });
      });
      return new Map(outputNames.map((name) => {
        const tensor = results[name];
        if (!(tensor?.data instanceof Float32Array)) throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} is no float32 tensor`);
        return [name, { data: tensor.data, dims: tensor.dims }];
      }));
    },
    release: () => session.release(),
  };
}
