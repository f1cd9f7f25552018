/**
 * UIDs of result objects. They follow from what goes into the objects, so that building the same result twice gives
 * the same bytes under the same UIDs, and no UID ever stands for two contents.
 */
import { createHash } from 'node:crypto';

import { uidFromName } from '../dicom/uid.ts';
import type { UID } from '../dicom/uid.ts';
import type { ResultInput } from './input.ts';

/** Raise it when the layout of the objects changes. */
const formatVersion = '2';

export interface ResultIdentity {
  readonly createdAt: Date;
  uid(role: string): UID;
}

export function identify(input: ResultInput): ResultIdentity {
  const createdAt = input.createdAt ?? new Date();
  const { model, inputHash } = input.findings;
  // Timings differ from run to run and stand in no object.
  const content = { ...input.findings, timingsMs: {} };
  const hash = createHash('sha256');
  hash.update(JSON.stringify([formatVersion, content, input.volume?.geometry ?? null, input.softwareVersion, createdAt.toISOString()]));
  if (input.conclusions !== undefined) hash.update(JSON.stringify(input.conclusions));
  for (const mask of input.masks) hash.update(JSON.stringify([mask.start, mask.size])).update(mask.data);
  for (const { sopInstanceUID } of input.sourceHeaders.references) hash.update(sopInstanceUID);
  const base = [inputHash, model.id, model.version, model.sha256, hash.digest('hex')].join('|');
  return { createdAt, uid: (role) => uidFromName(`${base}|${role}`) };
}

/** The algorithm as deployed: the same for every result of the same model. */
export function deviceUID(input: ResultInput): UID {
  const { model } = input.findings;
  return uidFromName(`device|${model.id}|${model.version}|${model.sha256}`);
}
