/** Attacks of docs/threat-model.md that cut across the parts; the others are tested beside what they attack. */
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put } from '../../src/dicom/build.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { projectRoot } from '../../src/settings.ts';
import { walkFiles } from '../../src/walk-files.ts';
import { startRealService } from '../dimse/helpers/real-service.ts';
import { associateRequest, fragment, rawPeer, storeCommand } from '../dimse/helpers/raw-peer.ts';
import { multipartRelated, startHttp, synthetic, type TestHttp } from '../http/support.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp(); });
afterAll(() => http.close());

describe('addresses in DICOM content', () => {
  it('are never called, whatever they promise', async () => {
    let calls = 0;
    const bait = createServer((socket) => {
      calls += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(bait, 'listening');
    const url = `http://127.0.0.1:${(bait.address() as AddressInfo).port}/secret`;
    try {
      const { body, contentType } = multipartRelated([synthetic({
        study: '2.25.41', instance: '2.25.411',
        more: (dataset) => { for (const keyword of ['RetrieveURL', 'RetrieveURI'] as const) put(dataset, keyword, url); },
      })]);
      const stored = await http.app.inject({ method: 'POST', url: '/dicom-web/studies', payload: body, headers: { 'content-type': contentType } });
      expect(stored.statusCode).toBe(200);
      for (const path of ['/metadata', '/series/2.25.200/instances/2.25.411/rendered', '/series/2.25.200/instances/2.25.411/frames/1', '/thumbnail']) {
        await http.app.inject({ url: `/dicom-web/studies/2.25.41${path}`, headers: { accept: path === '/metadata' ? 'application/dicom+json' : '*/*' } });
      }
      // Metadata whose pixels are to be fetched from elsewhere: a form of STOW-RS that is not taken at all.
      const referring = [{ '00080018': { vr: 'UI', Value: ['2.25.412'] }, '7FE00010': { vr: 'OW', BulkDataURI: url } }];
      const refused = await http.app.inject({
        method: 'POST', url: '/dicom-web/studies', headers: { 'content-type': 'multipart/related; type="application/dicom+json"; boundary=b' },
        payload: `--b\r\nContent-Type: application/dicom+json\r\n\r\n${JSON.stringify(referring)}\r\n--b--\r\n`,
      });
      expect(refused.statusCode).toBe(415);
      expect(calls).toBe(0);
    } finally {
      bait.close();
    }
  });
});

describe('a DICOMweb peer that sends us elsewhere', () => {
  it.each([302, 307])('by %i gets a failure, and elsewhere gets neither images nor keys', async (status) => {
    const elsewhere: string[] = [];
    const bait = createHttpServer((request, response) => {
      elsewhere.push(`${request.method} ${JSON.stringify(request.headers)}`);
      response.writeHead(200, { 'content-type': 'application/dicom+json' }).end('[]');
    }).listen(0, '127.0.0.1');
    await once(bait, 'listening');
    const peer = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(status, { location: `http://127.0.0.1:${(bait.address() as AddressInfo).port}${request.url}` }).end();
    }).listen(0, '127.0.0.1');
    await once(peer, 'listening');
    const client = dicomwebClient({ baseUrl: `http://127.0.0.1:${(peer.address() as AddressInfo).port}/dicom-web`, headers: { 'x-api-key': 'secret' } });
    try {
      const failure = { code: 'HTTP_UPSTREAM_FAILED', details: { status, transient: false } };
      await expect(client.search('studies')).rejects.toMatchObject(failure);
      await expect(client.retrieve({ studyInstanceUID: '2.25.41' }).next()).rejects.toMatchObject(failure);
      await expect(client.store([synthetic({ study: '2.25.41', instance: '2.25.411' })])).rejects.toMatchObject({ code: 'HTTP_UPSTREAM_FAILED' });
      expect(elsewhere).toEqual([]);
    } finally {
      for (const server of [bait, peer]) {
        server.closeAllConnections();
        server.close();
      }
    }
  });
});

describe('a file that is DICOM and something else (CVE-2019-11687)', () => {
  it.each(['MZ\u0090\u0000', '#!/bin/sh\n', '%PDF-1.7\n', '<html><script>alert(1)</script>'])('beginning with %j is given out as DICOM only, in a type that no browser runs', async (start) => {
    const instance = `2.25.42${start.length}`;
    const part10 = Buffer.from(synthetic({ study: '2.25.42', instance }));
    part10.write(start, 0, 'latin1');
    await http.store(part10);
    const answer = await http.app.inject({ url: `/dicom-web/studies/2.25.42/series/2.25.200/instances/${instance}` });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^multipart\/related;/u);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('an AE title that is a path', () => {
  it('is a name in the index and never one on the disk', async () => {
    const service = await startRealService();
    try {
      const peer = await rawPeer(service.port);
      await peer.send(associateRequest({ calling: '../../evil' }));
      await peer.pdu();
      const dataset = Buffer.from(synthetic({ study: '2.25.43', instance: '2.25.431' }));
      const body = dataset.subarray(132 + 12 + dataset.readUInt32LE(140));
      await peer.send(storeCommand('2.25.431'), fragment(1, false, true, body));
      await peer.pdu();
      peer.socket.destroy();
      expect(await service.index.sources('2.25.43')).toMatchObject([{ callingAETitle: '../../evil' }]);
      const names: string[] = [];
      for await (const path of walkFiles(service.dataDir)) names.push(path.slice(service.dataDir.length));
      expect(names.filter((name) => name.includes('evil'))).toEqual([]);
      expect((await readdir(join(service.dataDir, '..'))).filter((name) => name.includes('evil'))).toEqual([]);
    } finally {
      await service.stop();
    }
  });
});

describe('words of DICOM in a command', () => {
  it('cannot be: no part of the service starts a shell', async () => {
    const found: string[] = [];
    for (const folder of ['src', 'workers']) {
      for await (const path of walkFiles(join(projectRoot, folder))) {
        if (!path.endsWith('.ts')) continue;
        const source = await readFile(path, 'utf8');
        if (source.includes('node:child_process') && /\bexec(?:Sync)?\b[^(\n]*from 'node:child_process'|\bshell:/u.test(source)) found.push(path);
      }
    }
    expect(found).toEqual([]);
  });
});
