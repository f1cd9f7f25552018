/** Putting models into the models folder and taking them away, so that nobody ever sees half of one. */
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { flushPath } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import { findModel, manifestFile, readModelFolder, type InstalledModel } from '../inference/installed-models.ts';
import type { ModelManifest } from '../inference/manifest/manifest.ts';
import { errorCode } from '../system-error.ts';

const incoming = '.incoming-';
const leaving = '.leaving-';
/** Staging older than this belongs to nobody. */
const staleMs = 24 * 3600 * 1000;
/** Files that may accompany a model. */
const companions = ['README.md', 'LICENSE', 'LICENSE.txt', 'NOTICE'];

/** A folder that no listing shows, for a model on its way in. */
export async function createStaging(modelsDir: string): Promise<string> {
  await mkdir(modelsDir, { recursive: true });
  const folder = join(modelsDir, `${incoming}${randomUUID()}`);
  await mkdir(folder);
  return folder;
}

/** Removes what crashes left behind. */
export async function removeStale(modelsDir: string): Promise<void> {
  const names = await readdir(modelsDir).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(incoming) || each.startsWith(leaving))) {
    const found = await stat(join(modelsDir, name)).catch(() => undefined);
    if (found && (name.startsWith(leaving) || Date.now() - found.mtimeMs > staleMs)) await rm(join(modelsDir, name), { recursive: true, force: true });
  }
}

/** Names of the files that a manifest speaks of, beside the manifest itself. */
export function filesOf(manifest: ModelManifest): readonly string[] {
  if (manifest.task === 'ensemble') return [];
  const { file, externalData = [], testVector: { input } } = manifest;
  return [...new Set([file, ...externalData.map((each) => each.file), ...(input.kind === 'file' ? [input.file] : [])])];
}

async function fileStats(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  });
}

/**
 * Copies a model (a folder with model.json, or a graph and a manifest elsewhere) into staging: only the files that its manifest
 * names, and no links.
 * @throws AppError `MODEL_MANIFEST_INVALID`, `MODEL_NOT_FOUND` for a missing file or manifest.
 */
export async function stageCopy(staging: string, source: { readonly folder: string; readonly manifestPath?: string; readonly graphPath?: string }): Promise<void> {
  const manifestPath = source.manifestPath ?? join(source.folder, manifestFile);
  if (!(await fileStats(manifestPath))?.isFile()) throw new AppError('MODEL_NOT_FOUND', `there is no manifest at ${basename(manifestPath)}`);
  await copyFile(manifestPath, join(staging, manifestFile), constants.COPYFILE_FICLONE);
  const { manifest } = await readModelFolder(staging);
  const graph = manifest.task === 'ensemble' ? undefined : manifest.file;
  for (const name of [...filesOf(manifest), ...companions]) {
    const from = name === graph && source.graphPath !== undefined ? source.graphPath : join(source.folder, name);
    const isThere = (await fileStats(from))?.isFile() === true;
    if (isThere) await copyFile(from, join(staging, name), constants.COPYFILE_FICLONE);
    else if (!companions.includes(name)) throw new AppError('MODEL_NOT_FOUND', `the file ${name} that the manifest names is missing`);
  }
}

async function flushFiles(folder: string): Promise<void> {
  for (const name of ['.', ...await readdir(folder)]) await flushPath(join(folder, name));
}

async function exists(modelsDir: string, { id, version }: ModelManifest): Promise<InstalledModel | undefined> {
  return findModel(modelsDir, id, version).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'MODEL_NOT_FOUND') return undefined;
    throw error;
  });
}

/**
 * Moves a staged and checked model to its place in one step. The same model again changes nothing.
 * @throws AppError `MODEL_EXISTS` when the version is there with other content: versions never change.
 */
export async function install(modelsDir: string, staging: string): Promise<{ readonly model: InstalledModel; readonly isNew: boolean }> {
  const { manifest } = await readModelFolder(staging);
  const there = await exists(modelsDir, manifest);
  if (there) {
    if (JSON.stringify(there.manifest) !== JSON.stringify(manifest)) throw new AppError('MODEL_EXISTS', `${manifest.id} ${manifest.version} is installed with other content; give the model a new version`, { details: { id: manifest.id, version: manifest.version } });
    await rm(staging, { recursive: true, force: true });
    return { model: there, isNew: false };
  }
  const known = new Set([manifestFile, ...filesOf(manifest), ...companions]);
  for (const name of await readdir(staging)) if (!known.has(name)) await rm(join(staging, name), { recursive: true, force: true });
  await flushFiles(staging);
  await mkdir(join(modelsDir, manifest.id), { recursive: true });
  const target = join(modelsDir, manifest.id, manifest.version);
  await rename(staging, target).catch((cause: unknown): never => {
    throw new AppError('MODEL_EXISTS', `${manifest.id} ${manifest.version} was installed meanwhile`, { cause });
  });
  await flushPath(dirname(target));
  await flushPath(modelsDir);
  return { model: await findModel(modelsDir, manifest.id, manifest.version), isNew: true };
}

/** Takes a model away in one step. @throws AppError `MODEL_IN_USE` for one whose folder holds other versions too. */
export async function uninstall(modelsDir: string, { folder, isVersioned, manifest }: InstalledModel): Promise<void> {
  const others = isVersioned ? [] : (await readdir(folder, { withFileTypes: true })).filter((each) => each.isDirectory());
  if (others.length > 0) throw new AppError('MODEL_IN_USE', `the folder of ${manifest.id} ${manifest.version} also holds added versions; remove those first`);
  const away = join(modelsDir, `${leaving}${randomUUID()}`);
  await rename(folder, away);
  await flushPath(modelsDir);
  await rm(away, { recursive: true, force: true });
}

/** Writes one file into staging. @throws AppError `MODEL_UPLOAD_INVALID` for a name that is no plain file name, or a second file of that name. */
export async function stageFile(staging: string, name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/u.test(name)) throw new AppError('MODEL_UPLOAD_INVALID', 'a file of the model has a name that is no plain file name');
  await writeFile(join(staging, name), content, { flag: 'wx' }).catch((error: unknown): never => {
    if (errorCode(error) === 'EEXIST') throw new AppError('MODEL_UPLOAD_INVALID', `there are two files named ${name}`);
    throw error;
  });
}
