/** Real peers over real sockets: Orthanc's DICOMweb plugin as sender, searcher, retriever and receiver; curl as a script would. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireText } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { multipartRelated, startHttp, synthetic, type TestHttp } from './support.ts';

const slices = 6;

async function realSlices(): Promise<{ path: string; bytes: Buffer; study: string; series: string; instance: string }[]> {
  const folder = join(sharedData, 'ct/ncia-0117');
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort().slice(0, slices);
  return Promise.all(names.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    const { dataset } = parsePart10(bytes);
    return {
      path: join(folder, name), bytes, study: requireText(dataset, 'StudyInstanceUID'),
      series: requireText(dataset, 'SeriesInstanceUID'), instance: requireText(dataset, 'SOPInstanceUID'),
    };
  }));
}

describe.runIf(hasPrograms('Orthanc') && hasSharedData())('Orthanc over DICOMweb', () => {
  let http: TestHttp;
  let orthanc: Orthanc;
  let real: Awaited<ReturnType<typeof realSlices>>;
  beforeAll(async () => {
    [http, orthanc, real] = [await startHttp(), await startOrthanc(), await realSlices()];
    const put = await fetch(`${orthanc.dicomWebUrl}/servers/phoi`, {
      method: 'PUT', body: JSON.stringify({ Url: `${http.url}/dicom-web/`, HasDelete: '0' }),
    });
    expect(put.ok).toBe(true);
  });
  afterAll(async () => {
    await orthanc.stop();
    await http.close();
  });

  it('sends us a study by STOW-RS, which stays in its transfer syntax with every attribute', async () => {
    for (const { bytes } of real) await fetch(`${orthanc.httpUrl}/instances`, { method: 'POST', body: new Uint8Array(bytes) });
    const [study] = await orthanc.get<string[]>('/studies');
    await orthanc.post('/dicom-web/servers/phoi/stow', { Resources: [study], Synchronous: true });
    const stored = await http.index.instances({ studyInstanceUID: real[0]!.study });
    expect(stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(real.map(({ instance }) => instance).sort());
    const first = stored.find(({ sopInstanceUID }) => sopInstanceUID === real[0]!.instance)!;
    const kept = parsePart10(await http.archive.read(first.blobKey));
    const sent = parsePart10(real[0]!.bytes);
    expect(kept.meta.transferSyntaxUID).toBe(sent.meta.transferSyntaxUID);
    expect(kept.dataset).toEqual(sent.dataset);
  });

  it('finds the study with us by QIDO-RS and fetches it back by WADO-RS', async () => {
    const found = await orthanc.post<Record<string, { Value: string[] }>[]>('/dicom-web/servers/phoi/qido', {
      Uri: '/studies', Arguments: { StudyInstanceUID: real[0]!.study },
    });
    expect(JSON.stringify(found)).toContain(real[0]!.study);
    for (const id of await orthanc.get<string[]>('/studies')) await fetch(`${orthanc.httpUrl}/studies/${id}`, { method: 'DELETE' });
    await orthanc.post('/dicom-web/servers/phoi/retrieve', { Resources: [{ Study: real[0]!.study }], Synchronous: true });
    const instances = await until('the instances', async () => {
      const ids = await orthanc.get<string[]>('/instances');
      return ids.length === slices ? ids : undefined;
    });
    const tags = await orthanc.get<Record<string, string>>(`/instances/${instances[0]!}/simplified-tags`);
    expect(tags['StudyInstanceUID']).toBe(real[0]!.study);
  });

  it('takes what our client sends, and our client finds and fetches it there', async () => {
    const client = dicomwebClient({ baseUrl: orthanc.dicomWebUrl });
    const [part10] = [synthetic({ study: '2.25.71', series: '2.25.72', instance: '2.25.73' })];
    const answer = await client.store([part10]);
    expect(answer.stored).toEqual([{ sopInstanceUID: '2.25.73' }]);
    expect(answer.failed).toEqual([]);
    expect((await client.search('studies', { StudyInstanceUID: '2.25.71' }))[0]?.['0020000D']?.Value).toEqual(['2.25.71']);
    expect(await client.search('studies', { StudyInstanceUID: '2.25.404' })).toEqual([]);
    expect((await client.metadata({ studyInstanceUID: '2.25.71' }))[0]?.['00080018']?.Value).toEqual(['2.25.73']);
    const fetched: Buffer[] = [];
    for await (const body of client.retrieve({ studyInstanceUID: '2.25.71', seriesInstanceUID: '2.25.72' })) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      fetched.push(Buffer.concat(chunks));
    }
    expect(parsePart10(fetched[0]!).dataset['00080018']?.Value).toEqual(['2.25.73']);
  });
});

describe.runIf(hasPrograms('curl', 'dcmdump', 'zip') && hasSharedData())('curl', () => {
  let http: TestHttp;
  let folder: string;
  let real: Awaited<ReturnType<typeof realSlices>>;
  beforeAll(async () => {
    [http, folder, real] = [await startHttp({ token: 'a-long-secret-token' }), await mkdtemp(join(tmpdir(), 'phoi-curl-')), await realSlices()];
  });
  afterAll(async () => {
    await http.close();
    await rm(folder, { recursive: true, force: true });
  });
  const curl = (...args: string[]) => runOk('curl', ['-sS', '-u', 'phoi:a-long-secret-token', ...args]);

  it('stores by STOW-RS', async () => {
    const { body, contentType } = multipartRelated(real.slice(0, 2).map(({ bytes }) => bytes), 'CURL');
    await writeFile(join(folder, 'body'), body);
    const answer = await curl('-H', `Content-Type: ${contentType}`, '-H', 'Expect: 100-continue', '--data-binary', `@${join(folder, 'body')}`, `${http.url}/dicom-web/studies`);
    expect(JSON.parse(answer)).toMatchObject({ '00081199': { vr: 'SQ' } });
    expect(await http.index.instances({ studyInstanceUID: real[0]!.study })).toHaveLength(2);
  });

  it('uploads files and a zip as a browser form does', async () => {
    await runOk('zip', ['-q', '-r', join(folder, 'study.zip'), '.'], { cwd: join(sharedData, 'ct/ncia-0117') });
    const answer = JSON.parse(await curl('-F', `files=@${real[3]!.path};filename=CT/IM4`, '-F', `files=@${join(folder, 'study.zip')}`, `${http.url}/api/v1/uploads`)) as { counts: Record<string, number>; files: { name: string }[] };
    expect(answer.files[0]?.name).toBe('CT/IM4');
    expect(answer.counts).toMatchObject({ duplicate: 3, conflict: 0, failed: 0 });
    expect(answer.counts['stored']).toBeGreaterThan(80);
  });

  it('fetches an instance that DCMTK reads, stored and decoded', async () => {
    const url = `${http.url}/dicom-web/studies/${real[0]!.study}/series/${real[0]!.series}/instances/${real[0]!.instance}`;
    for (const [accept, syntax] of [['application/dicom; transfer-syntax=*', 'JPEGLSLossless'], ['application/dicom', 'LittleEndianExplicit']] as const) {
      await curl('-H', `Accept: ${accept}`, '-o', join(folder, 'out.dcm'), url);
      expect(await runOk('dcmdump', ['-q', '+P', 'TransferSyntaxUID', join(folder, 'out.dcm')])).toContain(syntax);
    }
  });

  it('is told off without the token, before anything is read', async () => {
    const answer = await runOk('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--data-binary', `@${join(folder, 'study.zip')}`, `${http.url}/dicom-web/studies`]);
    expect(answer).toBe('401');
  });
});
