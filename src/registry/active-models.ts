/** Which model reads the studies (the champion) and which run along unseen (the shadows): a small file beside the data. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { writeDurably } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import { modelId, modelVersion } from '../inference/manifest/common.ts';
import { unlessMissing } from '../system-error.ts';

const named = Type.Object({ id: Type.String({ pattern: modelId }), version: Type.String({ pattern: modelVersion }) }, { additionalProperties: false });

/** Most shadows at a time: each costs as much as the champion. */
export const mostShadows = 4;

export const activeModelsSchema = Type.Object({ champion: named, shadows: Type.Array(named, { maxItems: mostShadows }) }, { additionalProperties: false });
export type ActiveModels = Static<typeof activeModelsSchema>;
export type ModelName = Static<typeof named>;

export const sameModel = (a: ModelName, b: ModelName): boolean => a.id === b.id && a.version === b.version;

const fileOf = (dataDir: string): string => join(dataDir, 'active-models.json');

/** Undefined while nobody has chosen: then the settings name the champion. @throws AppError `CONFIG_INVALID` for a damaged file. */
export async function readActiveModels(dataDir: string): Promise<ActiveModels | undefined> {
  const text = await unlessMissing(readFile(fileOf(dataDir), 'utf8'));
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'active-models.json is not JSON', { cause });
  }
  if (!Value.Check(activeModelsSchema, value)) throw new AppError('CONFIG_INVALID', 'active-models.json does not name a champion and shadows');
  return value;
}

/** Durable when it resolves; a crash leaves the old file or the new one. */
export async function writeActiveModels(dataDir: string, active: ActiveModels): Promise<void> {
  await writeDurably(fileOf(dataDir), `${JSON.stringify(active, undefined, 2)}\n`);
}
