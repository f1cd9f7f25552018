import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { requireText } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { parseMediaType } from '../../src/dicomweb/media-type.ts';
import { parseMultipart } from '../../src/dicomweb/multipart.ts';
import { hasDebianPython, hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { pixelValues } from '../dicom/synthetic.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

const run = promisify(execFile);
const base = '/dicom-web/studies/2.25.1/series/2.25.2/instances/2.25.3';

interface Part {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function partsOf(contentType: string | undefined, payload: Buffer): Promise<Part[]> {
  async function* once(): AsyncGenerator<Buffer> { yield payload; }
  const parts: Part[] = [];
  for await (const part of parseMultipart(once(), parseMediaType(contentType)?.parameters['boundary'])) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of part.body) chunks.push(chunk);
    parts.push({ headers: Object.fromEntries(part.headers), body: Buffer.concat(chunks) });
  }
  return parts;
}

let http: TestHttp;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-wado-'));
  http = await startHttp();
  await http.store(synthetic({ study: '2.25.1', series: '2.25.2', instance: '2.25.3', signed: true }));
  await http.store(synthetic({
    study: '2.25.1', series: '2.25.20', instance: '2.25.30', frames: 3, bitsAllocated: 8, bitsStored: 8,
    more: (dataset) => {
      put(dataset, 'SpecificCharacterSet', 'ISO_IR 100');
      putBytes(dataset, 'EncapsulatedDocument', 'OB', Buffer.alloc(100_000, 0x41));
      const item: Dataset = {};
      putBytes(item, 'EncapsulatedDocument', 'OB', Buffer.alloc(90_000, 0x42));
      put(dataset, 'ReferencedImageSequence', item);
    },
  }));
});
afterAll(async () => {
  await http.close();
  await rm(folder, { recursive: true, force: true });
});

async function get(url: string, accept?: string, headers: Record<string, string> = {}) {
  return http.app.inject({ url, headers: { ...(accept === undefined ? {} : { accept }), ...headers } });
}

describe('WADO-RS', () => {
  it('gives an instance back as it was stored, with its address and validators', async () => {
    const answer = await get(base, 'multipart/related; type="application/dicom"; transfer-syntax=*');
    expect(answer.statusCode).toBe(200);
    const [part, ...more] = await partsOf(answer.headers['content-type'], answer.rawPayload);
    expect(more).toHaveLength(0);
    expect(part?.body).toEqual(Buffer.from(synthetic({ study: '2.25.1', series: '2.25.2', instance: '2.25.3', signed: true })));
    expect(part?.headers['content-location']).toMatch(/\/dicom-web\/studies\/2\.25\.1\/series\/2\.25\.2\/instances\/2\.25\.3$/);
    expect(answer.headers['cache-control']).toContain('immutable');
    expect((await get(base, 'multipart/related; type="application/dicom"; transfer-syntax=*', { 'if-none-match': String(answer.headers.etag) })).statusCode).toBe(304);
    expect((await get(base, 'application/dicom; transfer-syntax=*')).rawPayload.toString('latin1', 128, 132)).toBe('DICM');
  });

  it('gives a study as one part per instance', async () => {
    const answer = await get('/dicom-web/studies/2.25.1', 'multipart/related; type="application/dicom"; transfer-syntax=*');
    expect((await partsOf(answer.headers['content-type'], answer.rawPayload)).map(({ body }) => parsePart10(body).meta.mediaStorageSOPInstanceUID).sort()).toEqual(['2.25.3', '2.25.30']);
  });

  it('gives metadata on three levels with addresses of bulk data that lead to the bytes', async () => {
    for (const path of ['/dicom-web/studies/2.25.1', '/dicom-web/studies/2.25.1/series/2.25.20', '/dicom-web/studies/2.25.1/series/2.25.20/instances/2.25.30']) {
      const answer = await get(`${path}/metadata`, 'application/dicom+json');
      expect(answer.headers['content-type']).toBe('application/dicom+json');
      const found = answer.json<Dataset[]>().find((dataset) => dataset['00080018']?.Value?.[0] === '2.25.30')!;
      expect(found['00100010']?.Value).toEqual([{ Alphabetic: 'Phantom^Synthetic' }]);
      expect(found['7FE00010']?.Value).toBeUndefined();
      expect(found['00080005']?.Value).toEqual(['ISO_IR 192']);
      const top = await get(new URL(found['00420011']!.BulkDataURI!).pathname, 'application/octet-stream');
      expect(top.rawPayload.equals(Buffer.alloc(100_000, 0x41))).toBe(true);
      const nested = (found['00081140']!.Value![0] as Dataset)['00420011']!.BulkDataURI!;
      const answered = await get(new URL(nested).pathname);
      expect((await partsOf(answered.headers['content-type'], answered.rawPayload))[0]?.body.equals(Buffer.alloc(90_000, 0x42))).toBe(true);
      const pixels = await get(new URL(found['7FE00010']!.BulkDataURI!).pathname, 'application/octet-stream');
      expect(pixels.rawPayload).toEqual(Buffer.from(Uint8Array.from(pixelValues({ frames: 3, bitsStored: 8 }))));
    }
  });

  it('gives frames by number, several as parts', async () => {
    const series = '/dicom-web/studies/2.25.1/series/2.25.20/instances/2.25.30';
    const values = Buffer.from(Uint8Array.from(pixelValues({ frames: 3, bitsStored: 8 })));
    const size = 48 * 64;
    const answer = await get(`${series}/frames/3,1`, 'multipart/related; type="application/octet-stream"');
    const parts = await partsOf(answer.headers['content-type'], answer.rawPayload);
    expect(parts.map(({ body }) => body)).toEqual([values.subarray(2 * size), values.subarray(0, size)]);
    expect(parts[0]?.headers['content-location']).toMatch(/frames\/3$/);
    expect(parts[0]?.headers['content-type']).toBe('application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1');
    expect((await get(`${series}/frames/2`, 'application/octet-stream')).rawPayload).toEqual(values.subarray(size, 2 * size));
  });

  it.each([
    [`${base}/frames/2`, '*/*', 404, 'HTTP_NOT_FOUND'],
    [`${base}/frames/0`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    [`${base}/frames/1`, 'image/jp2', 406, 'HTTP_NOT_ACCEPTABLE'],
    [`${base}/bulkdata/00420011`, '*/*', 404, 'HTTP_NOT_FOUND'],
    [`${base}/bulkdata/..%2f..%2fetc%2fpasswd`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    ['/dicom-web/studies/..%2f..%2fetc/metadata', '*/*', 400, 'HTTP_BAD_REQUEST'],
    ['/dicom-web/studies/%zz', '*/*', 400, 'HTTP_BAD_REQUEST'],
    ['/dicom-web/studies/2.25.1/series/2.25.2/instances/2.25.999', '*/*', 404, 'HTTP_NOT_FOUND'],
    ['/dicom-web/studies/2.25.1/series/2.25.20/instances/2.25.3', '*/*', 404, 'HTTP_NOT_FOUND'],
    [base, 'application/dicom+xml', 406, 'HTTP_NOT_ACCEPTABLE'],
    [`${base}/metadata`, 'application/dicom+xml', 406, 'HTTP_NOT_ACCEPTABLE'],
    [`${base}/rendered`, 'image/gif', 406, 'HTTP_NOT_ACCEPTABLE'],
    [`${base}/rendered?window=1`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    [`${base}/rendered?window=1,0`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    [`${base}/rendered?viewport=999999,1`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    [`${base}/rendered?viewport=10,10,5000,0,5,5`, '*/*', 400, 'HTTP_BAD_REQUEST'],
    [`${base}/rendered?quality=0`, '*/*', 400, 'HTTP_BAD_REQUEST'],
  ])('answers GET %s with a coded problem', async (url, accept, status, code) => {
    const answer = await get(url, accept);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it('renders with a window that turns known values into known grays', async () => {
    const values = pixelValues({ signed: true });
    const answer = await get(`${base}/rendered?window=-1024,2000,linear-exact`, 'image/png');
    expect(answer.headers['content-type']).toBe('image/png');
    const { data, info } = await sharp(answer.rawPayload).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([64, 48]);
    for (const index of [0, 1, 500, 3000]) {
      const hu = values[index]! - 1024;
      const gray = Math.round(Math.min(255, Math.max(0, ((hu + 1024) / 2000 + 0.5) * 255)));
      expect(data[index]).toBe(gray);
    }
  });

  it('renders JPEG in the asked size, and thumbnails on every level', async () => {
    const jpeg = await sharp((await get(`${base}/rendered?viewport=32,32`)).rawPayload).metadata();
    expect([jpeg.format, jpeg.width, jpeg.height]).toEqual(['jpeg', 32, 24]);
    const part = await sharp((await get(`${base}/rendered?viewport=200,200,10,4,20,10`, 'image/png')).rawPayload).metadata();
    expect([part.width, part.height]).toEqual([200, 100]);
    for (const path of ['/dicom-web/studies/2.25.1', '/dicom-web/studies/2.25.1/series/2.25.20', base]) {
      const thumbnail = await sharp((await get(`${path}/thumbnail`)).rawPayload).metadata();
      expect([thumbnail.format, thumbnail.width]).toEqual(['jpeg', 128]);
    }
  });

  it('takes the wanted type from a link as well', async () => {
    expect((await get(`${base}/rendered?accept=image/png`, 'text/html')).headers['content-type']).toBe('image/png');
    expect((await get(`${base}?accept=${encodeURIComponent('application/dicom; transfer-syntax=*')}`, 'text/html')).headers['content-type']).toBe('application/dicom');
  });

  it('says that an object without pixels has none', async () => {
    await http.store(synthetic({
      study: '2.25.5', series: '2.25.6', instance: '2.25.7',
      more: (dataset) => {
        put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.88.33');
        for (const tag of ['7FE00010', '00280010', '00280011', '00280100']) Reflect.deleteProperty(dataset, tag);
      },
    }));
    const path = '/dicom-web/studies/2.25.5/series/2.25.6/instances/2.25.7';
    expect((await get(`${path}/rendered`)).json()).toMatchObject({ code: 'HTTP_NOT_FOUND' });
    expect((await get('/dicom-web/studies/2.25.5/thumbnail')).json()).toMatchObject({ code: 'HTTP_NOT_FOUND' });
    expect((await get(`${path}/metadata`)).json<Dataset[]>()[0]?.['7FE00010']).toBeUndefined();
  });
});

describe.runIf(hasSharedData() && hasPrograms('dcmdjpls', 'gdcmconv') && hasDebianPython())('WADO-RS of real compressed CT', () => {
  it('decodes to what DCMTK decodes, and pydicom reads the transcoded instance', async () => {
    const source = join(sharedData, 'ct/ncia-0117');
    const name = (await readdir(source)).filter((file) => !file.startsWith('.')).sort()[10]!;
    const original = await readFile(join(source, name));
    const { dataset } = parsePart10(original);
    const [study, series, instance] = (['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const).map((keyword) => requireText(dataset, keyword));
    await http.store(original);
    const url = `/dicom-web/studies/${study!}/series/${series!}/instances/${instance!}`;

    await run('dcmdjpls', [join(source, name), join(folder, 'peer.dcm')]);
    const peer = parsePart10(await readFile(join(folder, 'peer.dcm')));
    const location = peer.pixelData!;
    const peerBytes = (await readFile(join(folder, 'peer.dcm'))).subarray(location.offset, location.offset + 512 * 512 * 2);
    expect((await get(`${url}/frames/1`, 'application/octet-stream')).rawPayload.equals(peerBytes)).toBe(true);

    const stored = await get(`${url}/frames/1`, 'multipart/related; type="image/jls"');
    const [part] = await partsOf(stored.headers['content-type'], stored.rawPayload);
    expect(part?.headers['content-type']).toBe('image/jls; transfer-syntax=1.2.840.10008.1.2.4.80');
    expect(part?.body.subarray(0, 3).toString('hex')).toBe('ffd8ff');

    const transcoded = await get(url, 'application/dicom');
    await writeFile(join(folder, 'ours.dcm'), transcoded.rawPayload);
    const script = [
      'import pydicom, sys',
      'ours, peer = pydicom.dcmread(sys.argv[1]), pydicom.dcmread(sys.argv[2])',
      'assert ours.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"',
      'assert (ours.pixel_array == peer.pixel_array).all()',
      'skip = {"PixelData", "SpecificCharacterSet", "IconImageSequence"}',
      // Decimal strings may be written in another way ("1.250000", "1.25") as long as they are the same numbers.
      'value = lambda e: [float(x) for x in (e.value if e.VM > 1 else [e.value])] if e.VR == "DS" and e.value not in (None, "") else str(e.value)',
      'missing = [e.keyword for e in peer if e.keyword not in skip and (e.tag not in ours or value(ours[e.tag]) != value(e))]',
      'assert not missing, missing',
      'print("same")',
    ].join('\n');
    expect((await run('/usr/bin/python3', ['-c', script, join(folder, 'ours.dcm'), join(folder, 'peer.dcm')])).stdout.trim()).toBe('same');
    const image = await sharp((await get(`${url}/rendered`)).rawPayload).stats();
    expect(image.channels[0]!.stdev).toBeGreaterThan(20);
  });
});
