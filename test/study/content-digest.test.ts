import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeDataset, fileMeta } from '../../src/dicom/encode.ts';
import { createContentDigest } from '../../src/study/content-digest.ts';
import { ctImageStorage, dataset } from './instances.ts';

const attributes = { StudyInstanceUID: ['1.2.3'], SeriesInstanceUID: ['1.2.3.1'], SOPInstanceUID: ['1.2.3.1.1'] };
const body = Buffer.from(encodeDataset(dataset(attributes)));
const explicit = '1.2.840.10008.1.2.1';
const meta = (fields: Partial<Parameters<typeof fileMeta>[0]> = {}): Uint8Array =>
  fileMeta({ sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.1.1', transferSyntaxUID: explicit, ...fields });

function digest(file: Uint8Array, chunkBytes: number): ReturnType<ReturnType<typeof createContentDigest>['finish']> {
  const content = createContentDigest();
  for (let at = 0; at < file.length; at += chunkBytes) content.update(file.subarray(at, at + chunkBytes));
  return content.finish();
}
const expected = createHash('sha256').update(`${explicit}\n`).update(body).digest('hex');

describe('the digest of an instance', () => {
  it.each([1, 7, 200, 4096, 1_000_000])('is that of its transfer syntax and data set, in chunks of %i bytes', (chunkBytes) => {
    const head = meta();
    expect(digest(Buffer.concat([head, body]), chunkBytes)).toEqual({ sha256: expected, datasetOffset: head.length });
  });

  it('does not depend on who sent it: another source, another implementation, other lengths, a preamble in use', () => {
    const own = Buffer.from(meta({ sourceApplicationEntityTitle: 'MODALITY_7' }));
    own.write('II*', 0, 'latin1');
    expect(digest(Buffer.concat([own, body]), 300)?.sha256).toBe(expected);
    // Group length wrong, as some writers leave it.
    const wrongLength = Buffer.from(meta());
    wrongLength.writeUInt32LE(4, 140);
    expect(digest(Buffer.concat([wrongLength, body]), 300)?.sha256).toBe(expected);
  });

  it('depends on the transfer syntax and on every byte of the data set', () => {
    expect(digest(Buffer.concat([meta({ transferSyntaxUID: '1.2.840.10008.1.2.4.80' }), body]), 300)?.sha256).not.toBe(expected);
    const changed = Buffer.from(body);
    changed[changed.length - 1]! ^= 1;
    expect(digest(Buffer.concat([meta(), changed]), 300)?.sha256).not.toBe(expected);
  });

  it('is none where the file ends within its meta group or never leaves it', () => {
    expect(digest(meta().subarray(0, 180), 50)).toBeUndefined();
    expect(digest(Buffer.alloc(0), 50)).toBeUndefined();
    const endless = Buffer.alloc(3_000_000);
    for (let at = 132; at + 8 <= endless.length; at += 8) endless.writeUInt16LE(2, at);
    expect(digest(endless, 65_536)).toBeUndefined();
  });
});
