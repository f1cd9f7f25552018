import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeDataset, fileMeta } from '../../src/dicom/encode.ts';
import { ctImageStorage, dataset } from './instances.ts';
import { createServiceFixture, type ServiceFixture } from './service-fixture.ts';

const frames = 400;
const side = 512;
const mib = 1024 * 1024;

let f: ServiceFixture;
beforeEach(async () => {
  f = await createServiceFixture();
});
afterEach(() => f.dispose());

it('memory does not grow with the size of an instance', async () => {
  const header = Buffer.from(encodeDataset(dataset({
    SOPClassUID: ['1.2.840.10008.5.1.4.1.1.2.1'], StudyInstanceUID: ['1.2.3'], SeriesInstanceUID: ['1.2.3.1'], SOPInstanceUID: ['1.2.3.1.1'],
    Rows: [side], Columns: [side], NumberOfFrames: [frames],
  }, 2)));
  const pixelBytes = frames * side * side * 2;
  header.writeUInt32LE(pixelBytes, header.length - 2 - 4);
  const meta = fileMeta({ sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.1.1', transferSyntaxUID: '1.2.840.10008.1.2.1' });
  let peakBytes = 0;
  async function* file(): AsyncGenerator<Uint8Array> {
    yield meta;
    yield header.subarray(0, header.length - 2);
    const frame = new Uint8Array(side * side * 2);
    for (let at = 0; at < frames; at += 1) {
      yield frame;
      peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
    }
  }
  const before = process.memoryUsage().arrayBuffers;
  expect((await f.service.receive(file(), { transport: 'dimse' })).kind).toBe('stored');
  expect(pixelBytes).toBeGreaterThan(200 * mib - 1);
  expect(peakBytes - before).toBeLessThan(32 * mib);
});
