import { randomBytes } from 'node:crypto';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeDataset, encodePart10, fileMeta } from '../../src/dicom/encode.ts';
import { ctImageStorage, dataset, slice, stream, type Attributes } from './instances.ts';
import { createServiceFixture, type ServiceFixture } from './service-fixture.ts';

let f: ServiceFixture;
beforeEach(async () => {
  f = await createServiceFixture({ maxInstanceBytes: 4_000_000 });
});
afterEach(() => f.dispose());

const identity: Attributes = { StudyInstanceUID: ['1.2.3'], SeriesInstanceUID: ['1.2.3.1'], SOPInstanceUID: ['1.2.3.1.1'], InstanceNumber: [1] };

async function nothingWasKept(): Promise<void> {
  expect(await f.keys()).toEqual([]);
  expect(await readdir(join(f.dataDir, 'archive/incoming'))).toEqual([]);
  expect((await f.index.worklist({ limit: 1, offset: 0 })).total).toBe(0);
}

describe('an instance', () => {
  it('is in the archive byte for byte and in the index when it is acknowledged', async () => {
    const file = slice(1);
    const outcome = await f.service.receive(stream(file), { transport: 'dimse' }, { sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.1.1', studyInstanceUID: '1.2.3' });
    expect(outcome).toEqual({ kind: 'stored', sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.1.1', seriesInstanceUID: '1.2.3.1', studyInstanceUID: '1.2.3' });
    const record = (await f.index.instance('1.2.3.1.1'))!;
    expect(Buffer.compare(await f.archive.read(record.blobKey), file)).toBe(0);
    expect(record).toMatchObject({ sizeBytes: file.length, transferSyntaxUID: '1.2.840.10008.1.2.1', own: false });
    expect(record.header['7FE00010']).toBeUndefined();
  });

  it.each([1, 131, 132, 133, 1000, 100_000])('may come in pieces of %i bytes', async (chunkBytes) => {
    expect((await f.service.receive(stream(slice(1), chunkBytes), { transport: 'stow' })).kind).toBe('stored');
  });

  it('is not confused by a transport that uses its buffer again', async () => {
    const file = slice(1);
    async function* reused(): AsyncGenerator<Uint8Array> {
      const buffer = Buffer.alloc(100);
      for (let at = 0; at < file.length; at += 100) yield buffer.subarray(0, Buffer.from(file).copy(buffer, 0, at, at + 100));
    }
    await f.service.receive(reused(), { transport: 'dimse' });
    const record = (await f.index.instance('1.2.3.1.1'))!;
    expect(Buffer.compare(await f.archive.read(record.blobKey), file)).toBe(0);
    expect(await f.receive(file)).toBe('duplicate');
  });

  it('with a header longer than the part that is kept in memory is read from the file', async () => {
    const long = encodePart10(dataset({ ...identity, ImageComments: ['x'.repeat(9000)], TextValue: ['y'.repeat(1_500_000)] }), { values: 'received' });
    expect((await f.service.receive(stream(long, 65_536), { transport: 'stow' })).kind).toBe('stored');
  });

  it.each(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99'])('in transfer syntax %s is stored as it came', async (transferSyntaxUID) => {
    const file = encodePart10(dataset(identity), { transferSyntaxUID });
    expect(await f.receive(file)).toBe('stored');
    expect((await f.index.instance('1.2.3.1.1'))!.transferSyntaxUID).toBe(transferSyntaxUID);
  });

  it('with UIDs that old equipment writes, leading zeros, is not refused', async () => {
    expect(await f.receive(slice(1, { StudyInstanceUID: ['1.2.0117.3'] }))).toBe('stored');
  });
});

describe('the same instance again', () => {
  const body = encodeDataset(dataset(identity));
  const withMeta = (aet: string): Uint8Array => Buffer.concat([
    fileMeta({ sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.1.1', transferSyntaxUID: '1.2.840.10008.1.2.1', sourceApplicationEntityTitle: aet }), body,
  ]);

  it('through another association is a duplicate, and leaves no second file', async () => {
    expect(await f.receive(withMeta('CT_1'))).toBe('stored');
    expect(await f.receive(withMeta('CT_1'))).toBe('duplicate');
    expect(await f.receive(withMeta('PACS'))).toBe('duplicate');
    expect((await f.keys()).length).toBe(1);
    expect(await f.item()).toMatchObject({ instanceCount: 1, conflictCount: 0 });
  });

  it('on several associations at the same time is stored once', async () => {
    const kinds = await Promise.all(['A', 'B', 'C', 'D', 'A', 'B'].map((aet) => f.receive(withMeta(aet))));
    expect(kinds.filter((kind) => kind === 'stored').length).toBe(1);
    expect(kinds.filter((kind) => kind === 'duplicate').length).toBe(5);
    const keys = await f.keys();
    expect(keys).toEqual([(await f.index.instance('1.2.3.1.1'))!.blobKey]);
  });

  it('with other pixels is kept beside the first and flagged; the same conflict again keeps one file of it', async () => {
    await f.receive(withMeta('CT_1'));
    const other = encodePart10(dataset({ ...identity, WindowCenter: [40] }));
    expect(await f.receive(other)).toBe('conflict');
    expect(await f.receive(other)).toBe('conflict');
    expect((await f.keys()).length).toBe(2);
    const [conflict] = await f.index.conflicts('1.2.3');
    expect(Buffer.compare(await f.archive.read(conflict!.blobKey), other)).toBe(0);
    expect(Buffer.compare(await f.archive.read((await f.index.instance('1.2.3.1.1'))!.blobKey), withMeta('CT_1'))).toBe(0);
    expect(await f.item()).toMatchObject({ conflictCount: 1, instanceCount: 1 });
  });

  it.each([
    ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'], ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'], ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99'],
  ])('in another native transfer syntax is a duplicate: %s, then %s', async (first, second) => {
    await f.receive(encodePart10(dataset(identity), { transferSyntaxUID: first }));
    expect(await f.receive(encodePart10(dataset(identity), { transferSyntaxUID: second }))).toBe('duplicate');
    expect(await f.receive(encodePart10(dataset({ ...identity, PatientID: ['P2'] }), { transferSyntaxUID: second }))).toBe('conflict');
    const otherPixels = Buffer.from(encodePart10(dataset(identity), { transferSyntaxUID: '1.2.840.10008.1.2' }));
    otherPixels[otherPixels.length - 1]! ^= 1;
    expect(await f.receive(otherPixels)).toBe('conflict');
    expect((await f.item()).conflictCount).toBe(2);
  });

  it.each(['CT_1', 'PACS'])('replaces a file that was lost, also when it comes from %s', async (aet) => {
    await f.receive(withMeta('CT_1'));
    const { blobKey } = (await f.index.instance('1.2.3.1.1'))!;
    await truncate(f.archive.path(blobKey), 100);
    expect(await f.receive(withMeta(aet))).toBe('duplicate');
    const healed = (await f.index.instance('1.2.3.1.1'))!;
    expect((await f.archive.read(healed.blobKey)).length).toBe(healed.sizeBytes);
    expect(await f.keys()).toEqual([healed.blobKey]);
    expect(await f.item()).toMatchObject({ instanceCount: 1, conflictCount: 0 });
  });

  it('claimed for another study is not moved', async () => {
    await f.receive(withMeta('CT_1'));
    expect(await f.receive(encodePart10(dataset({ ...identity, StudyInstanceUID: ['1.2.4'] })))).toBe('conflict');
    expect((await f.index.instance('1.2.3.1.1'))!.studyInstanceUID).toBe('1.2.3');
    expect((await f.item()).conflictCount).toBe(1);
  });
});

describe('what cannot be stored is refused with a code, and nothing of it is kept', () => {
  const whole = Buffer.from(slice(1));
  const lying = (length: number): Buffer => {
    const file = Buffer.from(whole);
    file.writeUInt32LE(length, file.length - 128 - 4);
    return file;
  };
  const cases: readonly (readonly [what: string, file: Uint8Array, code: string])[] = [
    ['nothing', Buffer.alloc(0), 'DICOM_NOT_PART10'],
    ['a picture', Buffer.concat([Buffer.from('\x89PNG\r\n'), randomBytes(5000)]), 'DICOM_NOT_PART10'],
    ['a file that ends in its preamble', whole.subarray(0, 100), 'DICOM_NOT_PART10'],
    ['a file that ends in its pixel data', whole.subarray(0, whole.length - 1), 'DICOM_TRUNCATED'],
    ['a file that ends in its header', whole.subarray(0, 600), 'DICOM_TRUNCATED'],
    ['a file that declares 4 GB', lying(0xffff_fff0), 'DICOM_TRUNCATED'],
    ['a file without a study', slice(1, { StudyInstanceUID: undefined }), 'DICOM_MISSING_ATTRIBUTE'],
    ['a file with an empty series', slice(1, { SeriesInstanceUID: [] }), 'DICOM_MISSING_ATTRIBUTE'],
    ['a UID that is a path', slice(1, { StudyInstanceUID: ['../../etc/passwd'] }), 'DICOM_INVALID_UID'],
    ['a UID that is an absolute path', slice(1, { SeriesInstanceUID: ['/etc/passwd'] }), 'DICOM_INVALID_UID'],
    ['a UID with two dots', slice(1, { SeriesInstanceUID: ['1..2'] }), 'DICOM_INVALID_UID'],
    ['a UID that is too long', slice(1, { StudyInstanceUID: [`1.${'2'.repeat(70)}`] }), 'DICOM_INVALID_UID'],
    ['a UID that would end a statement', slice(1, { StudyInstanceUID: ["1.2'; DROP TABLE studies"] }), 'DICOM_INVALID_UID'],
  ];
  it.each(cases)('%s', async (_, file, code) => {
    await expect(f.receive(file)).rejects.toMatchObject({ code });
    await nothingWasKept();
  });

  it('a file larger than the limit, before it has filled the disk', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield slice(1);
      for (;;) {
        sent += 100_000;
        yield new Uint8Array(100_000);
      }
    }
    await expect(f.service.receive(endless(), { transport: 'stow' })).rejects.toMatchObject({ code: 'DICOM_TOO_LARGE', statusCode: 413 });
    expect(sent).toBeLessThan(5_000_000);
    await nothingWasKept();
  });

  it('a film, before it has filled the disk', async () => {
    let sent = 0;
    async function* film(): AsyncGenerator<Uint8Array> {
      for (;;) {
        sent += 100;
        yield new Uint8Array(100);
      }
    }
    await expect(f.service.receive(film(), { transport: 'upload' })).rejects.toMatchObject({ code: 'DICOM_NOT_PART10' });
    expect(sent).toBe(200);
    await nothingWasKept();
  });

  it('a sender that dies in the middle', async () => {
    async function* dying(): AsyncGenerator<Uint8Array> {
      yield slice(1).subarray(0, 700);
      throw new Error('connection reset');
    }
    await expect(f.service.receive(dying(), { transport: 'dimse' })).rejects.toThrow('connection reset');
    await nothingWasKept();
    expect(await f.receive(slice(1))).toBe('stored');
  });

  it.each([
    [{ sopClassUID: '1.2.840.10008.5.1.4.1.1.4' }], [{ sopInstanceUID: '1.2.3.1.2' }], [{ studyInstanceUID: '1.2.4' }],
  ])('another instance than was announced: %j', async (expected) => {
    await expect(f.service.receive(stream(slice(1)), { transport: 'dimse' }, expected)).rejects.toMatchObject({ code: 'DICOM_SOP_MISMATCH' });
    await nothingWasKept();
  });

  it('an instance that the index cannot take', async () => {
    await f.index.close();
    await expect(f.receive(slice(1))).rejects.toThrow();
    expect(await f.keys()).toEqual([]);
    await f.restart();
    expect(await f.receive(slice(1))).toBe('stored');
  });
});
