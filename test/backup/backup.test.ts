/** Backups of a real service that runs and receives, restored into a new folder and started there. */
import { appendFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { blobPath } from '../../src/archive/blob-key.ts';
import { makeBackup } from '../../src/backup/backup.ts';
import { takeCensus } from '../../src/backup/blobs.ts';
import { listSnapshots } from '../../src/backup/layout.ts';
import { restoreBackup } from '../../src/backup/restore.ts';
import { verifyBackup } from '../../src/backup/verify.ts';
import { projectRoot } from '../../src/settings.ts';
import { run } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { makeBoxSeries, type BoxSeries } from '../viewer/helpers/box-series.ts';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

let service: TestService;
let work = '';
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'phoi-backup-'));
  service = await startTestService();
});
afterAll(async () => {
  await service.stop();
  await rm(work, { recursive: true, force: true });
});

async function send(to: TestService, series: BoxSeries): Promise<void> {
  for (const { part10 } of series.instances) {
    const answer = await fetch(`${to.httpUrl}dicom-web/studies`, { method: 'POST', headers: { 'content-type': 'application/dicom' }, body: Buffer.from(part10) });
    expect(answer.status).toBe(200);
  }
}

const at = (second: number) => ({ now: () => new Date(Date.UTC(2026, 2, 1, 8, 0, second)), version: 'test' });
const settled = ['not-analysed', 'analysed', 'failed'] as const;

describe('a backup of a running service', () => {
  const first = makeBoxSeries({ name: 'backup 1' });
  const second = makeBoxSeries({ name: 'backup 2' });
  const backupDir = (): string => join(work, 'backup');

  it('is whole while a study arrives, and restored it holds what was there and goes on with what was open', async () => {
    await send(service, first);
    const known = await service.reaches(first.studyInstanceUID, settled);
    const arriving = send(service, second);
    const report = await makeBackup({ dataDir: service.dataDir, backupDir: backupDir(), ...at(0) });
    await arriving;
    expect(report.manifest.instances).toBeGreaterThanOrEqual(first.instances.length);
    expect(await verifyBackup(backupDir())).toMatchObject({ faults: [] });

    const dataDir = join(work, 'restored');
    await restoreBackup({ backupDir: backupDir(), dataDir });
    for (const folder of [backupDir(), dataDir]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const restored = await startTestService({ env: { PHOI_DATA_DIR: dataDir } });
    try {
      const again = await restored.study(first.studyInstanceUID);
      expect(again.analysis).toEqual(known.analysis);
      expect(again.series).toEqual(known.series);
      const image = await fetch(`${restored.httpUrl}dicom-web/studies/${first.studyInstanceUID}/series/${first.seriesInstanceUID}/instances/${first.instances[0]!.sopInstanceUID}`, { headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } });
      const bytes = Buffer.from(await image.arrayBuffer());
      expect(bytes.includes(Buffer.from(first.instances[0]!.part10).subarray(-64 * 64 * 2))).toBe(true);
      await send(restored, second);
      const late = await restored.reaches(second.studyInstanceUID, settled);
      expect(late.instanceCount).toBe(second.instances.length + late.series.filter(({ own }) => own).reduce((sum, { instanceCount }) => sum + instanceCount, 0));
    } finally {
      await restored.stop();
    }
  });

  it('copies an image once, and keeps as many snapshots as were asked for', async () => {
    await service.reaches(second.studyInstanceUID, settled);
    const next = await makeBackup({ dataDir: service.dataDir, backupDir: backupDir(), ...at(1) });
    expect(next.copied).toBeLessThan(next.manifest.blobs);
    const last = await makeBackup({ dataDir: service.dataDir, backupDir: backupDir(), ...at(2), keep: 2 });
    expect(last.copied).toBe(0);
    expect((await listSnapshots(backupDir())).map(({ name }) => name)).toEqual(['20260301T080001Z', '20260301T080002Z']);
    expect(await verifyBackup(backupDir(), '20260301T080001Z')).toMatchObject({ faults: [] });
  });
});

describe('a backup that was damaged', () => {
  let backupDir = '';
  afterEach(async () => rm(backupDir, { recursive: true, force: true }));

  async function fresh(): Promise<{ readonly snapshot: string; readonly blob: string }> {
    backupDir = await mkdtemp(join(work, 'damaged-'));
    const { snapshot } = await makeBackup({ dataDir: service.dataDir, backupDir, ...at(5) });
    const [key] = takeCensus(join(backupDir, 'snapshots', snapshot, 'index.sqlite')).keys;
    return { snapshot, blob: blobPath(join(backupDir, 'objects'), key!) };
  }

  it.each([
    ['a changed image', async ({ blob }: { blob: string }) => {
      const bytes = await readFile(blob);
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(blob, bytes);
    }, /^blob .* is changed$/],
    ['a lost image', async ({ blob }: { blob: string }) => rm(blob), /^blob .* is missing$/],
    ['a changed index', async ({ snapshot }: { snapshot: string }) => appendFile(join(backupDir, 'snapshots', snapshot, 'index.sqlite'), 'x'), /^index.sqlite is changed$/],
    ['a changed audit trail', async ({ snapshot }: { snapshot: string }) => appendFile(join(backupDir, 'snapshots', snapshot, 'audit', 'audit-000001.jsonl'), 'x'), /^audit\/audit-000001.jsonl is changed$/],
  ])('%s is named, and nothing is restored', async (_what, damage, words) => {
    const made = await fresh();
    await damage(made);
    const { faults } = await verifyBackup(backupDir);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(words);
    const dataDir = join(work, 'never');
    await expect(restoreBackup({ backupDir, dataDir })).rejects.toMatchObject({ code: 'BACKUP_BROKEN' });
    expect(await readdir(dirname(dataDir))).not.toContain('never');
  });

  it('one that did not finish is none', async () => {
    const { snapshot } = await fresh();
    await rm(join(backupDir, 'snapshots', snapshot, 'manifest.json'));
    await expect(verifyBackup(backupDir)).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
  });

  it('nothing is restored over what is there', async () => {
    await fresh();
    await expect(restoreBackup({ backupDir, dataDir: service.dataDir })).rejects.toMatchObject({ code: 'BACKUP_TARGET_NOT_EMPTY' });
  });

  it('an image that the archive has lost makes the backup fail loudly', async () => {
    const { snapshot } = await fresh();
    const [key] = takeCensus(join(backupDir, 'snapshots', snapshot, 'index.sqlite')).keys;
    const path = blobPath(join(service.dataDir, 'archive', 'objects'), key!);
    const bytes = await readFile(path);
    await rm(path);
    const other = join(work, 'incomplete');
    try {
      await expect(makeBackup({ dataDir: service.dataDir, backupDir: other, ...at(6) })).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE', details: { missing: [key] } });
      expect(await listSnapshots(other)).toEqual([]);
    } finally {
      await writeFile(path, bytes);
    }
  });
});

it('a backup without the index is refused where that lies in PostgreSQL', async () => {
  const { code, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'backup', '--to', join(work, 'elsewhere')], {
    env: { ...process.env, PHOI_DATA_DIR: service.dataDir, DATABASE_URL: 'postgres://nowhere.invalid/phoi' },
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('pg_dump') as string]);
  await expect(readdir(join(work, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' });
});
