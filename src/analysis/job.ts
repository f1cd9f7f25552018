/** The one job there is so far: analyse one study. What goes into the queue and what comes back. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { FindingsDocument } from '../findings/types.ts';

export const analyzeJobName = 'analyze';

export interface ModelIdentity {
  readonly id: string;
  readonly version: string;
  /** Over the model and every model that it is chained with. */
  readonly sha256: string;
}

export interface AnalyzeJobData {
  readonly studyInstanceUID: string;
  readonly model: ModelIdentity;
  readonly instances: readonly {
    readonly sopInstanceUID: string;
    readonly seriesInstanceUID: string;
    readonly blobKey: string;
  }[];
}

/** A DICOM object that the worker wrote, packed for the queue. */
export interface PackedObject {
  readonly role: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** Part 10 bytes, gzip, base64. */
  readonly data: string;
}

export interface AnalyzeJobResult {
  readonly findings: FindingsDocument;
  readonly objects: readonly PackedObject[];
}

/** Same instances with the same content and the same model: the same key, hence the same job (rule of idempotency). */
export function analysisKey(
  studyInstanceUID: string, model: ModelIdentity,
  instances: readonly { readonly sopInstanceUID: string; readonly sha256: string }[],
): string {
  const hash = createHash('sha256');
  hash.update(`${studyInstanceUID}\n${model.id}\n${model.version}\n${model.sha256}\n`);
  const lines = instances.map(({ sopInstanceUID, sha256 }) => `${sopInstanceUID} ${sha256}\n`).sort();
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
}

export function packObject(object: { role: string; sopInstanceUID: string; sopClassUID: string; part10: Uint8Array }): PackedObject {
  const { role, sopInstanceUID, sopClassUID, part10 } = object;
  return { role, sopInstanceUID, sopClassUID, data: gzipSync(part10).toString('base64') };
}

export function unpackObject(object: PackedObject): Uint8Array {
  return gunzipSync(Buffer.from(object.data, 'base64'));
}
