/** The only file that knows onnxruntime: a loaded graph, run with plain arrays. */
import { InferenceSession, Tensor, env, listSupportedBackends } from 'onnxruntime-node';
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

/** Of the installed onnxruntime. */
export const runtimeVersion: string = env.versions.node ?? env.versions.common;

/** Where graphs run. What is not there in the installed runtime falls back to the CPU. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

export interface SessionOptions {
  readonly threads: number;
  readonly provider: ExecutionProvider;
}

export interface ModelSession {
  readonly provider: ExecutionProvider;
  /** Why the provider is not the one that was asked for. */
  readonly fallback?: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** @throws AppError `MODEL_FAILED` when the graph fails, `MODEL_MEMORY_EXCEEDED` when it asks for more memory than there is, `MODEL_OUTPUT_INVALID` when an output holds no numbers. */
  run(inputs: Readonly<Record<string, TensorData>>, outputNames: readonly string[]): Promise<ReadonlyMap<string, TensorData>>;
  release(): Promise<void>;
}

function specs(metadata: readonly InferenceSession.ValueMetadata[]): readonly TensorSpec[] {
  return metadata.map((value) => ({
    name: value.name,
    dims: value.isTensor ? value.shape.map((size) => (typeof size === 'number' ? size : -1)) : [],
  }));
}

function failure(what: string, cause: unknown): never {
  const { message } = toAppError(cause);
  const isMemory = /failed to allocate|bad_alloc|bad allocation|out of memory/iu.test(message);
  throw new AppError(isMemory ? 'MODEL_MEMORY_EXCEEDED' : 'MODEL_FAILED', `the model ${what}: ${message.slice(0, 500)}`, { cause });
}

/** Whole numbers and doubles as float32; labels and counts stay exact up to 2^24. */
function numbers(name: string, tensor: Tensor | undefined): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array || data instanceof Int32Array || data instanceof Uint8Array || data instanceof Int8Array) return Float32Array.from(data);
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} holds no numbers of a known kind`);
}

/** Runs nothing: why the installed runtime has no such provider, or undefined where it has. */
function whyNot(provider: ExecutionProvider): string | undefined {
  const installed = listSupportedBackends().map(({ name }) => name);
  return installed.includes(provider) ? undefined : `the installed runtime has no ${provider} provider (it has ${installed.join(', ')})`;
}

function create(path: string, threads: number, providers: readonly ExecutionProvider[]): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that wait sleep: spinning, they take a fifth of the time of whatever else the processors have to do, another worker as a rule.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    graphOptimizationLevel: 'all',
    // Windows all have one shape, so the arena would only keep memory that the rest of the job needs.
    enableCpuMemArena: false,
    logSeverityLevel: 3,
  });
}

interface Created {
  readonly session: InferenceSession;
  readonly provider: ExecutionProvider;
  readonly fallback?: string;
}

async function createWithFallback(path: string, { threads, provider }: SessionOptions): Promise<Created> {
  let fallback: string | undefined;
  if (provider !== 'cpu') {
    fallback = whyNot(provider);
    if (fallback === undefined) {
      try {
        return { session: await create(path, threads, [provider, 'cpu']), provider };
      } catch (error) {
        fallback = `${provider} could not be used: ${toAppError(error).message}`;
      }
    }
  }
  const session = await create(path, threads, ['cpu']).catch((cause: unknown) => failure('cannot be loaded', cause));
  return { session, provider: 'cpu', ...(fallback !== undefined && { fallback }) };
}

/** Loads a graph. @throws AppError `MODEL_FAILED` when it cannot be loaded. */
export async function openSession(path: string, options: SessionOptions): Promise<ModelSession> {
  const { session, provider, fallback } = await createWithFallback(path, options);
  return {
    provider,
    ...(fallback !== undefined && { fallback }),
    inputs: specs(session.inputMetadata),
    outputs: specs(session.outputMetadata),
    async run(inputs, outputNames) {
      const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { data, dims }]) => [name, new Tensor('float32', data, [...dims])]));
      const results = await session.run(feeds, [...outputNames]).catch((cause: unknown) => failure('failed', cause));
      return new Map(outputNames.map((name) => [name, { data: numbers(name, results[name]), dims: results[name]?.dims ?? [] }]));
    },
    release: () => session.release(),
  };
}
