/** From an id of the registry to sessions that are ready to run: a detector or an ensemble, and every classifier of their chains. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { checkGraph, checkTestVector } from './check-model.ts';
import type { ClassifierManifest, FinderManifest, GraphManifest, Reference } from './manifest/manifest.ts';
import { invalidField } from './manifest/validate.ts';
import { externalDataLocations } from './onnx-external-data.ts';
import type { Execution, Finder, LoadedModel, ModelIdentity, ModelPipeline, Stage } from './pipeline.ts';
import { findModel, type InstalledModel } from './installed-models.ts';
import { openSession, type ExecutionProvider, type ModelSession } from './session.ts';

export interface LoadOptions {
  /** Without it: see `findModel`. */
  readonly version?: string;
  /** Threads of one run, default `defaultThreads`. */
  readonly threads?: number;
  /** Where the graphs run, default the CPU. */
  readonly provider?: ExecutionProvider;
  /** Run the test vectors, default true. */
  readonly verify?: boolean;
}

const defaultThreads = 2;

async function sha256File(path: string, id: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((cause: unknown): never => {
    throw new AppError('MODEL_NOT_FOUND', `a file of ${id} cannot be read`, { cause, details: { id } });
  });
  return hash.digest('hex');
}

async function checkHash(folder: string, id: string, file: string, expected: string): Promise<void> {
  const found = await sha256File(join(folder, file), id);
  if (found !== expected) throw new AppError('MODEL_HASH_MISMATCH', `${file} of ${id} is not the file that its manifest names`, { details: { id, found } });
}

/** Loads one graph and checks hash, names, shapes and test vector. @throws AppError as `loadPipeline`. */
async function loadGraph<Manifest extends GraphManifest>(manifest: Manifest, folder: string, { threads = defaultThreads, provider = 'cpu', verify = true }: LoadOptions): Promise<LoadedModel<Manifest>> {
  const path = join(folder, manifest.file);
  await checkHash(folder, manifest.id, manifest.file, manifest.sha256);
  const declared = manifest.externalData ?? [];
  const stray = externalDataLocations(path).find((location) => !declared.some(({ file }) => file === location));
  if (stray !== undefined) invalidField('externalData', `the graph reads weights from ${JSON.stringify(stray.slice(0, 100))}, which the manifest does not list`);
  for (const { file, sha256 } of declared) await checkHash(folder, manifest.id, file, sha256);
  const session = await openSession(path, { threads, provider });
  try {
    checkGraph(manifest, session);
    if (verify) await checkTestVector(manifest, session, folder);
  } catch (error) {
    await session.release();
    throw error;
  }
  return { manifest, session };
}

/** A finder as its manifests describe it, before any graph is loaded. */
interface Plan {
  readonly manifest: FinderManifest;
  readonly folder: string;
  readonly members: readonly { readonly plan: Plan; readonly weight: number }[];
  readonly stages: readonly { readonly stage: Omit<Stage, 'classifiers'>; readonly classifiers: readonly { readonly manifest: ClassifierManifest; readonly folder: string; readonly weight: number }[] }[];
}

async function resolve(modelsDir: string, reference: Reference, field: string): Promise<InstalledModel> {
  try {
    return await findModel(modelsDir, reference.model, reference.version);
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'MODEL_NOT_FOUND') throw new AppError('MODEL_NOT_FOUND', `${field}: ${cause.message}`, { cause, details: cause.details });
    throw cause;
  }
}

async function planStages(modelsDir: string, { chain = [] }: FinderManifest): Promise<Plan['stages']> {
  return Promise.all(chain.map(async ({ classifiers, among = 'mean', combine }, n) => ({
    stage: { among, combine },
    classifiers: await Promise.all(classifiers.map(async (reference, m) => {
      const field = `chain.${n}.classifiers.${m}`;
      const { manifest, folder } = await resolve(modelsDir, reference, field);
      if (manifest.task !== 'candidate-classifier') invalidField(field, `${manifest.id} is no candidate-classifier`);
      return { manifest, folder, weight: reference.weight ?? 1 };
    })),
  })));
}

async function planFinder(modelsDir: string, { manifest, folder }: InstalledModel, isMember = false): Promise<Plan> {
  if (manifest.task === 'candidate-classifier' || (isMember && manifest.task === 'ensemble')) {
    invalidField(isMember ? 'members' : 'task', `${manifest.id} is no detector`);
  }
  const stages = await planStages(modelsDir, manifest);
  const members = manifest.task === 'detector' ? [] : await Promise.all(manifest.members.map(async (reference, n) => ({
    plan: await planFinder(modelsDir, await resolve(modelsDir, reference, `members.${n}`), true), weight: reference.weight ?? 1,
  })));
  return { manifest, folder, members, stages };
}

/** Hashes of every graph, in the order of the manifest. */
function hashes({ manifest, members, stages }: Plan): readonly string[] {
  const own = manifest.task === 'detector' ? [manifest.sha256] : members.flatMap(({ plan }) => hashes(plan));
  return [...own, ...stages.flatMap(({ classifiers }) => classifiers.map((classifier) => classifier.manifest.sha256))];
}

function identityOf(plan: Plan): ModelIdentity {
  const { manifest } = plan;
  const all = hashes(plan);
  const [only] = all;
  const sha256 = manifest.task === 'detector' && only !== undefined && all.length === 1 ? only : createHash('sha256').update(`${all.join('\n')}\n`).digest('hex');
  return { id: manifest.id, version: manifest.version, sha256, name: manifest.name };
}

/**
 * What a model (with all that belongs to it) would be called in a result, from the manifests alone.
 * @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`.
 */
export async function readIdentity(modelsDir: string, id: string, version?: string): Promise<ModelIdentity> {
  return identityOf(await planFinder(modelsDir, await findModel(modelsDir, id, version)));
}

/** Ids and versions of the models that a model needs, itself left out. @throws as `readIdentity`. */
export async function readDependencies(modelsDir: string, model: InstalledModel): Promise<readonly { readonly id: string; readonly version: string }[]> {
  if (model.manifest.task === 'candidate-classifier') return [];
  const below = ({ members, stages }: Plan): readonly { readonly id: string; readonly version: string }[] => [
    ...members.flatMap(({ plan }) => [plan.manifest, ...below(plan)]), ...stages.flatMap(({ classifiers }) => classifiers.map(({ manifest }) => manifest)),
  ].map(({ id, version }) => ({ id, version }));
  return below(await planFinder(modelsDir, model));
}

/** Loads each graph once, and remembers what to let go of. */
function createLoader(options: LoadOptions) {
  const loaded = new Map<string, LoadedModel>();
  async function graph<Manifest extends GraphManifest>(manifest: Manifest, folder: string): Promise<LoadedModel<Manifest>> {
    const known = loaded.get(folder) ?? await loadGraph(manifest, folder, options);
    loaded.set(folder, known);
    return known as LoadedModel<Manifest>;
  }
  return {
    graph,
    execution(): Execution {
      const sessions = [...loaded.values()].map(({ session }) => session);
      const fallen = sessions.find(({ fallback }) => fallback !== undefined);
      return { provider: fallen ? 'cpu' : sessions[0]?.provider ?? 'cpu', threads: options.threads ?? defaultThreads, ...(fallen?.fallback !== undefined && { fallback: fallen.fallback }) };
    },
    async release(): Promise<void> {
      await Promise.all([...loaded.values()].map(({ session }) => session.release()));
    },
  };
}

async function loadFinder(plan: Plan, load: ReturnType<typeof createLoader>): Promise<Finder> {
  const stages: Stage[] = [];
  const { manifest } = plan;
  let session: ModelSession | undefined;
  const members: { finder: Finder; weight: number }[] = [];
  // One graph after the other: each may take hundreds of megabytes while it is optimised.
  if (manifest.task === 'detector') ({ session } = await load.graph(manifest, plan.folder));
  for (const member of plan.members) members.push({ finder: await loadFinder(member.plan, load), weight: member.weight });
  for (const { stage, classifiers } of plan.stages) {
    const models: Stage['classifiers'][number][] = [];
    for (const { manifest: own, folder, weight } of classifiers) models.push({ model: await load.graph(own, folder), weight });
    stages.push({ ...stage, classifiers: models });
  }
  if (manifest.task === 'ensemble') return { kind: 'ensemble', manifest, members, stages };
  if (!session) throw new TypeError('a detector has a session');
  return { kind: 'detector', manifest, session, stages };
}

/**
 * Loads a model and all that belongs to it, and checks hashes, graphs and test vectors.
 * @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`, `MODEL_HASH_MISMATCH`, `MODEL_OUTPUT_INVALID`, `MODEL_FAILED`, `MODEL_MEMORY_EXCEEDED`.
 */
export async function loadPipeline(modelsDir: string, id: string, options: LoadOptions = {}): Promise<ModelPipeline> {
  return loadInstalled(modelsDir, await findModel(modelsDir, id, options.version), options);
}

async function loadInstalled(modelsDir: string, model: InstalledModel, options: LoadOptions): Promise<ModelPipeline> {
  const plan = await planFinder(modelsDir, model);
  const load = createLoader(options);
  try {
    const finder = await loadFinder(plan, load);
    return { finder, manifest: plan.manifest, execution: load.execution(), identity: identityOf(plan), release: () => load.release() };
  } catch (error) {
    await load.release();
    throw error;
  }
}

/**
 * Checks one installed model with all that belongs to it: hash, names and shapes of the graph, test vector.
 * @throws AppError as `loadPipeline`.
 */
export async function verifyModel(modelsDir: string, model: InstalledModel): Promise<void> {
  const { manifest, folder } = model;
  if (manifest.task === 'candidate-classifier') await (await loadGraph(manifest, folder, {})).session.release();
  else await (await loadInstalled(modelsDir, model, {})).release();
}
