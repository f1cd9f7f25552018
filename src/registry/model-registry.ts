/** What an administrator may do with models: list, add, check, remove, choose which are in use. The command line and REST share it. */
import { rm } from 'node:fs/promises';
import { analyzeJobName, type AnalyzeJobData, type ModelIdentity } from '../analysis/job.ts';
import { AppError, toAppError } from '../errors.ts';
import { findModel, listModels, parseModelName, readDependencies, readIdentity, readModelFolder, type InstalledModel, type ModelListing } from '../inference/registry.ts';
import type { JobQueue } from '../queue/port.ts';
import { readActiveModels, sameModel, writeActiveModels, type ActiveModels, type ModelName } from './active-models.ts';
import { checkInProcess, type CheckLimits } from './check-process.ts';
import { createStaging, install, removeStale, stageCopy, uninstall } from './install.ts';

export interface ModelRegistryDeps {
  readonly modelsDir: string;
  readonly dataDir: string;
  /** Id (or id@version) of the champion while nobody has chosen one. */
  readonly defaultModel: string;
  readonly limits: CheckLimits;
  /** To see which models waiting jobs need; without it that is not looked at. */
  readonly queue?: Pick<JobQueue, 'list'>;
}

export type ModelRole = 'champion' | 'shadow' | 'part' | 'none';

export interface ListedModel {
  readonly id: string;
  readonly version?: string;
  readonly listing: ModelListing;
  /** 'part': a model in use is made of it. */
  readonly role: ModelRole;
}

export type ModelSource = { readonly folder: string; readonly manifestPath?: string; readonly graphPath?: string };

export interface ModelRegistry {
  list(): Promise<readonly ListedModel[]>;
  active(): Promise<ActiveModels>;
  champion(): Promise<ModelIdentity>;
  shadows(): Promise<readonly ModelIdentity[]>;
  /** Checks and installs; the same again changes nothing. */
  add(source: ModelSource): Promise<{ readonly model: InstalledModel; readonly isNew: boolean }>;
  /** As `add`, for files that `fill` writes into a staging folder. */
  addStaged(fill: (staging: string) => Promise<void>): Promise<{ readonly model: InstalledModel; readonly isNew: boolean }>;
  /** @throws AppError `MODEL_…`: what is wrong with it. */
  check(name: string): Promise<InstalledModel>;
  /** @throws AppError `MODEL_IN_USE`. */
  remove(name: string): Promise<InstalledModel>;
  /** Chooses champion and shadows, each checked first. Later studies are read by these. */
  activate(active: ActiveModels): Promise<void>;
}

const unfinished = ['waiting', 'active', 'delayed'] as const;

const nameOf = ({ manifest: { id, version } }: InstalledModel): ModelName => ({ id, version });

export function createModelRegistry({ modelsDir, dataDir, defaultModel, limits, queue }: ModelRegistryDeps): ModelRegistry {
  /** One change at a time, so that what was looked at still holds. */
  let tail: Promise<unknown> = Promise.resolve();
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = tail.then(work);
    tail = run.catch(() => undefined);
    return run;
  }

  const find = async (name: string): Promise<InstalledModel> => {
    const { id, version } = parseModelName(name);
    return findModel(modelsDir, id, version);
  };

  async function active(): Promise<ActiveModels> {
    return await readActiveModels(dataDir) ?? { champion: nameOf(await find(defaultModel)), shadows: [] };
  }

  /** The models in use, and all that they are made of. */
  async function parts({ champion, shadows }: ActiveModels): Promise<readonly ModelName[]> {
    const needed = await Promise.all([champion, ...shadows].map(async ({ id, version }) =>
      readDependencies(modelsDir, await findModel(modelsDir, id, version)).catch((error: unknown) => {
        if (error instanceof AppError) return [];
        throw error;
      })));
    return needed.flat();
  }

  async function whyInUse(model: InstalledModel): Promise<string | undefined> {
    const own = nameOf(model);
    const { champion, shadows } = await active();
    if (sameModel(champion, own)) return 'it reads the studies';
    if (shadows.some((shadow) => sameModel(shadow, own))) return 'it runs along as a shadow';
    for (const listing of await listModels(modelsDir)) {
      if ('error' in listing || sameModel(nameOf(listing), own)) continue;
      const needs = await readDependencies(modelsDir, listing).catch((error: unknown) => {
        if (error instanceof AppError) return [];
        throw error;
      });
      if (needs.some((need) => sameModel(need, own))) return `${listing.manifest.id} ${listing.manifest.version} needs it`;
    }
    for (const job of await queue?.list({ states: unfinished, limit: 100_000 }) ?? []) {
      if (job.name === analyzeJobName && sameModel((job.data as AnalyzeJobData).model, own)) return 'studies that wait for it are in the queue';
    }
    return undefined;
  }

  async function addStaged(fill: (staging: string) => Promise<void>): ReturnType<ModelRegistry['addStaged']> {
    await removeStale(modelsDir);
    const staging = await createStaging(modelsDir);
    try {
      await fill(staging);
      await readModelFolder(staging);
      await checkInProcess({ modelsDir, folder: staging }, limits);
      return await inOrder(() => install(modelsDir, staging));
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      throw error;
    }
  }

  return {
    active,
    async list() {
      const listings = await listModels(modelsDir);
      const now = await active().catch((error: unknown) => {
        if (toAppError(error).code === 'MODEL_NOT_FOUND') return undefined;
        throw error;
      });
      const used = now ? await parts(now).catch(() => []) : [];
      return listings.map((listing): ListedModel => {
        if ('error' in listing) return { id: listing.id, listing, role: 'none' };
        const own = nameOf(listing);
        const role: ModelRole = now && sameModel(now.champion, own) ? 'champion' : now?.shadows.some((shadow) => sameModel(shadow, own)) === true ? 'shadow'
          : used.some((part) => sameModel(part, own)) ? 'part' : 'none';
        return { ...own, listing, role };
      });
    },
    async champion() {
      const { champion: { id, version } } = await active();
      return readIdentity(modelsDir, id, version);
    },
    async shadows() {
      const { shadows } = await active();
      return Promise.all(shadows.map(({ id, version }) => readIdentity(modelsDir, id, version)));
    },
    add: (source) => addStaged((staging) => stageCopy(staging, source)),
    addStaged,
    async check(name) {
      const model = await find(name);
      await checkInProcess({ modelsDir, folder: model.folder }, limits);
      return model;
    },
    remove: (name) => inOrder(async () => {
      const model = await find(name);
      const why = await whyInUse(model);
      if (why !== undefined) throw new AppError('MODEL_IN_USE', `${model.manifest.id} ${model.manifest.version} cannot be removed: ${why}`, { details: { ...nameOf(model) } });
      await uninstall(modelsDir, model);
      return model;
    }),
    activate: (wanted) => inOrder(async () => {
      const all = [wanted.champion, ...wanted.shadows];
      if (all.some((one, n) => all.slice(n + 1).some((other) => sameModel(one, other)))) throw new AppError('MODEL_IN_USE', 'a model can be champion or shadow once');
      for (const { id, version } of all) {
        const { folder } = await findModel(modelsDir, id, version);
        await readIdentity(modelsDir, id, version);
        await checkInProcess({ modelsDir, folder }, limits);
      }
      await writeActiveModels(dataDir, wanted);
    }),
  };
}
