/** The headers of a study's instances and the identity of their pixels; pixel data itself is not kept. */
import { createHash } from 'node:crypto';
import { text } from '../dicom/access.ts';
import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { parsePart10, type ParsedInstance } from '../dicom/parse.ts';
import { toAppError, type AppError } from '../errors.ts';
import type { StudyInstance } from '../volume/choose-series.ts';

export interface InstanceSource {
  readonly sopInstanceUID?: string;
  /** The complete Part 10 file; called up to twice. */
  read(): Promise<Uint8Array>;
}

export interface ReadInstance extends StudyInstance {
  readonly source: InstanceSource;
}

export interface ReadStudy {
  readonly instances: readonly ReadInstance[];
  readonly unreadable: readonly AppError[];
  /** SHA-256 over sorted instance UIDs and pixel digests. */
  readonly inputHash: string;
}

/** Copies binary values, which are views into the file: keeping one would keep the whole file. */
function detach(dataset: Dataset): Dataset {
  const copy: Dataset = {};
  for (const [tag, element] of Object.entries(dataset)) {
    const items = element.vr === 'SQ' ? element.Value?.map((value) => (value !== null && typeof value === 'object' ? detach(value as Dataset) : value)) : undefined;
    const detached: DicomElement = { ...element, ...(element.bytes && { bytes: element.bytes.slice() }), ...(items && { Value: items }) };
    copy[tag] = detached;
  }
  return copy;
}

function pixelDigest(bytes: Uint8Array, { pixelData, inflated }: ParsedInstance): string {
  const hash = createHash('sha256');
  const source = inflated ?? bytes;
  if (pixelData?.kind === 'native') hash.update(source.subarray(pixelData.offset, pixelData.offset + pixelData.length));
  else for (const { offset, length } of pixelData?.fragments ?? []) hash.update(source.subarray(offset, offset + length));
  return hash.digest('hex');
}

/**
 * Reads every instance once. One that is no readable DICOM is counted, not thrown; a source that cannot be read
 * (a missing file) is a failure, since its content is unknown.
 */
export async function readStudy(sources: readonly InstanceSource[], signal: AbortSignal, onProgress: (fraction: number) => void): Promise<ReadStudy> {
  const instances: ReadInstance[] = [];
  const unreadable: AppError[] = [];
  const identities: string[] = [];
  for (const [n, source] of sources.entries()) {
    signal.throwIfAborted();
    const bytes = await source.read();
    try {
      const parsed = parsePart10(bytes);
      const digest = pixelDigest(bytes, parsed);
      instances.push({ dataset: detach(parsed.dataset), transferSyntaxUID: parsed.meta.transferSyntaxUID, pixelDigest: digest, source });
      identities.push(`${text(parsed.dataset, 'SOPInstanceUID') ?? ''} ${digest}`);
    } catch (error) {
      unreadable.push(toAppError(error));
      identities.push(`${source.sopInstanceUID ?? ''} unreadable ${createHash('sha256').update(bytes).digest('hex')}`);
    }
    onProgress((n + 1) / sources.length);
  }
  const hash = createHash('sha256');
  for (const identity of identities.sort()) hash.update(`${identity}\n`);
  return { instances, unreadable, inputHash: hash.digest('hex') };
}
