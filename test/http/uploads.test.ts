import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put, putBytes } from '../../src/dicom/build.ts';
import { encodePart10, fileMeta } from '../../src/dicom/encode.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { fileNameOf } from '../../src/http/uploads/form-file.ts';
import type { FileOutcome } from '../../src/http/uploads/intake.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';
import { zip } from './zip-writer.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp({ limits: { maxZipEntries: 50, maxZipBytes: 24 * 1024 * 1024, maxInstanceBytes: 8 * 1024 * 1024 } }); });
afterAll(() => http.close());

interface Answer {
  readonly status: number;
  readonly body: { files: FileOutcome[]; counts: Record<string, number>; studies: string[]; code?: string };
}

async function upload(files: readonly { readonly name: string; readonly data: Uint8Array }[]): Promise<Answer> {
  const form = new FormData();
  for (const { name, data } of files) form.append('files', new Blob([Uint8Array.from(data)]), name);
  const response = await fetch(`${http.url}/api/v1/uploads`, { method: 'POST', body: form });
  return { status: response.status, body: await response.json() as Answer['body'] };
}

function dicomdir(): Uint8Array {
  const dataset: Dataset = {};
  put(dataset, 'FileSetID', 'TEST');
  return Buffer.concat([
    fileMeta({ sopClassUID: '1.2.840.10008.1.3.10', sopInstanceUID: '2.25.1', transferSyntaxUID: '1.2.840.10008.1.2.1' }),
    encodePart10({ ...dataset, '00080016': { vr: 'UI', Value: ['1.2.840.10008.1.3.10'] }, '00080018': { vr: 'UI', Value: ['2.25.1'] } }).subarray(300),
  ]);
}

const outcomes = (answer: Answer) => answer.body.files.map(({ name, outcome, code }) => [name, outcome, ...(code === undefined ? [] : [code])]);

describe('uploads', () => {
  it('names every file and what became of it', async () => {
    const instance = synthetic({ study: '2.25.1', instance: '2.25.11' });
    const answer = await upload([
      { name: 'CT/IM1', data: instance },
      { name: 'CT/IM1 again', data: instance },
      { name: 'CT/IM1 other', data: synthetic({ study: '2.25.1', instance: '2.25.11', patientName: 'Other' }) },
      { name: 'CT/DICOMDIR', data: dicomdir() },
      { name: 'readme.txt', data: Buffer.from('hello') },
      { name: 'empty', data: Buffer.alloc(0) },
      { name: 'cut', data: synthetic({ study: '2.25.1', instance: '2.25.12' }).subarray(0, 2000) },
    ]);
    expect(answer.status).toBe(200);
    expect(outcomes(answer)).toEqual([
      ['CT/IM1', 'stored'], ['CT/IM1 again', 'duplicate'], ['CT/IM1 other', 'conflict'],
      ['CT/DICOMDIR', 'skipped', 'UPLOAD_NOT_AN_INSTANCE'], ['readme.txt', 'skipped', 'UPLOAD_NOT_AN_INSTANCE'],
      ['empty', 'skipped', 'UPLOAD_NOT_AN_INSTANCE'], ['cut', 'failed', 'DICOM_TRUNCATED'],
    ]);
    expect(answer.body.counts).toEqual({ stored: 1, duplicate: 1, conflict: 1, skipped: 3, failed: 1 });
    expect(answer.body.studies).toEqual(['2.25.1']);
  });

  it('opens zip archives, whatever their names say', async () => {
    const archive = zip([
      { name: '../../etc/passwd', data: synthetic({ study: '2.25.2', instance: '2.25.21' }) },
      { name: 'C:\\x\\IM2', data: synthetic({ study: '2.25.2', instance: '2.25.22' }) },
      { name: '/absolute/Ảnh.dcm', data: synthetic({ study: '2.25.2', instance: '2.25.23' }) },
      { name: 'folder/', data: Buffer.alloc(0) },
      { name: 'notes.txt', data: Buffer.from('x') },
      { name: 'inner.zip', data: zip([{ name: 'IM', data: synthetic({ study: '2.25.2', instance: '2.25.24' }) }]) },
      { name: 'bad\u0000name\u202e', data: Buffer.from('x') },
    ]);
    const answer = await upload([{ name: 'study.zip', data: archive }]);
    expect(outcomes(answer)).toEqual([
      ['study.zip/../../etc/passwd', 'stored'], ['study.zip/C:/x/IM2', 'stored'], ['study.zip//absolute/Ảnh.dcm', 'stored'],
      ['study.zip/notes.txt', 'skipped', 'UPLOAD_NOT_AN_INSTANCE'], ['study.zip/inner.zip', 'skipped', 'UPLOAD_NESTED_ARCHIVE'],
      ['study.zip/badname', 'skipped', 'UPLOAD_NOT_AN_INSTANCE'],
    ]);
    expect(await http.index.instances({ studyInstanceUID: '2.25.2' })).toHaveLength(3);
  });

  it('stores nothing of an entry that is damaged, encrypted, or larger than it claims', async () => {
    const data = synthetic({ study: '2.25.3', instance: '2.25.31' });
    const answer = await upload([{ name: 'a.zip', data: zip([
      { name: 'checksum', data, claims: { crc32: 12345 } },
      { name: 'encrypted', data, claims: { flags: 0x801 } },
      { name: 'method', data, claims: { method: 14 } },
      { name: 'liar', data, claims: { uncompressedSize: 500 } },
      { name: 'good', data: synthetic({ study: '2.25.3', instance: '2.25.32' }) },
    ]) }]);
    expect(outcomes(answer)).toEqual([
      ['a.zip/checksum', 'failed', 'UPLOAD_BAD_ZIP'], ['a.zip/encrypted', 'failed', 'UPLOAD_BAD_ZIP'],
      ['a.zip/method', 'failed', 'UPLOAD_BAD_ZIP'], ['a.zip/liar', 'failed', 'UPLOAD_BAD_ZIP'], ['a.zip/good', 'stored'],
    ]);
    expect((await http.index.instances({ studyInstanceUID: '2.25.3' })).map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['2.25.32']);
  });

  it('ends at the limits of an archive, naming them, and keeps what came before', async () => {
    const many = zip(Array.from({ length: 51 }, (_, index) => ({ name: `f${index}`, data: Buffer.from('x') })));
    expect(outcomes(await upload([{ name: 'many.zip', data: many }]))).toEqual([['many.zip', 'failed', 'UPLOAD_ZIP_LIMIT']]);

    const large = (instance: string) => synthetic({
      study: '2.25.4', instance, rows: 1024, columns: 1700, more: (dataset) => putBytes(dataset, 'PixelData', 'OW', new Uint8Array(1024 * 1700 * 2)),
    });
    const bomb = zip(Array.from({ length: 9 }, (_, index) => ({ name: `big${index}`, data: large(`2.25.4${index}`) })));
    const answer = outcomes(await upload([{ name: 'bomb.zip', data: bomb }]));
    expect(answer.filter(([, outcome]) => outcome === 'stored').length).toBeGreaterThan(3);
    expect(answer.slice(-2).map(([, outcome, code]) => [outcome, code])).toEqual([['failed', 'UPLOAD_ZIP_LIMIT'], ['failed', 'UPLOAD_ZIP_LIMIT']]);

    expect(outcomes(await upload([{ name: 'large.zip', data: zip([{ name: 'noise', data: randomBytes(25 * 1024 * 1024) }]) }]))).toEqual([['large.zip', 'failed', 'UPLOAD_ZIP_LIMIT']]);

    // 200 MB of zeros behind a DICOM head, in 200 kB.
    const zeros = Buffer.alloc(200 * 1024 * 1024);
    Buffer.from(synthetic({ study: '2.25.5', instance: '2.25.51' }).subarray(0, 800)).copy(zeros);
    const flat = zip([{ name: 'zeros', data: zeros }]);
    expect(flat.length).toBeLessThan(400_000);
    const flatAnswer = outcomes(await upload([{ name: 'flat.zip', data: flat }]));
    expect(flatAnswer[0]?.slice(1)).toEqual(['failed', 'DICOM_TOO_LARGE']);
    expect(await http.index.instances({ studyInstanceUID: '2.25.5' })).toHaveLength(0);
  });

  it('says that a zip is none', async () => {
    expect(outcomes(await upload([
      { name: 'cut.zip', data: zip([{ name: 'a', data: randomBytes(5000) }]).subarray(0, 3000) },
      { name: 'none.zip', data: zip([]) },
    ]))).toEqual([['cut.zip', 'failed', 'UPLOAD_BAD_ZIP'], ['none.zip', 'skipped', 'UPLOAD_NOT_AN_INSTANCE']]);
  });

  it('reports what was taken before a form that breaks off', async () => {
    const part = (name: string, data: Uint8Array) => Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n`), Buffer.from(data), Buffer.from('\r\n')]);
    const body = Buffer.concat([part('one', synthetic({ study: '2.25.6', instance: '2.25.61' })), part('two', synthetic({ study: '2.25.6', instance: '2.25.62' })).subarray(0, -200)]);
    const response = await http.app.inject({ method: 'POST', url: '/api/v1/uploads', payload: body, headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'HTTP_MULTIPART_TRUNCATED', counts: { stored: 1, failed: 1 }, studies: ['2.25.6'] });
  });

  it('lets an archive take its time, and cuts off a sender that stalls', async () => {
    const impatient = await startHttp({ limits: { idleTimeoutMs: 400 } });
    const first = Buffer.from(synthetic({
      study: '2.25.8', instance: '2.25.8000', rows: 1024, columns: 1024,
      more: (dataset) => putBytes(dataset, 'PixelData', 'OW', new Uint8Array(1024 * 1024 * 2)),
    }));
    const archive = zip(Array.from({ length: 100 }, (_, index) => {
      const data = Buffer.from(first);
      for (let at = data.indexOf('2.25.8000'); at >= 0; at = data.indexOf('2.25.8000')) data.write(`2.25.8${100 + index}`, at);
      return { name: `IM${index}`, data };
    }));
    const form = new FormData();
    form.append('files', new Blob([Uint8Array.from(archive)]), 'slow.zip');
    const started = performance.now();
    const answer = await (await fetch(`${impatient.url}/api/v1/uploads`, { method: 'POST', body: form })).json() as Answer['body'];
    expect(performance.now() - started).toBeGreaterThan(800);
    expect(answer.counts).toMatchObject({ stored: 100, failed: 0 });

    const socket = connect(impatient.port, '127.0.0.1');
    socket.write('POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n');
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise<void>((resolve) => socket.once('close', resolve));
    await impatient.close();
  });

  it('refuses what is no form', async () => {
    const response = await http.app.inject({ method: 'POST', url: '/api/v1/uploads', payload: 'x', headers: { 'content-type': 'application/zip' } });
    expect(response.json()).toMatchObject({ status: 415, code: 'HTTP_UNSUPPORTED_MEDIA_TYPE' });
  });

  it('leaves no temporary files behind', async () => {
    const blob = await http.archive.begin();
    const folder = dirname(blob.temporaryPath);
    await blob.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('reads file names as browsers write them', () => {
    expect(fileNameOf('form-data; name="f"; filename="a%22b \\"c\\".dcm"')).toBe('a"b "c".dcm');
    expect(fileNameOf(`form-data; name="f"; filename="${Buffer.from('Ảnh/1', 'utf8').toString('latin1')}"`)).toBe('Ảnh/1');
    expect(fileNameOf('form-data; name="note"')).toBeUndefined();
  });
});
