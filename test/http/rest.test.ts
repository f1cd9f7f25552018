import { Ajv } from 'ajv';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsSchemaVersion, type FindingsDocument } from '../../src/findings/types.ts';
import { dashboardSchema } from '../../src/http/schemas/dashboard.ts';
import { jobItemSchema } from '../../src/http/schemas/job.ts';
import { studyDetailSchema, systemSchema, worklistSchema } from '../../src/http/schemas/study.ts';
import { deliverySchema, destinationItemSchema } from '../../src/http/schemas/delivery.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

const evil = '<img src=x onerror=alert(1)>^"\'&</script>';

function notAnalysed(studyInstanceUID: string): FindingsDocument {
  return {
    schemaVersion: findingsSchemaVersion, studyInstanceUID, status: 'not-analysed',
    reason: { code: 'SERIES_NONE_ELIGIBLE', text: { en: 'No series fits.', vi: 'Không có chuỗi ảnh phù hợp.' } },
    warnings: [], seriesAssessments: [], model: { id: 'm', version: '1', sha256: 'ab', name: 'M' },
    operatingPoint: 0.5, findings: [], quality: {}, timingsMs: {}, inputHash: 'h',
  };
}

let http: TestHttp;
let viewerDir: string;
beforeAll(async () => {
  viewerDir = await mkdtemp(join(tmpdir(), 'phoi-viewer-'));
  await mkdir(join(viewerDir, 'assets'));
  await writeFile(join(viewerDir, 'index.html'), '<!doctype html><title>viewer</title>');
  await writeFile(join(viewerDir, 'assets/app-1234.js'), 'export {};');
  await writeFile(join(viewerDir, '.secret'), 'no');
  http = await startHttp({ viewerDir });
  await http.store(synthetic({ study: '2.25.1', instance: '2.25.11', patientName: evil }));
  await http.store(synthetic({ study: '2.25.2', series: '2.25.22', instance: '2.25.21' }));
});
afterAll(async () => {
  await http.close();
  await rm(viewerDir, { recursive: true, force: true });
});

async function call(method: 'GET' | 'POST', path: string, body?: object) {
  return http.app.inject({ method, url: `/api/v1${path}`, ...(body === undefined ? {} : { payload: body }) });
}

function holds(schema: object, value: unknown): void {
  const ajv = new Ajv({ strict: false, allErrors: true });
  expect(ajv.validate(schema, value), JSON.stringify(ajv.errors)).toBe(true);
}

describe('REST', () => {
  it('lists studies as its schema says, and hostile names only as JSON text', async () => {
    const answer = await call('GET', '/worklist?limit=10');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['cache-control']).toBe('no-store');
    const worklist = answer.json<{ total: number; items: { patientName: string; studyInstanceUID: string }[] }>();
    holds(worklistSchema, worklist);
    expect(worklist.total).toBe(2);
    expect(worklist.items.find(({ studyInstanceUID }) => studyInstanceUID === '2.25.1')?.patientName).toBe(evil);
  });

  it('filters by state, text and page', async () => {
    expect((await call('GET', '/worklist?state=receiving,incomplete&state=failed')).json()).toMatchObject({ total: 2 });
    expect((await call('GET', '/worklist?state=failed')).json()).toMatchObject({ total: 0, items: [] });
    expect((await call('GET', '/worklist?search=synthetic')).json()).toMatchObject({ total: 1 });
    expect((await call('GET', '/worklist?modality=MR,CT&priority=routine&from=19000101&to=99991231')).json<{ total: number }>().total).toBeGreaterThan(0);
    expect((await call('GET', '/worklist?priority=stat')).json()).toMatchObject({ total: 0 });
    expect((await call('GET', '/worklist?modality=US')).json()).toMatchObject({ total: 0 });
    expect((await call('GET', '/worklist?limit=1&offset=1&order=received')).json<{ items: unknown[] }>().items).toHaveLength(1);
  });

  it.each([
    ['GET', '/worklist?state=nonsense', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/worklist?from=2026-01-02', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/worklist?modality=ct%27', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/worklist?priority=urgent', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/worklist?limit=501', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/worklist?limit=-1', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/studies/..%2F..%2Fetc%2Fpasswd', 400, 'HTTP_BAD_REQUEST'],
    ['GET', '/studies/2.25.404', 404, 'STUDY_NOT_FOUND'],
    ['GET', '/studies/2.25.1/findings', 404, 'FINDINGS_NOT_AVAILABLE'],
    ['POST', '/studies/2.25.404/complete', 404, 'STUDY_NOT_FOUND'],
    ['POST', '/jobs/none/cancel', 404, 'QUEUE_JOB_NOT_FOUND'],
    ['POST', '/jobs/none/resubmit', 404, 'QUEUE_JOB_NOT_FOUND'],
    ['POST', '/deliveries/unknown/resend', 404, 'DELIVERY_NOT_FOUND'],
    ['GET', '/studies/2.25.404/deliveries', 404, 'STUDY_NOT_FOUND'],
    ['POST', '/studies/2.25.404/deliveries/resend', 404, 'STUDY_NOT_FOUND'],
    ['POST', '/destinations/nobody/resend', 404, 'DESTINATION_NOT_FOUND'],
    ['GET', '/nothing', 404, 'HTTP_NOT_FOUND'],
  ] as const)('%s %s is a coded problem', async (method, path, status, code) => {
    const answer = await call(method, path);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ type: 'about:blank', status, code });
  });

  it('never shows "not analysed" as "no findings"', async () => {
    const before = await call('GET', '/studies/2.25.2/findings');
    expect(before.json()).toMatchObject({ code: 'FINDINGS_NOT_AVAILABLE', state: 'receiving' });
    await http.index.addAnalysis('2.25.2', { jobId: 'j1', findings: notAnalysed('2.25.2'), createdAt: new Date().toISOString(), objects: [] });
    const after = (await call('GET', '/studies/2.25.2/findings')).json<FindingsDocument>();
    expect(after.status).toBe('not-analysed');
    expect(after.reason?.text.vi).toBe('Không có chuỗi ảnh phù hợp.');
    const detail = (await call('GET', '/studies/2.25.2')).json<object>();
    holds(studyDetailSchema, detail);
    expect(detail).toMatchObject({ analysis: { jobId: 'j1' } });
  });

  it('passes on complete, analyse again, priority and resend', async () => {
    expect((await call('POST', '/studies/2.25.1/reanalyse')).statusCode).toBe(202);
    expect((await call('POST', '/studies/2.25.1/priority', { priority: 'stat' })).json()).toEqual({ studyInstanceUID: '2.25.1', priority: 'stat' });
    expect((await call('POST', '/studies/2.25.1/priority', { priority: 'now' })).json()).toMatchObject({ code: 'HTTP_BAD_REQUEST' });
    expect((await call('POST', '/deliveries/known/resend')).statusCode).toBe(202);
    expect(http.actions).toEqual(expect.arrayContaining(['reanalyse 2.25.1', 'priority 2.25.1 stat', 'resend {"id":"known"}']));
    expect((await call('POST', '/studies/2.25.1/complete')).statusCode).toBe(202);
    expect((await http.index.study('2.25.1'))?.state).toBe('waiting');
  });

  it('shows destinations with their state, without secrets, and those that are gone', async () => {
    await http.index.addDelivery({ id: 'd1', studyInstanceUID: '2.25.1', sopInstanceUID: '2.25.11', destination: 'gone', role: 'sr' });
    await http.index.addDelivery({ id: 'd2', studyInstanceUID: '2.25.1', sopInstanceUID: '2.25.11', destination: 'pacs', role: 'sr' });
    await http.index.updateDelivery('d2', { state: 'waiting', attempts: 2, lastErrorCode: 'DIMSE_TIMEOUT', lastError: 'DIMSE_TIMEOUT: slow', nextAttemptAt: '2030-01-01T00:00:00.000Z' });
    const answer = await call('GET', '/destinations');
    expect(answer.body).not.toContain('secret');
    const { items } = answer.json<{ items: Record<string, unknown>[] }>();
    for (const item of items) holds(destinationItemSchema, item);
    expect(items).toMatchObject([
      { name: 'pacs', state: 'failing', tls: true, roles: ['sr'], counts: { waiting: 1 }, lastErrorCode: 'DIMSE_TIMEOUT' },
      { name: 'off', state: 'disabled', counts: { waiting: 0 } },
      { name: 'gone', state: 'not-configured', counts: { waiting: 1 } },
    ]);
    expect((await http.app.inject('/metrics')).body).toContain('phoi_deliveries{destination="gone",state="waiting"} 1');
    const deliveries = (await call('GET', '/studies/2.25.1/deliveries')).json<{ items: Record<string, unknown>[] }>().items;
    for (const item of deliveries) holds(deliverySchema, item);
    expect(deliveries.find(({ id }) => id === 'd2')).toMatchObject({ role: 'sr', attempts: 2, nextAttemptAt: '2030-01-01T00:00:00.000Z', lastError: 'DIMSE_TIMEOUT: slow' });
  });

  it('sends again one study, to one destination or in some states, and failed ones unless told otherwise', async () => {
    expect((await call('POST', '/studies/2.25.1/deliveries/resend')).json()).toEqual({ count: 1 });
    expect((await call('POST', '/studies/2.25.1/deliveries/resend', { destination: 'pacs', states: ['sent', 'confirmed'] })).statusCode).toBe(202);
    expect((await call('POST', '/destinations/pacs/resend')).json()).toEqual({ count: 1 });
    expect((await call('POST', '/destinations/pacs/resend', { states: ['nonsense'] })).statusCode).toBe(400);
    expect(http.actions).toEqual(expect.arrayContaining([
      'resend {"studyInstanceUID":"2.25.1","states":["failed"]}', 'resend {"studyInstanceUID":"2.25.1","states":["sent","confirmed"],"destination":"pacs"}',
      'resend {"destination":"pacs","states":["failed"]}',
    ]));
  });

  it('lists, cancels and resubmits jobs without their data', async () => {
    const { job } = await http.queue.enqueue('analyze', { studyInstanceUID: '2.25.1', secret: 'inside' }, { idempotencyKey: 'k' });
    const listed = (await call('GET', '/jobs?state=waiting')).json<{ items: object[]; counts: Record<string, number> }>();
    holds(jobItemSchema, listed.items[0]);
    expect(listed.items[0]).toMatchObject({ id: job.id, studyInstanceUID: '2.25.1', state: 'waiting' });
    expect(JSON.stringify(listed)).not.toContain('inside');
    expect(listed.counts['waiting']).toBe(1);
    expect((await call('POST', `/jobs/${job.id}/resubmit`)).json()).toMatchObject({ code: 'QUEUE_JOB_STATE' });
    expect((await call('POST', `/jobs/${job.id}/cancel`)).statusCode).toBe(202);
    expect((await call('POST', `/jobs/${job.id}/resubmit`)).statusCode).toBe(202);
  });

  it('describes itself', async () => {
    const system = (await call('GET', '/system')).json<object>();
    holds(systemSchema, system);
    expect(system).toMatchObject({ aeTitle: 'PHOI', authentication: false, model: { id: 'm' } });
    const document = (await call('GET', '/openapi.json')).json<{ openapi: string; paths: Record<string, object> }>();
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/api/v1/worklist', '/api/v1/studies/{studyInstanceUID}', '/api/v1/uploads']));
  });
});

describe('health and metrics', () => {
  it('is well while everything answers, and says what is not', async () => {
    expect((await http.app.inject('/readyz')).json()).toEqual({ status: 'ok', checks: { index: 'ok', archive: 'ok', disk: 'ok', queue: 'ok' } });
    const strict = await startHttp({ limits: { minFreeBytes: Number.MAX_SAFE_INTEGER } });
    const answer = await strict.app.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ checks: { disk: 'failed', index: 'ok' } });
    await strict.close();
  });

  it('counts without patient data', async () => {
    const text = (await http.app.inject('/metrics')).payload;
    expect(text).toMatch(/phoi_instances_received_total\{transport="cli",outcome="stored"\} 2/);
    expect(text).toMatch(/phoi_studies\{state="[a-z-]+"\} \d/);
    expect(text).toMatch(/phoi_jobs\{state="waiting"\} \d/);
    expect(text).toMatch(/phoi_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/worklist",status="200"\} \d/);
    expect(text).not.toMatch(/2\.25\.|Phantom|onerror/);
  });

  it('logs routes and UIDs, never what was searched for', async () => {
    await call('GET', '/worklist?search=Geheim');
    await http.app.inject('/dicom-web/studies?PatientName=Geheim*');
    await call('GET', '/studies/2.25.1');
    const log = http.logLines.join('');
    expect(log).toContain('"route":"/dicom-web/studies"');
    expect(log).toContain('"studyInstanceUID":"2.25.1"');
    expect(log).not.toMatch(/Geheim|onerror|PHANTOM-1/);
  });
});

describe('the viewer', () => {
  it('is served at its paths, with a policy that lets no foreign script run', async () => {
    for (const path of ['/', '/studies/2.25.1']) {
      const page = await http.app.inject({ url: path, headers: { accept: 'text/html' } });
      expect(page.statusCode).toBe(200);
      expect(page.payload).toContain('viewer');
      expect(page.headers['cache-control']).toBe('no-cache');
      expect(page.headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe-inline/);
    }
    const asset = await http.app.inject('/assets/app-1234.js');
    expect(asset.headers['cache-control']).toContain('immutable');
    expect(asset.headers['content-type']).toMatch(/javascript/);
  });

  it('may be built anew, or for the first time, while the service runs', async () => {
    await writeFile(join(viewerDir, 'assets/app-5678.js'), 'export {};');
    expect((await http.app.inject('/assets/app-5678.js')).statusCode).toBe(200);
    const bare = await startHttp();
    const missing = await bare.app.inject({ url: '/', headers: { accept: 'text/html' } });
    expect(missing.json()).toMatchObject({ code: 'HTTP_NOT_FOUND', detail: expect.stringContaining('npm run build') as string });
    await bare.close();
  });

  it.each(['/assets/gone.js', '/api/v1/gone', '/dicom-web/gone', '/..%2f..%2fetc/passwd', '/.secret', '/assets/../../etc/passwd'])('does not answer %s with a page or a foreign file', async (url) => {
    const answer = await http.app.inject({ url, headers: { accept: '*/*' } });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.payload).not.toMatch(/viewer|root:|^no$/);
  });
});

describe('the dashboard', () => {
  it('is as its schema says, without anything of a patient, and one for all who ask at once', async () => {
    const fresh = await startHttp();
    await fresh.store(synthetic({ study: '2.25.1', instance: '2.25.11', patientName: evil }));
    const answers = await Promise.all([1, 2, 3].map(() => fresh.app.inject({ method: 'GET', url: '/api/v1/dashboard' })));
    for (const answer of answers) {
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toBe(answers[0]!.body);
    }
    const [{ body } = { body: '' }] = answers;
    holds(dashboardSchema, JSON.parse(body));
    expect(JSON.parse(body)).toMatchObject({ states: { receiving: 1 }, toRead: 0, jobs: { waiting: 0 }, sites: [{ site: '', toRead: 0, lastDay: { received: 1 } }], disk: { isLow: false } });
    for (const secret of [evil, 'PHANTOM-1']) expect(body).not.toContain(secret);
    await fresh.close();
  });
});
