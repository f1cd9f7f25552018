import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../helpers/until.ts';
import { listenTo, type Listener } from './listen.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp({ limits: { maxEventClients: 2 } }); });
afterAll(() => http.close());

const listen = (headers?: Record<string, string>): Promise<Listener> => listenTo(http.url, headers);

describe('live events', () => {
  it('begin with ready, then tell of studies and jobs, to every listener', async () => {
    const [first, second] = [await listen(), await listen({ 'last-event-id': '12345' })];
    expect(first.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(first.response.headers['content-security-policy']).toBeDefined();
    await http.store(synthetic({ study: '2.25.1', instance: '2.25.11' }));
    await http.queue.enqueue('analyze', { studyInstanceUID: '2.25.1' }, { idempotencyKey: 'k' });
    for (const { events } of [first, second]) {
      await until('the study event', () => events.some(({ event, data }) => event === 'study' && data['studyInstanceUID'] === '2.25.1'));
      await until('the job event', () => events.some(({ event, data }) => event === 'job' && data['studyInstanceUID'] === '2.25.1'));
      expect(events[0]?.event).toBe('ready');
      expect(events.find(({ event }) => event === 'study')?.data).toMatchObject({ state: 'receiving', item: { instanceCount: 1 } });
    }

    const third = await fetch(`${http.url}/api/v1/events`);
    expect(third.status).toBe(503);
    expect(await third.json()).toMatchObject({ code: 'HTTP_TOO_MANY_CLIENTS' });
    first.close();
    second.close();
    const again = await until('a free place', async () => {
      const listener = await listen();
      return listener.response.statusCode === 200 ? listener : undefined;
    });
    again.close();
  });

  it('do not keep the service from closing', async () => {
    const other = await startHttp();
    const request = get(`${other.url}/api/v1/events`);
    const [response] = await once(request, 'response') as [IncomingMessage];
    response.on('error', () => undefined);
    // `once` of node:events would reject at the error event, which is the way a cut connection shows.
    const ended = new Promise<void>((resolve) => response.once('close', resolve));
    response.resume();
    await other.close();
    await ended;
  });
});
