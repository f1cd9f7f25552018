/** A champion and two shadows, one of which fails, through the real service: what shadows find is compared and never shown. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import type { ShadowTotals } from '../../src/index/shadow-types.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { multipartRelated } from '../http/support.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const fixtures = join(import.meta.dirname, '../inference/fixtures');
let folder: string;
let service: TestService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'phoi-shadow-'));
  mkdirSync(join(folder, 'models'));
  cpSync(join(fixtures, 'blob-detector'), join(folder, 'models/blob-detector'), { recursive: true });
  service = await startTestService({ config: { modelsDir: join(folder, 'models'), model: 'blob-detector' } });
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function upload(name: string, change: Record<string, unknown>): Promise<Response> {
  const manifest = JSON.parse(readFileSync(join(fixtures, name, 'model.json'), 'utf8')) as Record<string, unknown>;
  const form = new FormData();
  form.append('files', new Blob([JSON.stringify({ ...manifest, ...change })]), 'model.json');
  form.append('files', new Blob([readFileSync(join(fixtures, name, 'model.onnx'))]), 'model.onnx');
  return fetch(new URL('/api/v1/models', service.httpUrl), { method: 'POST', body: form });
}

interface ShadowItem {
  readonly model: { readonly id: string; readonly version: string };
  readonly state: 'done' | 'failed';
  readonly code?: string;
  readonly findings?: FindingsDocument;
  readonly agreement?: { readonly kind: string; readonly both: readonly unknown[]; readonly onlyFirst: readonly string[]; readonly onlySecond: readonly string[] };
}

it('compares shadows and shows the champion alone', async () => {
  // The same detector, stricter: what it finds is a part of what the champion finds.
  expect((await upload('blob-detector', { version: '1.1.0', operatingPoints: [{ name: 'default', threshold: 0.97, falsePositivesPerScan: 1, dataset: 'none' }] })).status).toBe(201);
  expect((await upload('bad/not-a-number', {})).status).toBe(201);
  expect((await upload('bad/wrong-hash', {})).status).toBe(422);
  const active = { champion: { id: 'blob-detector', version: '1.0.0' }, shadows: [{ id: 'blob-detector', version: '1.1.0' }, { id: 'not-a-number', version: '1.0.0' }] };
  expect(await service.api('/api/v1/models/active', { method: 'PUT', body: JSON.stringify(active), headers: { 'content-type': 'application/json' } })).toEqual(active);
  expect((await service.api<{ model: { version: string } }>('/api/v1/system')).model.version).toBe('1.0.0');

  const phantom = makePhantomStudy({ seed: 23, nodules: [{ diameterMm: 10, type: 'solid', location: 'isolated' }, { diameterMm: 12, type: 'solid', location: 'isolated' }], sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 });
  const { body, contentType } = multipartRelated(phantom.instances.map(({ part10 }) => part10));
  expect((await fetch(new URL('/dicom-web/studies', service.httpUrl), { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': contentType } })).status).toBe(200);
  const [{ studyInstanceUID } = { studyInstanceUID: '' }] = await service.worklist();
  const shown = await service.reaches(studyInstanceUID, ['analysed']);
  const items = await until('both shadows have ended', async () => {
    const found = (await service.api<{ items: readonly ShadowItem[] }>(`/api/v1/studies/${studyInstanceUID}/shadow`)).items;
    return found.length === 2 && found;
  }, 300_000);
  const done = items.find(({ state }) => state === 'done');
  const failed = items.find(({ state }) => state === 'failed');
  expect(failed).toMatchObject({ model: { id: 'not-a-number' }, code: 'MODEL_OUTPUT_INVALID' });
  expect(done?.findings?.status).toBe('analysed');
  const { both = [], onlyFirst = [], onlySecond = [] } = done?.agreement ?? {};
  expect(onlySecond).toEqual([]);
  expect(both.length).toBe(done?.findings?.findings.length);
  expect(both.length + onlyFirst.length).toBe(shown.analysis?.findings.findings.length);
  expect(both.length).toBeGreaterThan(0);

  const after = await service.study(studyInstanceUID);
  expect(after.state).toBe('analysed');
  expect(after.analysis).toEqual(shown.analysis);
  expect(after.analysis?.findings.model.version).toBe('1.0.0');
  expect(after.earlierAnalyses).toEqual([]);
  const own = after.series.filter((series) => series.own);
  expect(own.reduce((total, { instanceCount }) => total + instanceCount, 0)).toBe(shown.analysis?.objects.length);

  const totals = await service.api<{ items: readonly ShadowTotals[]; failures: readonly { code: string; count: number }[] }>('/api/v1/models/shadow-agreement');
  expect(totals.items).toMatchObject([{ champion: { version: '1.0.0' }, shadow: { version: '1.1.0' }, studies: 1, both: both.length, onlyChampion: onlyFirst.length, onlyShadow: 0, notComparable: 0 }]);
  expect(totals.failures).toMatchObject([{ code: 'MODEL_OUTPUT_INVALID', count: 1 }]);
  const removal = await fetch(new URL('/api/v1/models/blob-detector@1.1.0', service.httpUrl), { method: 'DELETE' });
  expect([removal.status, (await removal.json() as { code: string }).code]).toEqual([409, 'MODEL_IN_USE']);
});
