/** The trail of the real service: what was done is in it, and no patient is. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { readTrail, verifyTrail } from '../../src/audit/verify.ts';
import { projectRoot } from '../../src/settings.ts';
import { associateRequest, rawPeer } from '../dimse/helpers/raw-peer.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';
import { run } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

let service: TestService;
const series = makeBoxSeries({ name: 'audit', patientName: 'Lê^Thị Bí Mật', patientID: 'SECRET-4711' });

beforeAll(async () => {
  service = await startTestService({ env: { PHOI_WORKERS: '0' } });
}, 60_000);
afterAll(async () => service.stop());

async function entries(): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const { entry } of readTrail(join(service.dataDir, 'audit'))) if (entry !== undefined) found.push(entry);
  return found;
}

const command = (...args: readonly string[]) => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), ...args], { env: { ...process.env, PHOI_DATA_DIR: service.dataDir } });

it('a second service on the same data folder is refused, and the first one goes on', async () => {
  const second = await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/server.ts')], {
    env: { ...process.env, PHOI_DATA_DIR: service.dataDir, PHOI_HTTP_PORT: '0', PHOI_DICOM_PORT: '0', PHOI_WORKERS: '0' },
  });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain('Another process writes the audit trail');
  expect((await service.worklist()).length).toBe(0);
}, 60_000);

it('an export beside the service is entered by the service, and only by the one of that folder', async () => {
  const out = await mkdtemp(join(tmpdir(), 'phoi-export-'));
  const other = await startTestService({ env: { PHOI_WORKERS: '0' } });
  try {
    const wrong = await command('export-study', '--out', out, '--server', other.httpUrl);
    expect(wrong.stderr).toMatch(/EXPORT_NOT_RECORDED.*another data folder/u);
    const before = (await entries()).filter(({ kind }) => kind === 'export');
    expect(before).toEqual([]);
    // There is nothing to be exported, and that is recorded.
    expect((await command('export-study', '--out', out, '--server', service.httpUrl)).stderr).toContain('EXPORT_NOTHING_SIGNED');
    const steps = (await entries()).filter(({ kind }) => kind === 'export');
    expect(steps.map(({ what, outcome, details }) => [what, outcome, details?.['code']])).toEqual([['begun', 'success', undefined], ['failed', 'minor-failure', 'EXPORT_NOTHING_SIGNED']]);
    expect(steps[0]!.actor).toMatchObject({ name: 'anonymous', address: '127.0.0.1' });
  } finally {
    await other.stop();
    await rm(out, { recursive: true, force: true });
  }
}, 90_000);

it.each([
  ['another kind', { kind: 'review', what: 'begun' }], ['another step', { kind: 'export', what: 'signed' }], ['a study that is none', { kind: 'export', what: 'study', studyInstanceUID: '../x' }],
  ['details of any length', { kind: 'export', what: 'begun', details: { x: 'y'.repeat(201) } }],
])('nobody enters %s', async (_what, body) => {
  const before = (await entries()).length;
  const answer = await fetch(`${service.httpUrl}api/v1/audit/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect(answer.status).toBe(400);
  expect((await entries()).slice(before).filter(({ kind }) => kind !== 'administration')).toEqual([]);
});

it('whoever enters a step is named by the service, whatever they call themselves', async () => {
  const before = (await entries()).length;
  await service.api('/api/v1/audit/events', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: 'export', what: 'study', studyInstanceUID: '1.2.3', actor: { name: 'an', kind: 'person' } }) });
  expect((await entries()).slice(before).filter(({ kind }) => kind === 'export')).toMatchObject([{ kind: 'export', what: 'study', studyInstanceUID: '1.2.3', actor: { name: 'anonymous' } }]);
});

it('records whoever is turned away at the DICOM port, once for many calls', async () => {
  for (let call = 0; call < 2; call += 1) {
    const peer = await rawPeer(service.dicomPort);
    await peer.send(associateRequest({ called: 'ELSEWHERE', calling: 'STRANGER' }));
    await peer.pdu();
    peer.socket.destroy();
  }
  const refused = async (): Promise<readonly AuditEntry[]> => (await entries()).filter(({ kind, actor }) => kind === 'access-refused' && actor.name === 'STRANGER');
  await until('the refusal', async () => (await refused()).length > 0);
  expect((await refused()).map(({ what, actor }) => [what, actor.kind, actor.address])).toEqual([['rejected: called AE title not recognized', 'peer', '127.0.0.1']]);
});

it('records start, arrival, looks, changes and refusals, and is whole after kill -9 and a stop', async () => {
  for (const { part10 } of series.instances) {
    await fetch(`${service.httpUrl}dicom-web/studies`, { method: 'POST', headers: { 'content-type': 'application/dicom' }, body: Buffer.from(part10) });
  }
  const { studyInstanceUID } = series;
  await service.api(`/api/v1/studies/${studyInstanceUID}/complete`, { method: 'POST' });
  for (let n = 0; n < 3; n += 1) await service.api(`/api/v1/studies/${studyInstanceUID}`);
  await service.api(`/api/v1/studies/${studyInstanceUID}/priority`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"priority":"stat"}' });
  const refused = await fetch(`${service.httpUrl}api/v1/studies/${studyInstanceUID}/reanalyse`, { method: 'POST', headers: { origin: 'https://elsewhere.example' } });
  expect(refused.status).toBe(403);
  const kinds = await until('the entries', async () => {
    const found = await entries();
    return ['service-started', 'study-received', 'study-accessed', 'administration', 'access-refused'].every((kind) => found.some((entry) => entry.kind === kind)) ? found : undefined;
  });
  expect(kinds.filter(({ kind, studyInstanceUID: uid, what }) => kind === 'study-accessed' && uid === studyInstanceUID && what === 'REST')).toHaveLength(1);
  expect(kinds.find(({ kind }) => kind === 'study-received')?.details).toMatchObject({ instances: series.instances.length, senders: ['stow 127.0.0.1'] });
  await service.kill();
  expect((await verifyTrail(join(service.dataDir, 'audit'))).broken).toBeUndefined();
  await service.start();
  const answer = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'audit', 'verify', '--data', service.dataDir, '--json'], { encoding: 'utf8' });
  expect(JSON.parse(answer.stdout)).toMatchObject({ whole: true });
  const text = await readFile(join(service.dataDir, 'audit', 'audit-000001.jsonl'), 'utf8');
  for (const secret of ['Bí Mật', 'SECRET-4711', '19601231']) expect(text).not.toContain(secret);
}, 90_000);
