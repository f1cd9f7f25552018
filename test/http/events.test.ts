import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../helpers/until.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp({ limits: { maxEventClients: 2 } }); });
afterAll(() => http.close());

interface Listener {
  readonly response: IncomingMessage;
  readonly events: { readonly event: string; readonly data: Record<string, unknown> }[];
  close(): void;
}

async function listen(headers: Record<string, string> = {}): Promise<Listener> {
  const request = get(`${http.url}/api/v1/events`, { headers });
  const [response] = await once(request, 'response') as [IncomingMessage];
  const events: Listener['events'] = [];
  let text = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').filter((line) => !line.startsWith(':')).map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }));
      text = text.slice(end + 2);
      const event = fields.get('event');
      if (event !== undefined) events.push({ event, data: JSON.parse(fields.get('data')!) as Record<string, unknown> });
    }
  });
  response.on('error', () => undefined);
  return { response, events, close: () => void request.destroy() };
}

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
