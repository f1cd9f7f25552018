/**
 * Live events (server-sent events). A screen that falls behind is disconnected and reconnects by itself; every
 * connection begins with `ready`, upon which it loads what it shows, so nothing has to be replayed.
 */
import type { ServerResponse } from 'node:http';
import { AppError, toAppError } from '../../errors.ts';
import type { Job } from '../../queue/port.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { isStillIdentified } from '../plugins/authentication.ts';
import { jobItem } from '../schemas/job.ts';
import type { Http } from '../type-provider.ts';
import type { View } from '../view.ts';

const heartbeatMs = 15_000;
/** Unsent bytes at which a listener counts as stuck. */
const maxBacklogBytes = 1024 * 1024;
const retryMs = 2000;

interface Listener {
  readonly view: View;
  /** Whether the session or token that it began with still holds, with the same sites. */
  readonly isCurrent: () => Promise<boolean>;
}

export function registerEventRoutes(app: Http, deps: RouteDeps, limits: HttpLimits): void {
  const clients = new Map<ServerResponse, Listener>();
  /** One after the other, so that nobody sees an older state after a newer one. */
  let telling: Promise<void> = Promise.resolve();
  let sequence = 0;

  function write(client: ServerResponse, text: string): void {
    if (client.writableLength > maxBacklogBytes) client.destroy();
    else client.write(text);
  }

  async function tell(text: string, studyInstanceUID: string | undefined): Promise<void> {
    for (const [client, { view }] of clients) {
      if (view.sites === undefined || (studyInstanceUID !== undefined && await view.sees(studyInstanceUID))) write(client, text);
    }
  }

  function broadcast(event: 'study' | 'job', data: { readonly studyInstanceUID?: string }): void {
    sequence += 1;
    if (clients.size === 0) return;
    const text = `id: ${sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    telling = telling.then(() => tell(text, data.studyInstanceUID))
      .catch((error: unknown) => deps.log.error({ err: toAppError(error), event }, 'An event could not be told'));
  }

  deps.study.on('changed', (event) => broadcast('study', event));
  const onJob = (job: Job): void => {
    // What runs along unseen is no news of the study.
    if (job.priority !== 'background') broadcast('job', jobItem(job));
  };
  for (const name of ['progress', 'completed', 'dead', 'changed'] as const) deps.queue.on(name, onJob);

  async function beat(client: ServerResponse, { isCurrent }: Listener): Promise<void> {
    // Who cannot be looked up now is not known to be allowed: the screen comes back by itself.
    const stays = await isCurrent().catch((error: unknown) => {
      deps.log.warn({ err: toAppError(error) }, 'Whether a listener may still listen could not be looked up');
      return false;
    });
    if (stays) write(client, ': alive\n\n');
    else client.end();
  }

  const heartbeat = setInterval(() => {
    for (const [client, listener] of clients) void beat(client, listener);
  }, heartbeatMs);
  heartbeat.unref();
  app.addHook('preClose', async () => {
    clearInterval(heartbeat);
    for (const client of clients.keys()) client.destroy();
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
    clients.set(client, { view: deps.view(request), isCurrent: () => isStillIdentified(request, deps.accounts) });
    client.on('close', () => clients.delete(client));
    client.on('error', (error) => request.log.debug({ err: error }, 'event listener went away'));
    client.write(`retry: ${retryMs}\nid: ${sequence}\nevent: ready\ndata: ${JSON.stringify({ version: deps.config.version })}\n\n`);
  });
}
