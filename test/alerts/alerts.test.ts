/** Alerts to a real web server and a real mail server, over failures and restarts. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAlerts, type AlertService, type MeasuredFigures } from '../../src/alerts/alert-service.ts';
import { createEmail } from '../../src/alerts/email.ts';
import type { Channel } from '../../src/alerts/types.ts';
import { createWebhook, signatureOf } from '../../src/alerts/webhook.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { silentLog } from '../../src/log.ts';
import { makeCertificates, type Certificates } from '../helpers/certificates.ts';
import { startTestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

interface Call { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string }

const secret = 'the-secret-of-this-test';
let work = '';
let certificates: Certificates;
let receiver: Server;
let calls: Call[] = [];
/** What the receiver answers next; 200 when there is nothing. */
let answers: { readonly status: number; readonly location?: string }[] = [];
let base = '';

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'phoi-alerts-'));
  certificates = await makeCertificates(work);
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body, path: request.url ?? '' });
      const { status, location } = answers.shift() ?? { status: 200 };
      response.writeHead(status, location === undefined ? {} : { location }).end('thank you');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  receiver.close();
  await rm(work, { recursive: true, force: true });
});

let index: StudyIndex;
let alerts: AlertService | undefined;
let figures: MeasuredFigures;
const jobs = { waiting: 0, active: 0, delayed: 0, completed: 0, dead: 0, cancelled: 0 };
let file = 0;
beforeEach(async () => {
  calls = [];
  answers = [];
  figures = { states: {}, senders: [], failedDeliveries: [], freeBytes: 1e12, jobs };
  file += 1;
  index = await openSqliteIndex(join(work, `${file}.sqlite`));
});
afterEach(async () => {
  await alerts?.close();
  alerts = undefined;
  await index.close();
});

async function start(channels: readonly Channel[]): Promise<AlertService> {
  alerts = await startAlerts({
    thresholds: { checkSeconds: 0.1, failedStudies: 1, deadLetters: 1, silentHours: 4, freeBytes: 1000, stuckMinutes: 60 },
    channels, index, measure: async () => figures, log: silentLog(), noteName: 'alerts', retry: { firstMs: 20, maxMs: 100 },
  });
  return alerts;
}
const webhook = (path = '/hook') => createWebhook({ name: 'ops', url: `${base}${path}`, secret }, '0.0.1', () => new Date());
const bodies = (): readonly { readonly id: string; readonly event: string; readonly alert: { readonly kind: string }; readonly text: string }[] => calls.map(({ body }) => JSON.parse(body) as never);

it('a webhook is told, signed, again until it takes it, without following it elsewhere, and once that it is over', async () => {
  answers = [{ status: 302, location: `${base}/elsewhere` }, { status: 307, location: `${base}/elsewhere` }, { status: 500 }];
  const service = await start([webhook()]);
  figures = { ...figures, freeBytes: 10 };
  await until('the fourth call', () => calls.length === 4);
  await until('nothing left to tell', () => service.untold()['ops'] === 0);
  expect(calls.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook', '/hook']);
  expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
  expect(bodies()[0]).toMatchObject({ event: 'raised', alert: { kind: 'low-disk', subject: '', value: 10, threshold: 1000 } });
  for (const { headers, body } of calls) expect(headers['x-phoi-signature']).toBe(signatureOf(secret, String(headers['x-phoi-timestamp']), body));

  figures = { ...figures, freeBytes: 1e12 };
  await until('the message that it is over', () => calls.length === 5);
  expect(bodies()[4]).toMatchObject({ event: 'resolved', alert: { kind: 'low-disk' } });
  await until('nothing left to tell', () => service.untold()['ops'] === 0 && service.alerts().length === 0);
});

it('what was told before a restart is not told again; what was not, is, and in order', async () => {
  figures = { ...figures, states: { failed: 2 } };
  const first = await start([webhook()]);
  await until('the first message', () => calls.length === 1 && first.untold()['ops'] === 0);
  answers = Array.from({ length: 1000 }, () => ({ status: 503 }));
  figures = { ...figures, failedDeliveries: [{ destination: 'pacs', count: 4 }] };
  await until('a message that is not taken', () => first.untold()['ops'] === 1 && calls.length > 2);
  await first.close();
  calls = [];
  answers = [];
  figures = { ...figures, states: {} };
  const second = await start([webhook()]);
  await until('what was left and what is over', () => calls.length === 2 && second.untold()['ops'] === 0);
  expect(bodies().map(({ event, alert }) => `${alert.kind} ${event}`)).toEqual(['dead-letters raised', 'failed-studies resolved']);
  expect(bodies()[0]!.text).toBe('4 objects could not be delivered to pacs.');
  expect(second.alerts()).toMatchObject([{ kind: 'dead-letters', subject: 'pacs' }]);
});

it('a channel that hangs holds up no other, nor the end of the service', async () => {
  const hanging: Channel = createWebhook({ name: 'hangs', url: `${base}/hangs`, secret }, '0.0.1', () => new Date());
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const deaf = createWebhook({ name: 'deaf', url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, secret }, '0.0.1', () => new Date());
  figures = { ...figures, states: { failed: 1 } };
  const service = await start([deaf, hanging]);
  await until('the other channel', () => service.untold()['hangs'] === 0 && calls.length === 1);
  expect(service.untold()['deaf']).toBe(1);
  await service.close();
  silent.closeAllConnections();
  silent.close();
});

it('e-mail goes through a server that wants TLS and a password, and not to one with a strange certificate', async () => {
  const mails: string[] = [];
  const rejected: Error[] = [];
  let refusals = 1;
  async function mailServer(pair: { readonly certFile: string; readonly keyFile: string }): Promise<{ readonly port: number; close(): void }> {
    const server = new SMTPServer({
      cert: await readFile(pair.certFile), key: await readFile(pair.keyFile), disableReverseLookup: true,
      onAuth: ({ username, password }, _session, callback) => { callback(username === 'phoi' && password === 'word' ? null : new Error('no'), { user: 'phoi' }); },
      onData: (stream, _session, callback) => {
        void text(stream).then((mail) => {
          refusals -= 1;
          if (refusals < 0) mails.push(mail);
          callback(refusals < 0 ? null : new Error('try again'));
        });
      },
    });
    server.on('error', (error) => rejected.push(error));
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return { port: (server.server.address() as AddressInfo).port, close: () => { server.close(); } };
  }
  const mail = (port: number) => createEmail({ host: '127.0.0.1', port, tls: 'starttls', caFile: certificates.caFile, user: 'phoi', password: 'word', from: 'phoi@example.org', to: ['ops@example.org', 'it@example.org'] }, 'https://phoi.example');
  const [good, strange] = [await mailServer(certificates.server), await mailServer(certificates.stranger)];
  figures = { ...figures, states: { failed: 1 } };
  const service = await start([mail(good.port)]);
  await until('the mail', () => mails.length === 1 && service.untold()['email'] === 0);
  expect(mails[0]).toMatch(/^Subject: Phoi: failed-studies raised\r?$/mu);
  expect(mails[0]).toMatch(/^To: ops@example\.org, it@example\.org\r?$/mu);
  expect(mails[0]).toContain('1 study has failed analysis.');
  expect(mails[0]).toContain('https://phoi.example/dashboard');
  await expect(mail(strange.port).send({ id: 'x', channel: 'email', event: 'raised', at: '', attempts: 0, nextAtMs: 0, alert: { kind: 'low-disk', subject: '', value: 1, threshold: 2, since: '' } }, new AbortController().signal))
    .rejects.toMatchObject({ code: 'ALERT_NOT_TAKEN' });
  expect(mails).toHaveLength(1);
  good.close();
  strange.close();
}, 60_000);

it('the service raises an alert, shows it on dashboard and metrics, knows it after kill -9, and says when it is over', async () => {
  const settings = (freeBytes: number) => ({ alerts: { checkSeconds: 0.2, freeBytes, webhooks: [{ name: 'ops', url: `${base}/service`, secret }] } });
  const service = await startTestService({ env: { PHOI_WORKERS: '0' }, config: settings(1e18) });
  try {
    await until('the webhook', () => calls.length === 1);
    expect(bodies()[0]).toMatchObject({ event: 'raised', alert: { kind: 'low-disk' } });
    const dashboard = await service.api<{ alerts: readonly unknown[] }>('/api/v1/dashboard');
    expect(dashboard.alerts).toMatchObject([{ kind: 'low-disk', subject: '', threshold: 1e18 }]);
    await until('the metrics', async () => {
      const metrics = await (await fetch(`${service.httpUrl}metrics`)).text();
      return metrics.includes('phoi_alerts{alert="low-disk"} 1') && metrics.includes('phoi_alerts{alert="stuck-queue"} 0') && metrics.includes('phoi_alert_messages_waiting{channel="ops"} 0');
    });
    await service.kill();
    await writeFile(join(service.dataDir, 'phoi.config.json'), JSON.stringify(settings(1)));
    await service.start();
    await until('that it is over', () => calls.length === 2);
    expect(bodies()[1]).toMatchObject({ event: 'resolved', alert: { kind: 'low-disk' } });
  } finally {
    await service.stop();
  }
}, 90_000);
