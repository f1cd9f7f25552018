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
  /** `analysisKey` of the input; a rerun of the same input has it too. Absent on jobs of earlier releases. */
  readonly inputKey?: string;
  readonly instances: readonly {
    readonly sopInstanceUID: string;
    readonly seriesInstanceUID: string;
    /** Digest and length of the whole file in the archive of the server. */
    readonly blobKey: string;
    /** Of the content, whatever meta group an archive writes before it. Absent on jobs of earlier releases. */
    readonly sha256?: string;
  }[];
  /** The result is stored apart, compared and never shown. */
  readonly shadow?: boolean;
}

/** A DICOM object that the worker wrote, packed for the queue. */
export interface PackedObject {
  readonly role: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** Where the object exists in several languages. */
  readonly language?: 'en' | 'vi';
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

/**
 * Key of a run that is asked for although the input has been analysed: again, or because its result is not the current
 * one. One run for each current version, so that asking twice is asking once.
 */
export function rerunKey(inputKey: string, currentVersion: number): string {
  return `${inputKey}-after-${currentVersion}`;
}

/** Of an input whose results were lost, so often: with the index, or with a study that was removed and has come again. */
export function lostKey(inputKey: string, times: number): string {
  return `${inputKey}-lost-${times}`;
}

export function packObject(object: { role: string; sopInstanceUID: string; sopClassUID: string; language?: 'en' | 'vi'; part10: Uint8Array }): PackedObject {
  const { role, sopInstanceUID, sopClassUID, language, part10 } = object;
  return { role, sopInstanceUID, sopClassUID, ...(language === undefined ? {} : { language }), data: gzipSync(part10).toString('base64') };
}

export function unpackObject(object: PackedObject): Uint8Array {
  return gunzipSync(Buffer.from(object.data, 'base64'));
}
