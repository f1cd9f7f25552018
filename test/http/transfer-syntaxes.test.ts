/** Every frame of a multi-frame image under every transfer syntax that DCMTK and GDCM write, by its number and as a whole. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { PixelDataLocation } from '../../src/dicom/pixel-data-location.ts';
import { encodeDataset, fileMeta } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { pixelValues } from '../dicom/synthetic.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

const frames = 3;
const image = { frames, rows: 33, columns: 47 } as const;

let http: TestHttp;
let folder: string;
beforeAll(async () => {
  [http, folder] = [await startHttp(), await mkdtemp(join(tmpdir(), 'phoi-syntaxes-'))];
});
afterAll(async () => {
  await http.close();
  await rm(folder, { recursive: true, force: true });
});

async function get(path: string, accept: string): Promise<Buffer> {
  const answer = await http.app.inject({ url: `/dicom-web${path}`, headers: { accept } });
  expect(answer.statusCode, answer.payload.slice(0, 300)).toBe(200);
  return answer.rawPayload;
}

describe.runIf(hasPrograms('dcmcjpls', 'dcmcrle', 'dcmcjpeg', 'dcmconv', 'gdcmconv'))('frames of every transfer syntax', () => {
  it.each([
    ['implicit', '1.2.840.10008.1.2', ['dcmconv', '+ti']],
    ['big endian', '1.2.840.10008.1.2.2', ['dcmconv', '+tb']],
    ['deflated', '1.2.840.10008.1.2.1.99', ['dcmconv', '+td']],
    ['RLE', '1.2.840.10008.1.2.5', ['dcmcrle']],
    ['JPEG lossless', '1.2.840.10008.1.2.4.70', ['dcmcjpeg', '+e1']],
    ['JPEG-LS', '1.2.840.10008.1.2.4.80', ['dcmcjpls', '+el']],
    ['JPEG-LS in several fragments', '1.2.840.10008.1.2.4.80', ['dcmcjpls', '+el', '+fs', '1']],
    ['JPEG 2000', '1.2.840.10008.1.2.4.90', ['gdcmconv', '--j2k']],
  ])('%s', async (name, transferSyntaxUID, [program, ...options]) => {
    const number = transferSyntaxUID.split('.').at(-1)! + String(options.length);
    const uids = { study: '2.25.1', series: '2.25.2', instance: `2.25.3${number}` };
    const [plain, written] = [join(folder, `${number}.dcm`), join(folder, `${number}.out.dcm`)];
    await writeFile(plain, synthetic({ ...image, ...uids, more: (dataset) => put(dataset, 'SeriesDescription', name) }));
    await runOk(program!, [...options, plain, written]);
    const bytes = await readFile(written);
    const parsed = parsePart10(bytes);
    expect(parsed.meta.transferSyntaxUID).toBe(transferSyntaxUID);
    if (name.includes('fragments')) expect(parsed.pixelData).toMatchObject({ kind: 'encapsulated' });
    await http.store(bytes);

    const all = Buffer.from(Uint16Array.from(pixelValues(image)).buffer);
    const size = all.length / frames;
    const path = `/studies/${uids.study}/series/${uids.series}/instances/${parsed.meta.mediaStorageSOPInstanceUID!}`;
    for (const frame of [3, 1, 2]) {
      const native = await get(`${path}/frames/${frame}`, 'application/octet-stream');
      expect(native.equals(all.subarray((frame - 1) * size, frame * size)), `frame ${frame}`).toBe(true);
    }
    const whole = await get(path, 'application/dicom');
    const decoded = parsePart10(whole);
    expect(decoded.meta.transferSyntaxUID).toBe('1.2.840.10008.1.2.1');
    const { offset, length } = decoded.pixelData as { offset: number; length: number };
    expect(whole.subarray(offset, offset + length).subarray(0, all.length).equals(all)).toBe(true);
    if (parsed.pixelData?.kind === 'encapsulated' && parsed.pixelData.fragments!.length === frames) {
      const stored = await get(`${path}/frames/2`, 'application/octet-stream; transfer-syntax=*');
      const { offset: start, length: stretch } = parsed.pixelData.fragments![1]!;
      expect(stored.equals(bytes.subarray(start, start + stretch))).toBe(true);
    }
  });
});

describe.runIf(hasPrograms('dcmcjpls'))('an image whose bitstream is damaged', () => {
  it('is an error by itself, and does not take its study with it', async () => {
    const uids = { study: '2.25.7', series: '2.25.71' };
    const [plain, written] = [join(folder, 'damaged.dcm'), join(folder, 'damaged.out.dcm')];
    await writeFile(plain, synthetic({ ...uids, instance: '2.25.72' }));
    await runOk('dcmcjpls', ['+el', plain, written]);
    const bytes = await readFile(written);
    const fragment = (parsePart10(bytes).pixelData as Extract<PixelDataLocation, { kind: 'encapsulated' }>).fragments![0]!;
    // The sizes in the frame header of the bitstream (PS3.5 8.2.3) no longer fit the image.
    bytes.fill(0x7f, fragment.offset + 4, fragment.offset + 20);
    await http.store(bytes);
    await http.store(synthetic({ ...uids, instance: '2.25.73' }));
    const path = `/dicom-web/studies/${uids.study}/series/${uids.series}`;
    for (const [url, accept] of [['frames/1', '*/*'], ['rendered', '*/*'], ['', '*/*'], ['', 'application/dicom']] as const) {
      const answer = await http.app.inject({ url: `${path}/instances/2.25.72${url === '' ? '' : `/${url}`}`, headers: { accept } });
      expect(answer.json(), url).toMatchObject({ status: 422, code: 'DICOM_PIXEL_DECODE_FAILED' });
    }
    const study = await http.app.inject({ url: path, headers: { accept: 'multipart/related; type="application/dicom"' } });
    expect(study.statusCode).toBe(200);
    const syntaxes = [...study.payload.matchAll(/application\/dicom; transfer-syntax=([\d.]+)/g)].map(([, uid]) => uid).sort();
    expect(syntaxes).toEqual(['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.80']);
    expect(study.payload.trimEnd().endsWith('--')).toBe(true);
    expect((await http.app.inject('/healthz')).statusCode).toBe(200);
  });
});

describe.runIf(hasPrograms('dcmcrle'))('a small file that stands for gigabytes', () => {
  it('is not converted as a whole, while its frames are to be had', async () => {
    const [plain, written] = [join(folder, 'bomb.dcm'), join(folder, 'bomb.out.dcm')];
    await writeFile(plain, synthetic({
      study: '2.25.8', series: '2.25.81', instance: '2.25.82', rows: 1024, columns: 1024,
      more: (dataset) => putBytes(dataset, 'PixelData', 'OW', new Uint8Array(1024 * 1024 * 2)),
    }));
    await runOk('dcmcrle', [plain, written]);
    const one = parsePart10(await readFile(written));
    const { fragments } = one.pixelData as Extract<PixelDataLocation, { kind: 'encapsulated' }>;
    const bytes = await readFile(written);
    const fragment = bytes.subarray(fragments![0]!.offset - 8, fragments![0]!.offset + fragments![0]!.length);
    const frames = 600;
    const dataset = encodeDataset({ ...one.dataset, '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.7.3'] }, '00280008': { vr: 'IS', Value: [frames] } });
    const meta = fileMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.7.3', sopInstanceUID: '2.25.82', transferSyntaxUID: '1.2.840.10008.1.2.5' });
    const opening = Buffer.from('e07f10004f420000fffffffffeff00e000000000', 'hex');
    const bomb = Buffer.concat([meta, dataset, opening, ...Array.from({ length: frames }, () => fragment), Buffer.from('feffdde000000000', 'hex')]);
    expect(bomb.length).toBeLessThan(20_000_000);
    await http.store(bomb);
    const path = '/studies/2.25.8/series/2.25.81/instances/2.25.82';
    const answer = await http.app.inject({ url: `/dicom-web${path}`, headers: { accept: 'application/dicom' } });
    expect(answer.json()).toMatchObject({ status: 413, code: 'DICOM_TOO_LARGE' });
    expect((await get(`${path}/frames/${frames}`, 'application/octet-stream')).equals(Buffer.alloc(1024 * 1024 * 2))).toBe(true);
  });
});

describe('single-bit frames', () => {
  it('come bit-packed, each from its own first bit', async () => {
    const [rows, columns] = [3, 5];
    const bits = Array.from({ length: rows * columns * frames }, (_, index) => (index * 7) % 3 === 0);
    const packed = new Uint8Array(Math.ceil(bits.length / 8) + 1 & ~1);
    for (const [index, bit] of bits.entries()) if (bit) packed[index >> 3] = packed[index >> 3]! | (1 << (index & 7));
    await http.store(synthetic({
      frames, rows, columns, study: '2.25.1', series: '2.25.9', instance: '2.25.91',
      more: (dataset) => {
        put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.66.4');
        for (const keyword of ['BitsAllocated', 'BitsStored'] as const) put(dataset, keyword, 1);
        put(dataset, 'HighBit', 0);
        putBytes(dataset, 'PixelData', 'OB', packed);
      },
    }));
    for (let frame = 0; frame < frames; frame += 1) {
      const body = await get(`/studies/2.25.1/series/2.25.9/instances/2.25.91/frames/${frame + 1}`, 'application/octet-stream');
      const unpacked = Array.from({ length: rows * columns }, (_, index) => (body[index >> 3]! >> (index & 7) & 1) === 1);
      expect(unpacked).toEqual(bits.slice(frame * rows * columns, (frame + 1) * rows * columns));
    }
  });
});
