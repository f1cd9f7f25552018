/** Two sites and their centre over the real HTTP edge: what belongs to the other site is answered like what never was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts, type Accounts } from '../../src/accounts/accounts.ts';
import { permissions, roles } from '../../src/accounts/permissions.ts';
import { openSqliteAccountStore } from '../../src/accounts/open.ts';
import type { AccountStore } from '../../src/accounts/store.ts';
import type { AuditEvent } from '../../src/audit/entry.ts';
import { put } from '../../src/dicom/build.ts';
import { routesOf } from '../../src/http/route-list.ts';
import { needOf } from '../../src/http/permissions.ts';
import type { Site } from '../../src/sites/settings.ts';
import { until } from '../helpers/until.ts';
import { by } from '../contract/accounts.ts';
import { listenTo } from '../http/listen.ts';
import { multipartRelated, startHttp, synthetic, type TestHttp } from '../http/support.ts';
import { findings } from '../index/records.ts';

const sites: readonly Site[] = [
  { name: 'north', title: 'Bệnh viện Bắc', senders: [{ aeTitle: 'CT_N' }], institutionNames: [] },
  { name: 'south', senders: [{ aeTitle: 'CT_S' }], institutionNames: ['Bệnh viện Nam'] },
];
const north = '2.25.41';
const south = '2.25.42';
const unknown = '2.25.49';
const reader = { id: 'x', name: 'X' };

let folder: string;
let store: AccountStore;
let accounts: Accounts;
let http: TestHttp;
const tokens: Record<string, string> = {};
const audited: AuditEvent[] = [];

const instance = (study: string, studyDate: string, name = study): Uint8Array => synthetic({
  study, series: `${study}.1`, instance: `${study}.1.1`, more: (dataset) => {
    put(dataset, 'PatientID', 'BN-1');
    put(dataset, 'PatientName', `Bệnh nhân^${name}`);
    put(dataset, 'StudyDate', studyDate);
  },
});

/** Where the lungs and the slices lie: without that nothing can be laid over an earlier examination. */
const quality = {
  sliceThicknessMm: 1, scanLowZMm: -150, scanHighZMm: 150, lungLowXMm: -150, lungLowYMm: -100, lungLowZMm: -140, lungHighXMm: 150, lungHighYMm: 100, lungHighZMm: 140,
};

async function analysed(study: string, studyDate: string, callingAETitle: string): Promise<void> {
  await http.store(instance(study, studyDate), { transport: 'dimse', callingAETitle });
  await http.study.forceComplete(study);
  const document = findings(study, [[8, 0.9]]);
  await http.index.addAnalysis(study, {
    jobId: `job ${study}`, createdAt: '2026-01-02T04:00:00.000Z', objects: [],
    findings: { ...document, quality, findings: document.findings.map((finding) => ({ ...finding, trackingUID: `${study}.7`, sliceInstanceUID: `${study}.1.1` })) },
  });
  await http.study.setState(study, 'analysed');
  await http.queue.enqueue('analyze', { studyInstanceUID: study }, { idempotencyKey: study });
}

const ask = (who: string, options: InjectOptions): Promise<LightMyRequestResponse> =>
  http.app.inject({ ...options, headers: { authorization: `Bearer ${tokens[who]}`, ...options.headers } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-sites-'));
  store = openSqliteAccountStore(join(folder, 'accounts.sqlite'));
  accounts = createAccounts(store, Date.now, sites.map(({ name }) => name));
  http = await startHttp({ sites }, { accounts, audit: async (event) => { audited.push(event); } });
  for (const [username, seen] of [['centre', undefined], ['bac', ['north']], ['nam', ['south']], ['ca-hai', ['north', 'south']]] as const) {
    await accounts.add({ username, name: username, roles: [...roles], ...(seen === undefined ? {} : { sites: seen }) }, by);
    const scope = permissions.filter((permission) => seen === undefined || !['operations.manage', 'models.manage', 'accounts.manage', 'audit.append'].includes(permission));
    tokens[username] = (await accounts.addToken({ label: 'test', username, scope, days: 1 }, by)).secret;
  }
  await analysed(north, '20260102', 'CT_N');
  await analysed(south, '20250102', 'CT_S');
});
afterAll(async () => {
  await http.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a route needs besides the UIDs of its path to get as far as the study. */
const bodies: Readonly<Record<string, object>> = {
  'POST /api/v1/studies/:studyInstanceUID/priority': { priority: 'stat' },
  'PUT /api/v1/studies/:studyInstanceUID/review': { reader, revision: 0, draft: { findings: [], patient: {}, impression: '', language: 'en' } },
  'POST /api/v1/studies/:studyInstanceUID/review/lock': { reader },
  'DELETE /api/v1/studies/:studyInstanceUID/review/lock': { reader },
  'POST /api/v1/studies/:studyInstanceUID/review/measure': { worldPoint: [0, 0, 0] },
  'POST /api/v1/studies/:studyInstanceUID/review/preview': { draft: { findings: [], patient: {}, impression: '', language: 'en' } },
  'POST /api/v1/studies/:studyInstanceUID/review/sign': { reader, revision: 0 },
  'POST /api/v1/studies/:studyInstanceUID/review/reopen': { reader },
};
const stow = 'POST /dicom-web/studies/:studyInstanceUID';

function requestFor(route: string, study: string): InjectOptions {
  const [method, pattern] = route.split(' ') as ['GET' | 'POST' | 'PUT' | 'DELETE', string];
  const values: Readonly<Record<string, string>> = {
    studyInstanceUID: study, seriesInstanceUID: `${study}.1`, sopInstanceUID: `${study}.1.1`, frames: '1', elementPath: '7FE00010',
  };
  const body = bodies[route] ?? (method === 'GET' ? undefined : {});
  return { method, url: pattern.replace(/:(\w+)/gu, (_, name: string) => values[name]!), ...(body === undefined ? {} : { payload: body }) };
}

/** What an answer tells, without what differs between any two of them. */
function told(answer: LightMyRequestResponse, study: string): unknown {
  return [answer.statusCode, answer.body.replace(/"requestId":"[^"]*"/u, '').replaceAll(study, 'STUDY')];
}

describe('somebody of one site', () => {
  it('gets from no route that names a study of the other site more than from one that does not exist', async () => {
    await http.app.ready();
    const routes = routesOf(http.app).map(({ method, url }) => `${method} ${url}`);
    expect(routes.filter((route) => needOf(...route.split(' ') as [string, string]) === undefined)).toEqual([]);
    const ofStudies = routes.filter((route) => route.includes(':studyInstanceUID'));
    expect(ofStudies.length).toBeGreaterThan(30);
    for (const route of ofStudies) {
      if (route === stow) continue;
      const answer = await ask('nam', requestFor(route, north));
      expect([route, told(answer, north)]).toEqual([route, told(await ask('nam', requestFor(route, unknown)), unknown)]);
      // What is not for somebody of a site is refused before the study is looked at; a search has no match.
      const isSearch = route.startsWith('GET /dicom-web/') && /\/(?:series|instances)$/u.test(route);
      const need = needOf(...route.split(' ') as [string, string]);
      const expected = need === 'operations.manage' || need === 'models.manage' ? 403 : isSearch ? 200 : 404;
      expect([route, answer.statusCode, isSearch ? answer.body : '']).toEqual([route, expected, isSearch ? '[]' : '']);
    }
    // The same requests get through to whom the study belongs: it was not the request that was wrong.
    for (const route of ofStudies) {
      if (route === stow || !route.startsWith('GET ') || /api\/v1.*\/(?:shadow|thumbnail|reports\/:sopInstanceUID)$/u.test(route)) continue;
      expect([route, (await ask('bac', requestFor(route, north))).statusCode]).toEqual([route, 200]);
    }
  });

  it('finds its own studies only, whatever it asks for', async () => {
    const uids = async (who: string, query = ''): Promise<readonly string[]> =>
      (await ask(who, { url: `/api/v1/worklist${query}` })).json<{ items: { studyInstanceUID: string }[] }>().items.map(({ studyInstanceUID }) => studyInstanceUID).sort();
    expect(await uids('centre')).toEqual([north, south]);
    expect(await uids('nam')).toEqual([south]);
    expect(await uids('nam', '?search=benh')).toEqual([south]);
    expect(await uids('nam', '?site=north')).toEqual([]);
    expect(await uids('ca-hai', '?site=north')).toEqual([north]);
    expect(await uids('centre', '?site=north,south')).toEqual([north, south]);
    for (const path of ['studies', 'series', 'instances', `studies?StudyInstanceUID=${north},${south}`]) {
      const answer = await ask('nam', { url: `/dicom-web/${path}` });
      expect([path, answer.json<unknown[]>().length, answer.body.includes(`"${north}`)]).toEqual([path, 1, false]);
    }
    expect((await ask('nam', { url: '/api/v1/dashboard' })).json()).toMatchObject({ states: { analysed: 1 }, toRead: 1, senders: [{ callingAETitle: 'CT_S' }] });
    expect((await ask('centre', { url: '/api/v1/dashboard' })).json()).toMatchObject({ states: { analysed: 2 }, toRead: 2 });
    // One site of those that are seen; what is not seen, or is none, has no figures.
    expect((await ask('centre', { url: '/api/v1/dashboard?site=south' })).json()).toMatchObject({ states: { analysed: 1 }, toRead: 1, senders: [{ callingAETitle: 'CT_S' }] });
    expect((await ask('nam', { url: '/api/v1/dashboard?site=south' })).json()).toMatchObject({ toRead: 1 });
    expect((await ask('nam', { url: '/api/v1/dashboard?site=north' })).json()).toMatchObject({ toRead: 0, failures: [], senders: [], activity: [] });
    expect((await ask('centre', { url: '/api/v1/dashboard?site=elsewhere' })).json()).toMatchObject({ toRead: 0, senders: [] });
    expect((await ask('nam', { url: '/api/v1/jobs' })).json()).toMatchObject({ items: [{ studyInstanceUID: south }] });
    expect((await ask('nam', { url: '/api/v1/session' })).json()).toMatchObject({ sites: [{ name: 'south', title: 'south' }] });
    expect((await ask('centre', { url: '/api/v1/session' })).json()).toMatchObject({ sites: [{ name: 'north', title: 'Bệnh viện Bắc' }, { name: 'south' }] });
  });

  it('compares with no examination of the other site, and the centre does', async () => {
    const priors = async (who: string): Promise<unknown> => (await ask(who, { url: `/api/v1/studies/${north}/priors` })).json<{ items: unknown[] }>().items.length;
    expect([await priors('centre'), await priors('ca-hai'), await priors('bac')]).toEqual([1, 1, 0]);
    const chosen = await ask('bac', { url: `/api/v1/studies/${north}/priors?compareWith=${south}` });
    expect([chosen.statusCode, chosen.json<{ code: string }>().code]).toEqual([404, 'REVIEW_PRIOR_NOT_FOUND']);
    const review = async (who: string) => (await ask(who, { url: `/api/v1/studies/${north}/review` })).json<{ comparisons: unknown[]; draft: { patient: { prior?: string } } }>();
    const [seen, unseen] = [await review('centre'), await review('bac')];
    expect([seen.comparisons.length, seen.draft.patient.prior]).toEqual([1, 'available']);
    expect([unseen.comparisons.length, unseen.draft.patient.prior]).toEqual([0, undefined]);
  });

  it('stores for its own site, and adds to no study of the other one', async () => {
    const study = '2.25.43';
    const { body, contentType } = multipartRelated([instance(study, '20260103')]);
    const store = (who: string, url: string, payload = body): Promise<LightMyRequestResponse> => ask(who, { method: 'POST', url, headers: { 'content-type': contentType }, payload });
    expect((await store('nam', '/dicom-web/studies')).statusCode).toBe(200);
    expect(await http.index.siteOf(study)).toBe('south');
    const more = multipartRelated([synthetic({ study: north, series: `${north}.1`, instance: `${north}.1.2` }), instance(north, '20260102')]).body;
    for (const url of ['/dicom-web/studies', `/dicom-web/studies/${north}`]) {
      const refused = await store('nam', url, more);
      // Other Failures Sequence, Failure Reason 0124H: refused, not authorized.
      expect([refused.statusCode, refused.json<Record<string, { Value: Record<string, { Value: number[] }>[] }>>()['0008119A']?.Value.map((item) => item['00081197']?.Value[0])]).toEqual([409, [0x0124, 0x0124]]);
    }
    const form = new FormData();
    form.append('file', new Blob([Buffer.from(instance(north, '20260102', 'changed'))]), 'one.dcm');
    const encoded = new Response(form);
    const uploaded = await ask('nam', { method: 'POST', url: '/api/v1/uploads', headers: { 'content-type': encoded.headers.get('content-type')! }, payload: Buffer.from(await encoded.arrayBuffer()) });
    expect(uploaded.json()).toMatchObject({ files: [{ outcome: 'failed', code: 'STUDY_OF_ANOTHER_SITE' }] });
    expect(await http.index.worklistItem(north)).toMatchObject({ instanceCount: 1, conflictCount: 0 });
  });

  it('hears of its own studies only', async () => {
    const [own, all] = [await listenTo(http.url, { authorization: `Bearer ${tokens['nam']}` }), await listenTo(http.url, { authorization: `Bearer ${tokens['centre']}` })];
    try {
      for (const study of [north, south]) {
        await http.queue.enqueue('analyze', { studyInstanceUID: study }, { idempotencyKey: `${study} again` });
        http.study.announce(study);
      }
      const heard = ({ events }: typeof own, study: string): readonly string[] => events.filter(({ data }) => data['studyInstanceUID'] === study).map(({ event }) => event);
      await until('both to have heard', () => heard(own, south).includes('study') && heard(own, south).includes('job') && heard(all, north).length >= 2 && heard(all, south).length >= 2);
      expect(heard(own, north)).toEqual([]);
    } finally {
      own.close();
      all.close();
    }
  });

  it('who asks for a study of the other site is entered, and nobody who asks for one that is not there', async () => {
    for (const study of [unknown, north]) expect((await ask('nam', { url: `/api/v1/studies/${study}/findings` })).statusCode).toBe(404);
    const refused = await until('the entry', () => {
      const found = audited.filter(({ kind, what }) => kind === 'access-refused' && what.endsWith('/findings'));
      return found.length > 0 && found;
    });
    expect(refused).toMatchObject([{ studyInstanceUID: north, actor: { name: 'nam', kind: 'peer' } }]);
  });

  it('may do nothing that reaches beyond its site, whatever its roles, and its tokens see no more than it does', async () => {
    for (const [method, url] of [['GET', '/api/v1/accounts'], ['POST', '/api/v1/jobs/x/cancel'], ['GET', '/api/v1/models/shadow-agreement'], ['POST', '/api/v1/destinations/pacs/resend']] as const) {
      expect([url, (await ask('nam', { method, url, ...(method === 'POST' ? { payload: {} } : {}) })).statusCode]).toEqual([url, 403]);
    }
    const token = (username: string, seen: readonly string[]) => accounts.addToken({ label: 'narrow', username, scope: ['study.read'], sites: seen, days: 1 }, by);
    await expect(token('nam', ['north'])).rejects.toThrow('no more sites');
    await expect(token('centre', ['west'])).rejects.toThrow('Sites are those of the settings: north, south');
    tokens['narrow'] = (await token('centre', ['south'])).secret;
    expect((await ask('narrow', { url: `/api/v1/studies/${north}` })).statusCode).toBe(404);
    expect((await ask('narrow', { url: `/api/v1/studies/${south}` })).statusCode).toBe(200);
    await accounts.setSites('centre', ['north'], by);
    expect((await ask('narrow', { url: `/api/v1/studies/${south}` })).statusCode).toBe(404);
    await accounts.setSites('centre', undefined, by);
    expect((await ask('narrow', { url: `/api/v1/studies/${south}` })).statusCode).toBe(200);
  });
});
