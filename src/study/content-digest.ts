/**
 * What "the same bytes" means for an instance: SHA-256 over the transfer syntax UID, a line feed and the data set as it
 * came. The preamble and the file meta information (PS3.10 7.1) stay out, because each sender and each association writes
 * its own: source AE title, implementation, even none at all over DIMSE.
 */
import { createHash } from 'node:crypto';

const prefixBytes = 132;
/** A meta group is a few hundred bytes; private information in it may be long, but not this long. */
const largestMetaBytes = 1024 * 1024;
const longLengthVRs = new Set(['OB', 'OW', 'UN', 'SQ', 'UT', 'OF', 'OD', 'OL', 'OV', 'UC', 'UR', 'SV', 'UV']);

interface MetaEnd {
  readonly end: number;
  readonly transferSyntaxUID: string;
}

/** Walks group 0002, which is explicit VR little endian always (PS3.10 7.1). Undefined while bytes are missing. */
function findMetaEnd(bytes: Buffer): MetaEnd | undefined {
  let transferSyntaxUID = '';
  for (let at = prefixBytes; at + 8 <= bytes.length;) {
    if (bytes.readUInt16LE(at) !== 0x0002) return { end: at, transferSyntaxUID };
    const long = longLengthVRs.has(bytes.toString('latin1', at + 4, at + 6));
    if (long && at + 12 > bytes.length) return undefined;
    const start = at + (long ? 12 : 8);
    const end = start + (long ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
    if (bytes.readUInt16LE(at + 2) === 0x0010) {
      if (end > bytes.length) return undefined;
      transferSyntaxUID = bytes.toString('latin1', start, end).replace(/[\0 ]+$/u, '');
    }
    at = end;
  }
  return undefined;
}

export interface ContentDigest {
  update(chunk: Uint8Array): void;
  /** Lower-case hex. `undefined` where the file never got beyond its meta group. */
  finish(): { readonly sha256: string; readonly datasetOffset: number } | undefined;
}

/** Hashes while the file streams by; only its first bytes are held. */
export function createContentDigest(): ContentDigest {
  const hash = createHash('sha256');
  let head: Buffer | undefined = Buffer.alloc(0);
  let datasetOffset: number | undefined;

  return {
    update(chunk) {
      if (head === undefined) {
        hash.update(chunk);
        return;
      }
      if (head.length > largestMetaBytes) return;
      head = Buffer.concat([head, chunk]);
      const found = findMetaEnd(head);
      if (found === undefined) return;
      datasetOffset = found.end;
      hash.update(`${found.transferSyntaxUID}\n`);
      hash.update(head.subarray(found.end));
      head = undefined;
    },
    finish() {
      return datasetOffset === undefined ? undefined : { sha256: hash.digest('hex'), datasetOffset };
    },
  };
}
