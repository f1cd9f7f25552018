/** Studies that have done their service, over the real archive, index and audit trail. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { InstanceArchive } from '../../src/archive/port.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { openAuditTrail, type AuditTrail } from '../../src/audit/trail.ts';
import { readTrail, verifyTrail } from '../../src/audit/verify.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { startRetention } from '../../src/retention/retention-service.ts';
import { projectRoot } from '../../src/settings.ts';
import type { StudyService } from '../../src/study/port.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { run } from '../helpers/run.ts';
import { synthetic } from '../http/support.ts';
import { findings } from '../index/records.ts';

const log = silentLog();
let dataDir: string;
let archive: InstanceArchive;
let index: StudyIndex;
let study: StudyService;
let trail: AuditTrail;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phoi-retention-'));
  archive = await openFileArchive(dataDir);
  index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  study = createStudyService({ archive, index, log, settings: { quietSeconds: 3600 } });
  trail = await openAuditTrail(join(dataDir, 'audit'));
});
afterEach(async () => {
  await trail.close();
  await study.close();
  await index.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function store(part10: Uint8Array, transport: 'stow' | 'internal' = 'stow'): Promise<void> {
  async function* once(): AsyncGenerator<Uint8Array> { yield part10; }
  await study.receive(once(), { transport });
}

/** Refused, and a destination was told so when `isDelivered`. */
async function refused(uid: string, isDelivered: boolean): Promise<void> {
  await store(synthetic({ study: uid, series: `${uid}.1`, instance: `${uid}.1.1` }));
  await store(synthetic({ study: uid, series: `${uid}.9`, instance: `${uid}.9.1` }), 'internal');
  await index.addAnalysis(uid, { jobId: uid, createdAt: new Date().toISOString(), findings: findings(uid, [], 'NO_LUNG_SERIES'), objects: [{ role: 'sr', sopInstanceUID: `${uid}.9.1`, sopClassUID: '1.2' }] });
  await index.setState(uid, 'not-analysed');
  await index.addDelivery({ id: uid, studyInstanceUID: uid, sopInstanceUID: `${uid}.9.1`, destination: 'pacs' });
  if (isDelivered) await index.updateDelivery(uid, { state: 'sent', attempts: 1 });
}

const phoi = (...args: readonly string[]) => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'retention', '--days', '1', '--json', ...args], { env: { ...process.env, PHOI_DATA_DIR: dataDir } });

async function blobs(): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const key of archive.keys()) keys.push(key);
  return keys;
}

it('a dry run names what would go and changes nothing; a run removes it, its files, and says so in the trail', async () => {
  await refused('2.25.51', true);
  await refused('2.25.52', false);
  const kept = await blobs();
  expect(await phoi('--dry-run')).toMatchObject({ code: 0, stdout: '' });
  // While a service, or this test, writes the trail, nothing can be removed from beside it.
  expect((await phoi()).stderr).toContain('Another process writes the audit trail');
  expect(await blobs()).toEqual(kept);

  let now = new Date(Date.now() + 40 * 86_400_000);
  const start = () => startRetention({ index, archive, append: (event) => trail.append(event), days: 30, log, now: () => now });
  const first = start();
  expect(await first.runIfDue()).toMatchObject({ studies: 1, instances: 2 });
  await first.close();
  expect(await index.study('2.25.52')).toMatchObject({ instanceCount: 2 });
  expect(await blobs()).toHaveLength(kept.length - 2);
  for (const { blobKey } of await index.instances({ studyInstanceUID: '2.25.52' })) expect(await archive.has(blobKey)).toBe(true);
  const entries: unknown[] = [];
  for await (const { entry } of readTrail(join(dataDir, 'audit'))) entries.push([entry?.kind, entry?.action, entry?.what, entry?.studyInstanceUID, entry?.details?.['instances']]);
  expect(entries).toEqual([['study-deleted', 'delete', 'retention', '2.25.51', 2]]);
  expect((await verifyTrail(join(dataDir, 'audit'))).broken).toBeUndefined();

  // Once a day: what may go in the meantime waits.
  await index.updateDelivery('2.25.52', { state: 'sent', attempts: 1 });
  now = new Date(now.getTime() + 23 * 3_600_000);
  const second = start();
  expect(await second.runIfDue()).toBeUndefined();
  await second.close();
  expect(await index.study('2.25.52')).toBeDefined();
});

it('where the trail cannot be written, nothing is removed; without a service the command does it', async () => {
  await refused('2.25.53', true);
  await trail.close();
  const retention = startRetention({ index, archive, append: (event) => trail.append(event), days: 1, log, now: () => new Date(Date.now() + 40 * 86_400_000) });
  await expect(retention.runIfDue()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  await retention.close();
  expect(await index.study('2.25.53')).toMatchObject({ instanceCount: 2 });

  const longAgo = '2020-01-02T03:04:05.000Z';
  const database = new DatabaseSync(join(dataDir, 'index.sqlite'));
  database.exec(`UPDATE studies SET updated_at = '${longAgo}', received_at = '${longAgo}'; UPDATE instances SET received_at = '${longAgo}'; UPDATE deliveries SET updated_at = '${longAgo}'`);
  database.close();
  const listed = JSON.parse((await phoi('--dry-run')).stdout) as unknown;
  expect(listed).toMatchObject({ studyInstanceUID: '2.25.53', why: 'not-analysed', lastChangeAt: longAgo, instances: 2 });
  expect(await blobs()).toHaveLength(2);
  expect(JSON.parse((await phoi()).stdout)).toMatchObject({ studies: 1, instances: 2 });
  expect([await index.study('2.25.53'), await blobs()]).toEqual([undefined, []]);
  for await (const { entry } of readTrail(join(dataDir, 'audit'))) expect(entry).toMatchObject({ kind: 'study-deleted', actor: { name: 'command line' }, studyInstanceUID: '2.25.53' });
});

it('files whose removal a crash has cut off go at the next run, and stay when the same bytes have come again', async () => {
  await refused('2.25.54', true);
  await refused('2.25.55', true);
  const later = new Date(Date.now() + 86_400_000).toISOString();
  for (const uid of ['2.25.54', '2.25.55']) expect(await index.removeStudy(uid, later)).toBe(true);
  // Killed here: the index has forgotten them, the files are there.
  expect(await blobs()).toHaveLength(4);
  await store(synthetic({ study: '2.25.55', series: '2.25.55.1', instance: '2.25.55.1.1' }));
  const retention = startRetention({ index, archive, append: (event) => trail.append(event), days: 1, log });
  expect(await retention.runIfDue()).toMatchObject({ studies: 0 });
  await retention.close();
  const [again] = await index.instances({ studyInstanceUID: '2.25.55' });
  expect(await blobs()).toEqual([again!.blobKey]);
  expect(await index.retiredBlobs(10)).toEqual([]);
});
