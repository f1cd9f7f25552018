/** Models as folders: `models/<id>/model.json` beside the graph it describes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, toAppError } from '../errors.ts';
import type { ClassifierManifest, DetectorManifest, ModelManifest } from './manifest.ts';
import { checkGraph, checkTestVector } from './check-model.ts';
import { openSession, type ModelSession } from './session.ts';
import { validateManifest } from './validate-manifest.ts';

const manifestFile = 'model.json';
const idPattern = /^[a-z0-9][a-z0-9-]{0,62}$/u;

/** A model that is ready to run. */
export interface LoadedModel<Manifest extends ModelManifest = ModelManifest> {
  readonly manifest: Manifest;
  readonly session: ModelSession;
}

/** A detector and the classifier it is chained to, if any. */
export interface ModelPipeline {
  readonly detector: LoadedModel<DetectorManifest>;
  readonly classifier?: LoadedModel<ClassifierManifest>;
  /** What `findings.json` says of the model; with a chain the hash covers both graphs. */
  readonly identity: { readonly id: string; readonly version: string; readonly sha256: string; readonly name: string };
  release(): Promise<void>;
}

export interface LoadOptions {
  /** Threads of one run, default 2. */
  readonly threads?: number;
  /** Run the test vectors, default true. */
  readonly verify?: boolean;
}

/** One entry of the models folder: its manifest, or what is wrong with it. */
export type ModelListing = { readonly id: string } & ({ readonly manifest: ModelManifest } | { readonly error: AppError });

/** @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`. */
export async function readManifest(modelsDir: string, id: string): Promise<ModelManifest> {
  if (!idPattern.test(id)) throw new AppError('MODEL_NOT_FOUND', 'the model id is not a folder name of models', { details: { id } });
  const text = await readFile(join(modelsDir, id, manifestFile), 'utf8').catch((cause: unknown): never => {
    throw new AppError('MODEL_NOT_FOUND', `there is no model ${id}`, { cause, details: { id } });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new AppError('MODEL_MANIFEST_INVALID', `model.json of ${id} is not JSON`, { cause, details: { id } });
  }
  const manifest = validateManifest(parsed);
  if (manifest.id !== id) throw new AppError('MODEL_MANIFEST_INVALID', `model.json: id: is ${manifest.id}, but the folder is ${id}`, { details: { field: 'id' } });
  return manifest;
}

/** Every folder that holds a manifest, by name; a broken one is listed with its error. */
export async function listModels(modelsDir: string): Promise<readonly ModelListing[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true });
  const listings = await Promise.all(
    entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(async ({ name: id }): Promise<ModelListing> => {
      try {
        return { id, manifest: await readManifest(modelsDir, id) };
      } catch (error) {
        return { id, error: toAppError(error) };
      }
    }),
  );
  return listings
    .filter((listing) => !('error' in listing && listing.error.code === 'MODEL_NOT_FOUND'))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function loadModel<Manifest extends ModelManifest>(modelsDir: string, manifest: Manifest, { threads = 2, verify = true }: LoadOptions): Promise<LoadedModel<Manifest>> {
  const folder = join(modelsDir, manifest.id);
  const path = join(folder, manifest.file);
  const found = await sha256File(path).catch((cause: unknown): never => {
    throw new AppError('MODEL_NOT_FOUND', `${manifest.file} of ${manifest.id} cannot be read`, { cause, details: { id: manifest.id } });
  });
  if (found !== manifest.sha256) throw new AppError('MODEL_HASH_MISMATCH', `${manifest.file} of ${manifest.id} is not the file that its manifest names`, { details: { id: manifest.id, found } });
  const session = await openSession(path, threads);
  try {
    checkGraph(manifest, session);
    if (verify) await checkTestVector(manifest, session, folder);
  } catch (error) {
    await session.release();
    throw error;
  }
  return { manifest, session };
}

/**
 * Checks one model on its own: hash, names and shapes of the graph, test vector.
 * @throws AppError as `loadPipeline`.
 */
export async function verifyModel(modelsDir: string, manifest: ModelManifest): Promise<void> {
  await (await loadModel(modelsDir, manifest, {})).session.release();
}

interface ChainManifests {
  readonly detector: DetectorManifest;
  readonly classifier?: ClassifierManifest;
}

async function readChain(modelsDir: string, id: string): Promise<ChainManifests> {
  const detector = await readManifest(modelsDir, id);
  if (detector.task !== 'detector') throw new AppError('MODEL_MANIFEST_INVALID', `model.json: task: ${id} is no detector`, { details: { field: 'task' } });
  if (detector.chain === undefined) return { detector };
  const classifier = await readManifest(modelsDir, detector.chain.candidateClassifier);
  if (classifier.task !== 'candidate-classifier') {
    throw new AppError('MODEL_MANIFEST_INVALID', `model.json: chain.candidateClassifier: ${classifier.id} is no candidate-classifier`, { details: { field: 'chain.candidateClassifier' } });
  }
  return { detector, classifier };
}

function identityOf({ detector, classifier }: ChainManifests): ModelPipeline['identity'] {
  const sha256 = classifier === undefined ? detector.sha256
    : createHash('sha256').update(`${detector.sha256}\n${classifier.sha256}\n`).digest('hex');
  return { id: detector.id, version: detector.version, sha256, name: detector.name };
}

/**
 * What a model (with its chain) would be called in a result, from the manifests alone.
 * @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`.
 */
export async function readIdentity(modelsDir: string, id: string): Promise<ModelPipeline['identity']> {
  return identityOf(await readChain(modelsDir, id));
}

/**
 * Loads a detector and what it is chained to, and checks hashes, graphs and test vectors.
 * @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`, `MODEL_HASH_MISMATCH`, `MODEL_OUTPUT_INVALID`, `MODEL_FAILED`.
 */
export async function loadPipeline(modelsDir: string, id: string, options: LoadOptions = {}): Promise<ModelPipeline> {
  const manifests = await readChain(modelsDir, id);
  const detector = await loadModel(modelsDir, manifests.detector, options);
  const classifier = manifests.classifier && await loadModel(modelsDir, manifests.classifier, options).catch(async (error: unknown): Promise<never> => {
    await detector.session.release();
    throw error;
  });
  return {
    detector,
    ...(classifier && { classifier }),
    identity: identityOf(manifests),
    async release() {
      await detector.session.release();
      await classifier?.session.release();
    },
  };
}
