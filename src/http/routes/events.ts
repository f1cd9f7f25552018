/**
 * Live events (server-sent events). A screen that falls behind is disconnected and reconnects by itself; every
 * connection begins with `ready`, upon which it loads what it shows, so nothing has to be replayed.
 */
import type { ServerResponse } from 'node:http';
import { AppError } from '../../errors.ts';
import type { Job } from '../../queue/port.ts';
import type { HttpDeps, HttpLimits } from '../deps.ts';
import { jobItem } from '../schemas/job.ts';
import type { Http } from '../type-provider.ts';

const heartbeatMs = 15_000;
/** Unsent bytes at which a listener counts as stuck. */
const maxBacklogBytes = 1024 * 1024;
const retryMs = 2000;

export function registerEventRoutes(app: Http, deps: HttpDeps, limits: HttpLimits): void {
  const clients = new Set<ServerResponse>();
  let sequence = 0;

  function write(client: ServerResponse, text: string): void {
    if (client.writableLength > maxBacklogBytes) client.destroy();
    else client.write(text);
  }

  function broadcast(event: 'study' | 'job', data: unknown): void {
    sequence += 1;
    if (clients.size === 0) return;
    const text = `id: ${sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const client of clients) write(client, text);
  }

  deps.study.on('changed', (event) => broadcast('study', event));
  const onJob = (job: Job) => broadcast('job', jobItem(job));
  for (const name of ['progress', 'completed', 'dead', 'changed'] as const) deps.queue.on(name, onJob);

  const heartbeat = setInterval(() => {
    for (const client of clients) write(client, ': alive\n\n');
  }, heartbeatMs);
  heartbeat.unref();
  app.addHook('preClose', async () => {
    clearInterval(heartbeat);
    for (const client of clients) client.destroy();
  });

  // Without HEAD: it would be answered with a stream that has no end.
  app.get('/events', { exposeHeadRoute: false, schema: { tags: ['events'], summary: 'Live changes as text/event-stream' } }, async (request, reply) => {
    if (clients.size >= limits.maxEventClients) {
      throw new AppError('HTTP_TOO_MANY_CLIENTS', 'Too many screens listen already.');
    }
    const headers = reply.getHeaders();
    reply.hijack();
    const client = reply.raw;
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) client.setHeader(name, value);
    client.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', (error) => request.log.debug({ err: error }, 'event listener went away'));
    client.write(`retry: ${retryMs}\nid: ${sequence}\nevent: ready\ndata: ${JSON.stringify({ version: deps.config.version })}\n\n`);
  });
}
