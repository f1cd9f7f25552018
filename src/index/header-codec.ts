/**
 * Headers as they lie in the index: strict DICOM JSON (PS3.18 Annex F), compressed. A CT header of about 7 kB becomes
 * about 1.7 kB in some 50 µs, so that half a million instances stay under 1 GB.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { Dataset } from '../dicom/dataset.ts';
import { toDicomJson } from '../dicom/json.ts';

/** Binary values above this stay in the archive's file only; the header names their place, `bulkdata/TAG.ITEM.TAG`. */
const largestInlineBytes = 64 * 1024;
const level = 3;

/** The header as plain JSON data, without the bytes of long binary values. */
export function headerJson(header: Dataset): string {
  return JSON.stringify(toDicomJson(header, {
    bulkDataURI: (element, path) =>
      element.bytes !== undefined && element.bytes.length > largestInlineBytes ? `bulkdata/${path.join('.')}` : undefined,
  }));
}

export function encodeHeader(header: Dataset): Uint8Array {
  return deflateRawSync(headerJson(header), { level });
}

export function decodeHeader(blob: Uint8Array): Dataset {
  return JSON.parse(inflateRawSync(blob).toString('utf8')) as Dataset;
}
