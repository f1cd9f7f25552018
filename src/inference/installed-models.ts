/**
 * Models as folders: `models/<id>/model.json` for the one version that was shipped or copied there, and
 * `models/<id>/<version>/model.json` for those that were added. A version never changes.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toAppError } from '../errors.ts';
import { modelId, modelVersion } from './manifest/common.ts';
import type { ModelManifest } from './manifest/manifest.ts';
import { invalidField, validateManifest } from './manifest/validate.ts';

export const manifestFile = 'model.json';
const idPattern = new RegExp(modelId, 'u');
const versionPattern = new RegExp(modelVersion, 'u');

/** A model that is installed, its manifest checked; the graph is not looked at. */
export interface InstalledModel {
  readonly manifest: ModelManifest;
  /** The folder that holds the manifest and its files. */
  readonly folder: string;
  /** True where the folder is `<id>/<version>`. */
  readonly isVersioned: boolean;
}

/** One entry of the models folder: what is there, or what is wrong with it. `place` is its folder, relative to the models folder. */
export type ModelListing = { readonly id: string; readonly place: string } & (InstalledModel | { readonly error: AppError });

/** How a model is named: `id`, or `id@version`. @throws AppError `MODEL_NOT_FOUND`. */
export function parseModelName(name: string): { readonly id: string; readonly version?: string } {
  const [id = '', version, ...rest] = name.split('@');
  const isRight = idPattern.test(id) && (version === undefined || versionPattern.test(version)) && rest.length === 0;
  if (!isRight) throw new AppError('MODEL_NOT_FOUND', 'a model is named by its id, or id@version', { details: { name: name.slice(0, 100) } });
  return { id, ...(version !== undefined && { version }) };
}

async function readFolder(folder: string, id?: string, version?: string): Promise<InstalledModel> {
  const text = await readFile(join(folder, manifestFile), 'utf8').catch((cause: unknown): never => {
    throw new AppError('MODEL_NOT_FOUND', id === undefined ? 'there is no model.json' : `there is no model ${id}`, { cause, details: { id } });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new AppError('MODEL_MANIFEST_INVALID', `model.json${id === undefined ? '' : ` of ${id}`} is not JSON`, { cause, details: { id } });
  }
  const manifest = validateManifest(parsed);
  if (id !== undefined && manifest.id !== id) invalidField('id', `is ${manifest.id}, but the folder is ${id}`);
  if (version !== undefined && manifest.version !== version) invalidField('version', `is ${manifest.version}, but the folder is ${version}`);
  return { manifest, folder, isVersioned: version !== undefined };
}

/** The model in a folder of any name. @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`. */
export async function readModelFolder(folder: string): Promise<InstalledModel> {
  return readFolder(folder);
}

/** Folder names below `models/<id>` that are versions. */
async function versionFolders(modelsDir: string, id: string): Promise<readonly string[]> {
  const entries = await readdir(join(modelsDir, id), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && versionPattern.test(entry.name)).map(({ name }) => name).sort();
}

async function flatModel(modelsDir: string, id: string): Promise<InstalledModel | undefined> {
  try {
    return await readFolder(join(modelsDir, id), id);
  } catch (error) {
    if (toAppError(error).code === 'MODEL_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * The model of this id and version. Without a version: the one in `models/<id>` itself, else the only one.
 * @throws AppError `MODEL_NOT_FOUND`, also where several versions make it unclear; `MODEL_MANIFEST_INVALID`.
 */
export async function findModel(modelsDir: string, id: string, version?: string): Promise<InstalledModel> {
  parseModelName(version === undefined ? id : `${id}@${version}`);
  const versions = await versionFolders(modelsDir, id);
  if (version !== undefined && versions.includes(version)) return readFolder(join(modelsDir, id, version), id, version);
  const flat = await flatModel(modelsDir, id);
  if (flat && (version === undefined || flat.manifest.version === version)) return flat;
  const [only] = versions;
  if (version === undefined && only !== undefined && versions.length === 1) return readFolder(join(modelsDir, id, only), id, only);
  const why = version !== undefined ? `there is no version ${version} of the model ${id}`
    : versions.length > 1 ? `there are several versions of ${id}: ${versions.join(', ')}; name one` : `there is no model ${id}`;
  throw new AppError('MODEL_NOT_FOUND', why, { details: { id } });
}

/** @throws AppError `MODEL_NOT_FOUND`, `MODEL_MANIFEST_INVALID`. */
export async function readManifest(modelsDir: string, id: string, version?: string): Promise<ModelManifest> {
  return (await findModel(modelsDir, id, version)).manifest;
}

async function listing(modelsDir: string, id: string, version?: string): Promise<ModelListing | undefined> {
  const place = version === undefined ? id : `${id}/${version}`;
  try {
    return { id, place, ...await readFolder(join(modelsDir, place), id, version) };
  } catch (error) {
    const known = toAppError(error);
    return known.code === 'MODEL_NOT_FOUND' && version === undefined ? undefined : { id, place, error: known };
  }
}

/** Every folder that holds a manifest, by name; a broken one is listed with its error. */
export async function listModels(modelsDir: string): Promise<readonly ModelListing[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true });
  const ids = entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(({ name }) => name).sort();
  const found = await Promise.all(ids.flatMap(async (id) => {
    const versions = await versionFolders(modelsDir, id);
    return Promise.all([listing(modelsDir, id), ...versions.map((version) => listing(modelsDir, id, version))]);
  }));
  return found.flat().filter((entry) => entry !== undefined);
}
