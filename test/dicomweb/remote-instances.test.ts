/** A job's instances from an archive on another host: from Phoi and from Orthanc, over a network and an archive that have bad days. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { blobKey } from '../../src/archive/blob-key.ts';
import type { InstanceReader } from '../../src/archive/port.ts';
import { text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import type { FetchPatience, NamedInstance } from '../../src/dicomweb/fetch-instances.ts';
import { openRemoteInstances, type RemoteInstances } from '../../src/dicomweb/remote-instances.ts';
import { createContentDigest } from '../../src/study/content-digest.ts';
import { testInstanceReader } from '../contract/instance-reader.ts';
import { startHttp, type TestHttp } from '../http/support.ts';
import { startHttpRelay, type HttpRelay, type RelayAction } from '../helpers/http-relay.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { slice } from '../study/instances.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const study = '1.2.3';
const quick: FetchPatience = { attempts: 3, firstWaitMs: 1, stallMs: 20_000 };

/** An instance as a job names it. */
function named(part10: Uint8Array): NamedInstance & { readonly sha256: string } {
  const { dataset } = parsePart10(part10);
  const content = createContentDigest();
  content.update(part10);
  return {
    sopInstanceUID: text(dataset, 'SOPInstanceUID')!, seriesInstanceUID: text(dataset, 'SeriesInstanceUID')!,
    blobKey: blobKey(createHash('sha256').update(part10).digest('hex'), part10.length), sha256: content.finish()!.sha256,
  };
}

let spoolDir: string;
const opened: RemoteInstances[] = [];
beforeEach(async () => { spoolDir = await mkdtemp(join(tmpdir(), 'phoi-spool-')); });
afterEach(async () => {
  for (const remote of opened.splice(0)) await remote.close();
  await rm(spoolDir, { recursive: true });
});

async function open(baseUrl: string, instances: readonly NamedInstance[], more: { readonly patience?: FetchPatience; readonly onProgress?: (fraction: number) => void; readonly signal?: AbortSignal; readonly connections?: number } = {}): Promise<InstanceReader> {
  const remote = await openRemoteInstances({
    client: dicomwebClient({ baseUrl }), studyInstanceUID: study, instances, spoolDir, connections: 3, patience: quick,
    onProgress: () => undefined, signal: new AbortController().signal, ...more,
  });
  opened.push(remote);
  return remote;
}

testInstanceReader('the instances of a job, from Phoi', async () => {
  const http = await startHttp();
  return {
    async open(files) {
      for (const file of files) await http.store(file);
      const instances = files.map(named);
      return { reader: await open(`${http.url}/dicom-web`, instances), keys: instances.map(({ blobKey: key }) => key) };
    },
    dispose: () => http.close(),
  };
});

describe.runIf(hasPrograms('Orthanc'))('Orthanc as the archive', () => {
  let orthanc: Orthanc;
  beforeAll(async () => { orthanc = await startOrthanc(); });
  afterAll(() => orthanc.stop());

  testInstanceReader('the instances of a job, from Orthanc', async () => ({
    async open(files) {
      const answer = await dicomwebClient({ baseUrl: orthanc.dicomWebUrl }).store(files);
      expect(answer.failed).toEqual([]);
      const instances = files.map(named);
      return { reader: await open(orthanc.dicomWebUrl, instances), keys: instances.map(({ blobKey: key }) => key) };
    },
    async dispose() {
      const found = await orthanc.get<string[]>('/studies');
      for (const id of found) await fetch(`${orthanc.httpUrl}/studies/${id}`, { method: 'DELETE' });
    },
  }));

  it('gives what it got with another meta group than the server has, and the data set is the same', async () => {
    const file = slice(1);
    // As written by somebody else: the same data set behind a longer meta group.
    const parsed = parsePart10(file);
    const aeTitle = Buffer.from('\x02\x00\x16\x00AE\x06\x00SENDER', 'latin1');
    const other = Buffer.concat([file.subarray(0, parsed.datasetOffset), aeTitle, file.subarray(parsed.datasetOffset)]);
    other.writeUInt32LE(other.readUInt32LE(140) + aeTitle.length, 140);
    expect(parsePart10(other).meta.sourceApplicationEntityTitle).toBe('SENDER');
    await dicomwebClient({ baseUrl: orthanc.dicomWebUrl }).store([other]);
    const instance = named(file);
    const reader = await open(orthanc.dicomWebUrl, [instance]);
    const got = await reader.read(instance.blobKey);
    expect(Buffer.compare(got, file)).not.toBe(0);
    expect(named(got).sha256).toBe(instance.sha256);
    // A job that names the file alone takes nothing else for it.
    const { sha256, ...fileOnly } = instance;
    expect(sha256).toBeDefined();
    await expect(open(orthanc.dicomWebUrl, [fileOnly])).rejects.toMatchObject({ code: 'ARCHIVE_INSTANCE_CHANGED' });
  });
});

describe('fetching', () => {
  const files = Array.from({ length: 12 }, (_, n) => slice(n, { Rows: [128], Columns: [128] }, n < 9 ? {} : { series: '1.2.3.7' }));
  const instances = files.map(named);
  let http: TestHttp;
  let relay: HttpRelay | undefined;
  beforeAll(async () => {
    http = await startHttp();
    for (const file of files) await http.store(file);
  });
  afterAll(() => http.close());
  afterEach(async () => {
    await relay?.close();
    relay = undefined;
  });
  async function through(act: (path: string, nth: number) => RelayAction): Promise<string> {
    let requests = 0;
    relay = await startHttpRelay(http.url, { act: (path) => act(path, requests++) });
    return `${relay.url}/dicom-web`;
  }
  async function wholeAt(reader: InstanceReader): Promise<boolean> {
    const read = await Promise.all(instances.map(({ blobKey: key }) => reader.read(key)));
    return read.every((bytes, n) => Buffer.compare(bytes, files[n]!) === 0);
  }
  const single = (path: string): boolean => path.includes('/instances/');

  it('asks once for each series when nothing goes wrong, and tells how far it is', async () => {
    const base = await through(() => 'pass');
    const fractions: number[] = [];
    expect(await wholeAt(await open(base, instances, { onProgress: (fraction) => fractions.push(fraction) }))).toBe(true);
    expect(relay!.paths.toSorted()).toEqual(['1.2.3.1', '1.2.3.7'].map((series) => `/dicom-web/studies/1.2.3/series/${series}`));
    expect(fractions).toEqual(instances.map((_, n) => (n + 1) / instances.length));
  });

  it('leaves what the job does not name', async () => {
    const some = instances.slice(2, 4);
    const reader = await open(`${http.url}/dicom-web`, some);
    expect((await reader.read(some[0]!.blobKey)).length).toBe(files[2]!.length);
    await expect(reader.read(instances[0]!.blobKey)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
  });

  it('goes on after a lost connection with what it does not have yet', async () => {
    const perPart = files[0]!.length + 200;
    const base = await through((path) => (path.endsWith('1.2.3.1') ? { cutAfterBytes: 5 * perPart } : 'pass'));
    expect(await wholeAt(await open(base, instances))).toBe(true);
    expect(relay!.paths.filter(single).length).toBeGreaterThanOrEqual(3);
    expect(relay!.paths.filter(single).length).toBeLessThan(9);
  });

  it.each([429, 500, 503])('tries again after %i', async (status) => {
    const tries = new Map<string, number>();
    const base = await through((path) => {
      tries.set(path, (tries.get(path) ?? 0) + 1);
      return !single(path) || tries.get(path)! < 3 ? { status } : 'pass';
    });
    expect(await wholeAt(await open(base, instances))).toBe(true);
  });

  it('gives up an archive that stays away, after all its attempts and with a code', async () => {
    const base = await through(() => ({ status: 503 }));
    const one = instances.slice(0, 1);
    await expect(open(base, one)).rejects.toMatchObject({ code: 'ARCHIVE_UNREACHABLE', details: { status: 503 } });
    expect(relay!.paths.filter(single).length).toBe(quick.attempts);
    await relay!.close();
    relay = undefined;
    await expect(open(base, one)).rejects.toMatchObject({ code: 'ARCHIVE_UNREACHABLE' });
  });

  it('does not knock again where it is refused', async () => {
    const base = await through(() => ({ status: 401 }));
    await expect(open(base, instances, { connections: 1 })).rejects.toMatchObject({ code: 'ARCHIVE_UNREACHABLE', details: { status: 401 } });
    expect(relay!.paths.length).toBe(1);
  });

  it('gives up a stream that stands still', async () => {
    const base = await through(() => ({ hold: new Promise(() => undefined) }));
    await expect(open(base, instances, { patience: { attempts: 1, firstWaitMs: 1, stallMs: 60 } })).rejects.toMatchObject({ code: 'ARCHIVE_UNREACHABLE', message: expect.stringContaining('nothing came') as string });
  });

  it('ends at once when the job is taken away', async () => {
    const lost = new AbortController();
    const base = await through(() => {
      lost.abort(new Error('lease lost'));
      return { hold: new Promise(() => undefined) };
    });
    await expect(open(base, instances, { signal: lost.signal })).rejects.toThrow('lease lost');
  });

  it('never takes a changed instance for the one that the job names', async () => {
    const changed = named(slice(3, { Rows: [128], Columns: [128], PixelSpacing: [0.9, 0.9] }));
    expect(changed.sopInstanceUID).toBe(instances[3]!.sopInstanceUID);
    await expect(open(`${http.url}/dicom-web`, [instances[2]!, changed])).rejects.toMatchObject({ code: 'ARCHIVE_INSTANCE_CHANGED', details: { sopInstanceUID: changed.sopInstanceUID } });
  });

  it('never takes one that is longer than named, and does not write its end to the disk', async () => {
    const small = { ...instances[0]!, blobKey: blobKey('0'.repeat(64), 10) };
    const large = slice(50, { Rows: [1024], Columns: [1024] });
    await http.store(large);
    const { sha256 } = named(large);
    await expect(open(`${http.url}/dicom-web`, [{ ...small, sopInstanceUID: named(large).sopInstanceUID, sha256 }])).rejects.toMatchObject({ code: 'ARCHIVE_INSTANCE_CHANGED' });
  });

  it('says by a code that the archive does not hold an instance', async () => {
    const absent = named(slice(99));
    await expect(open(`${http.url}/dicom-web`, [instances[0]!, absent])).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND', details: { sopInstanceUID: absent.sopInstanceUID } });
  });

  it('keeps images in no file that has a name, in a folder of its own user', async () => {
    const home = join(spoolDir, 'spool');
    const remote = await openRemoteInstances({
      client: dicomwebClient({ baseUrl: `${http.url}/dicom-web` }), studyInstanceUID: study, instances, spoolDir: home, connections: 2,
      onProgress: () => undefined, signal: new AbortController().signal,
    });
    opened.push(remote);
    expect(await wholeAt(remote)).toBe(true);
    expect(await readdir(home)).toEqual([]);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  });
});
