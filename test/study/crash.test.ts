import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { commitOnly } from '../contract/archive.ts';
import { mountSmallDisk, type SmallDisk } from '../archive/small-disk.ts';
import { silentLog } from '../../src/log.ts';
import type { StudyService } from '../../src/study/port.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { slice, stream } from './instances.ts';
import { createServiceFixture, type ServiceFixture } from './service-fixture.ts';

const runs = 8;

/** Starts the receiving process, kills it after so many acknowledgements, and gives what it had acknowledged. */
async function receiveAndKill(dataDir: string, run: number, acknowledgements: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'receive-until-killed.ts'), dataDir, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'ready') acknowledged.push(line);
    if (acknowledged.length === acknowledgements) child.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
  return acknowledged;
}

describe('kill -9 while receiving', () => {
  it('loses nothing that was acknowledged, wherever it strikes, and leaves nothing unaccounted for', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'phoi-crash-'));
    const acknowledged: string[] = [];
    for (let run = 1; run <= runs; run += 1) acknowledged.push(...await receiveAndKill(dataDir, run, 7 * run));
    expect(acknowledged.length).toBeGreaterThanOrEqual(7 * runs * (runs + 1) / 2);

    const archive = await openFileArchive(dataDir, { leftoverAgeMs: 0 });
    const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
    for (const sopInstanceUID of acknowledged) {
      const record = await index.instance(sopInstanceUID);
      expect(record, sopInstanceUID).toBeDefined();
      expect((await archive.read(record!.blobKey)).length).toBe(record!.sizeBytes);
    }
    const service = createStudyService({ archive, index, log: silentLog(), settings: { quietSeconds: 30 } });
    await service.resume();
    let blobs = 0;
    for await (const key of archive.keys()) {
      blobs += 1;
      expect(await index.refersToBlob(key)).toBe(true);
    }
    const { items } = await index.worklist({ limit: 100, offset: 0 });
    expect(items.length).toBe(runs);
    expect(items.every(({ state }) => state === 'receiving')).toBe(true);
    expect(items.reduce((sum, { instanceCount }) => sum + instanceCount, 0)).toBe(blobs);
    expect(await readdir(join(dataDir, 'archive/incoming'))).toEqual([]);
    await service.close();
    await index.close();
    await rm(dataDir, { recursive: true });
  });
});

/** As the file system may leave a file whose bytes it had not written yet. */
async function tear(path: string, sizeBytes: number): Promise<void> {
  await chmod(path, 0o600);
  await truncate(path, 0);
  await truncate(path, sizeBytes);
}

describe('what a crash left between archive and index', () => {
  let f: ServiceFixture;
  afterEach(() => f.dispose());

  it('is taken in at the next start, and then the study completes', async () => {
    f = await createServiceFixture();
    await f.receive(slice(1));
    for (const number of [2, 3, 4]) await commitOnly(f.archive, slice(number));
    await f.restart();
    expect(await f.item()).toMatchObject({ instanceCount: 4, state: 'receiving' });
    expect(await f.receive(slice(3))).toBe('duplicate');
    await f.pass(30);
    expect(f.completes.length).toBe(1);
  });

  it('rebuilds an index that was lost', async () => {
    f = await createServiceFixture();
    for (const number of [1, 2, 3]) await f.receive(slice(number));
    await f.index.close();
    for (const name of await readdir(f.dataDir)) if (name.startsWith('index.sqlite')) await rm(join(f.dataDir, name));
    await f.restart();
    expect(await f.item()).toMatchObject({ instanceCount: 3, patientName: 'Phạm^Thị Hoa' });
  });

  it('does not make our own result an instance to analyse', async () => {
    f = await createServiceFixture();
    await f.receive(slice(1));
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysed', { jobId: 'job' });
    await commitOnly(f.archive, slice(900, { Modality: ['SR'], Manufacturer: ['Phoi'] }, { series: '1.2.3.9' }));
    await f.restart();
    expect(await f.item()).toMatchObject({ instanceCount: 2, state: 'analysed' });
  });

  it('is removed where the index holds the same content in another file', async () => {
    f = await createServiceFixture();
    await f.receive(slice(1));
    const copy = Buffer.from(slice(1));
    copy.write('other preamble', 0, 'latin1');
    const { key } = await commitOnly(f.archive, copy);
    await f.restart();
    expect(await f.archive.has(key)).toBe(false);
    expect((await f.keys()).length).toBe(1);
  });

  it.each(['cut short', 'as long, of zeros'])('and a power cut left torn (%s) goes, is told of, and comes whole when it is sent again', async (how) => {
    f = await createServiceFixture();
    await f.receive(slice(1));
    const { key, sizeBytes } = await commitOnly(f.archive, slice(2));
    await tear(f.archive.path(key), how === 'cut short' ? 100 : sizeBytes);
    await f.restart();
    expect(await f.item()).toMatchObject({ instanceCount: 1 });
    expect((await f.keys()).length).toBe(1);
    expect(await readdir(join(f.dataDir, 'archive/incoming'))).toEqual([]);
    expect(await f.receive(slice(2))).toBe('stored');
    expect(Buffer.compare(await f.archive.read(key), slice(2))).toBe(0);
  });

  it('and a power cut left torn without its other name is neither taken in for a lost index nor believed when it is sent again', async () => {
    f = await createServiceFixture();
    await f.receive(slice(1));
    const { key, sizeBytes, settle } = await commitOnly(f.archive, slice(2));
    await settle();
    await tear(f.archive.path(key), sizeBytes);
    await f.index.close();
    for (const name of await readdir(f.dataDir)) if (name.startsWith('index.sqlite')) await rm(join(f.dataDir, name));
    await f.restart();
    expect(await f.item()).toMatchObject({ instanceCount: 1 });
    expect(await f.receive(slice(2))).toBe('stored');
    expect(Buffer.compare(await f.archive.read(key), slice(2))).toBe(0);
  });

  it('that cannot be read stays, and does not keep the service from starting', async () => {
    f = await createServiceFixture();
    const { key } = await commitOnly(f.archive, Buffer.from('not DICOM'));
    await f.restart();
    expect(await f.archive.has(key)).toBe(true);
    expect(await f.receive(slice(1))).toBe('stored');
  });
});

describe('a full disk', () => {
  let disk: SmallDisk | undefined;
  afterEach(async () => {
    await disk?.unmount();
    disk = undefined;
  });

  it('refuses what no longer fits, keeps what was acknowledged, and goes on', async (context) => {
    disk = await mountSmallDisk('4m');
    if (disk === undefined) return context.skip();
    const big = (number: number): Uint8Array => slice(number, { Rows: [256], Columns: [256] });
    const open = async (): Promise<{ readonly archive: InstanceArchive; readonly index: StudyIndex; readonly service: StudyService }> => {
      const archive = await openFileArchive(disk!.path, { leftoverAgeMs: 0 });
      const index = await openSqliteIndex(join(disk!.path, 'index.sqlite'));
      return { archive, index, service: createStudyService({ archive, index, log: silentLog(), settings: { quietSeconds: 30 } }) };
    };
    let { archive, index, service } = await open();
    const acknowledged: string[] = [];
    const refusals: unknown[] = [];
    // Beyond the first refusal: small things may still fit, and every answer has to be true.
    for (let number = 1; number <= 60; number += 1) {
      const file = number % 5 === 0 ? slice(number) : big(number);
      try {
        acknowledged.push((await service.receive(stream(file, 16_384), { transport: 'dimse' })).sopInstanceUID);
      } catch (error) {
        refusals.push(error);
      }
    }
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(refusals.length).toBeGreaterThan(10);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'ARCHIVE_OUT_OF_SPACE' });
    expect(await readdir(join(disk.path, 'archive/incoming'))).toEqual([]);

    await service.close();
    await index.close();
    ({ archive, index, service } = await open());
    for (const sopInstanceUID of acknowledged) expect((await archive.read((await index.instance(sopInstanceUID))!.blobKey)).length).toBeGreaterThan(500);
    const known = (await index.summaries('1.2.3')).map(({ blobKey }) => blobKey);
    const kept: string[] = [];
    for await (const key of archive.keys()) kept.push(key);
    expect(kept.sort()).toEqual([...known].sort());
    await service.close();
    await index.close();
  });

  it('leaves room for the results of what was acknowledged', async (context) => {
    disk = await mountSmallDisk('8m');
    if (disk === undefined) return context.skip();
    const archive = await openFileArchive(disk.path, { reserveBytes: 8_380_000 });
    const index = await openSqliteIndex(join(disk.path, 'index.sqlite'));
    const service = createStudyService({ archive, index, log: silentLog(), settings: { quietSeconds: 30 } });
    await expect(service.receive(stream(slice(1)), { transport: 'dimse' })).rejects.toMatchObject({ code: 'ARCHIVE_OUT_OF_SPACE' });
    expect((await service.receive(stream(slice(2, { Modality: ['SR'] })), { transport: 'internal' })).kind).toBe('stored');
    await service.close();
    await index.close();
  });
});
