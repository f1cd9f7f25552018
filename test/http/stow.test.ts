import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { until } from '../helpers/until.ts';
import { multipartRelated, startHttp, synthetic, type TestHttp } from './support.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp(); });
afterAll(() => http.close());

async function stow(parts: readonly Uint8Array[], path = '/studies'): Promise<{ status: number; body: Dataset & { code?: string; storeInstancesResponse?: Dataset } }> {
  const { body, contentType } = multipartRelated(parts);
  const response = await http.app.inject({ method: 'POST', url: `/dicom-web${path}`, payload: body, headers: { 'content-type': contentType, accept: 'application/dicom+json' } });
  return { status: response.statusCode, body: response.json() };
}

function reasons(dataset: Dataset | undefined, sequence: string): unknown[] {
  return (dataset?.[sequence]?.Value ?? []).map((item) => (item as Dataset)['00081197']?.Value?.[0]);
}

function storedUIDs(dataset: Dataset | undefined): unknown[] {
  return (dataset?.['00081199']?.Value ?? []).map((item) => (item as Dataset)['00081155']?.Value?.[0]);
}

describe('STOW-RS', () => {
  it('stores instances, says so with retrieve URLs, and takes a repetition as success', async () => {
    const parts = [synthetic({ study: '2.25.1', instance: '2.25.11' }), synthetic({ study: '2.25.1', instance: '2.25.12' })];
    const first = await stow(parts);
    expect(first.status).toBe(200);
    expect(storedUIDs(first.body)).toEqual(['2.25.11', '2.25.12']);
    expect(first.body['00081190']?.Value?.[0]).toMatch(/^http:\/\/[^/]+\/dicom-web\/studies\/2\.25\.1$/);
    expect(await http.index.instances({ studyInstanceUID: '2.25.1' })).toHaveLength(2);
    expect((await stow(parts)).status).toBe(200);
    expect(await http.index.instances({ studyInstanceUID: '2.25.1' })).toHaveLength(2);
  });

  it('answers 202 with reasons when some fail, 409 when all do', async () => {
    const good = synthetic({ study: '2.25.2', instance: '2.25.21' });
    const truncated = synthetic({ study: '2.25.2', instance: '2.25.22' }).subarray(0, -500);
    const some = await stow([good, Buffer.from('not dicom'), truncated]);
    expect(some.status).toBe(202);
    expect(storedUIDs(some.body)).toEqual(['2.25.21']);
    expect([...reasons(some.body, '0008119A'), ...reasons(some.body, '00081198')]).toEqual([0xc000, 0xc000]);
    const none = await stow([Buffer.from('not dicom')]);
    expect(none.status).toBe(409);
    expect(reasons(none.body, '0008119A')).toEqual([0xc000]);
  });

  it('refuses instances of another study than the path names', async () => {
    const answer = await stow([synthetic({ study: '2.25.3', instance: '2.25.31' })], '/studies/2.25.4');
    expect(answer.status).toBe(409);
    expect([...reasons(answer.body, '0008119A'), ...reasons(answer.body, '00081198')]).toEqual([0xa900]);
    expect(await http.index.instances({ studyInstanceUID: '2.25.3' })).toHaveLength(0);
  });

  it('keeps other bytes under the same UID beside the first and warns', async () => {
    await stow([synthetic({ study: '2.25.5', instance: '2.25.51' })]);
    const answer = await stow([synthetic({ study: '2.25.5', instance: '2.25.51', patientName: 'Other^Bytes' })]);
    expect(answer.status).toBe(202);
    expect((answer.body['00081199']?.Value?.[0] as Dataset)['00081196']?.Value).toEqual([0xb000]);
    expect(await http.index.conflicts('2.25.5')).toHaveLength(1);
  });

  it('takes one instance as application/dicom', async () => {
    const response = await http.app.inject({
      method: 'POST', url: '/dicom-web/studies', payload: Buffer.from(synthetic({ study: '2.25.6', instance: '2.25.61' })),
      headers: { 'content-type': 'application/dicom' },
    });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/dicom+json');
  });

  it.each([
    ['application/json', 415, 'HTTP_UNSUPPORTED_MEDIA_TYPE'],
    ['multipart/related; type="application/dicom+json"; boundary=b', 415, 'HTTP_UNSUPPORTED_MEDIA_TYPE'],
    ['multipart/related; type="application/dicom"', 400, 'HTTP_MULTIPART_MALFORMED'],
    ['multipart/related; type="application/dicom"; boundary=nowhere', 400, 'HTTP_MULTIPART_TRUNCATED'],
  ])('refuses %s', async (contentType, status, code) => {
    const response = await http.app.inject({ method: 'POST', url: '/dicom-web/studies', payload: '--b--', headers: { 'content-type': contentType } });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toMatchObject({ status, code });
  });

  it('stores and reports what came whole before a body that breaks off', async () => {
    const { body, contentType } = multipartRelated([synthetic({ study: '2.25.7', instance: '2.25.71' }), synthetic({ study: '2.25.7', instance: '2.25.72' })]);
    const response = await http.app.inject({
      method: 'POST', url: '/dicom-web/studies', payload: body.subarray(0, -3000), headers: { 'content-type': contentType },
    });
    expect(response.statusCode).toBe(400);
    const problem = response.json<{ code: string; storeInstancesResponse: Dataset }>();
    expect(problem.code).toBe('HTTP_MULTIPART_TRUNCATED');
    expect(storedUIDs(problem.storeInstancesResponse)).toEqual(['2.25.71']);
    expect((await http.index.instances({ studyInstanceUID: '2.25.7' })).map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['2.25.71']);
  });

  it('keeps what came whole from a sender that dies, and nothing of the rest', async () => {
    const { body, contentType } = multipartRelated([synthetic({ study: '2.25.8', instance: '2.25.81' }), synthetic({ study: '2.25.8', instance: '2.25.82' })]);
    const socket = connect(http.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, -3000));
    await until('the first instance', async () => (await http.index.instances({ studyInstanceUID: '2.25.8' })).length === 1);
    socket.destroy();
    await until('the log line', () => http.logLines.some((line) => line.includes('"broken"')));
    expect((await http.index.instances({ studyInstanceUID: '2.25.8' })).map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['2.25.81']);
    expect((await http.app.inject('/healthz')).statusCode).toBe(200);
  });

  it('is not waited for without end when the service closes', async () => {
    const closing = await startHttp({ limits: { closeGraceMs: 200 } });
    const { body, contentType } = multipartRelated([synthetic({ study: '2.25.8', instance: '2.25.83' }), synthetic({ study: '2.25.8', instance: '2.25.84' })]);
    const socket = connect(closing.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, -3000));
    await until('the first instance', async () => (await closing.index.instances({ studyInstanceUID: '2.25.8' })).length === 1);
    // The rest of the body never comes: waiting for it would end this test.
    await closing.close();
  });

  it('is spoken by the client of the delivery as well', async () => {
    const client = dicomwebClient({ baseUrl: `${http.url}/dicom-web/` });
    const part10 = synthetic({ study: '2.25.9', instance: '2.25.91' });
    const answer = await client.store([part10, Buffer.from('rubbish')]);
    expect(answer).toEqual({ status: 202, stored: [{ sopInstanceUID: '2.25.91' }], failed: [], otherFailures: 1 });
    const instances: Buffer[] = [];
    for await (const body of client.retrieve({ studyInstanceUID: '2.25.9' })) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      instances.push(Buffer.concat(chunks));
    }
    expect(instances).toEqual([Buffer.from(part10)]);
    expect((await client.search('instances', { SOPInstanceUID: '2.25.91' })).map((match) => match['00080018']?.Value?.[0])).toEqual(['2.25.91']);
    expect((await client.metadata({ studyInstanceUID: '2.25.9' }))[0]?.['00020010']).toBeUndefined();
    await expect(client.metadata({ studyInstanceUID: '2.25.999' })).rejects.toMatchObject({ code: 'HTTP_UPSTREAM_FAILED', details: { status: 404, transient: false } });
  });
});
