/** One line and one measurement per request: route pattern and UIDs, never the query string, which may hold names. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUID } from '../../dicom/uid.ts';
import type { Metrics } from '../metrics.ts';
import type { Http } from '../type-provider.ts';

const eventsRoute = '/api/v1/events';
const uidParameters = ['studyInstanceUID', 'seriesInstanceUID', 'sopInstanceUID'] as const;

export function registerRequestLog(app: Http, metrics: Metrics): void {
  const written = new WeakSet<FastifyRequest>();
  function write(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void {
    if (written.has(request)) return;
    written.add(request);
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.http.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    const parameters = (request.params ?? {}) as Readonly<Record<string, unknown>>;
    const uids = Object.fromEntries(uidParameters.filter((name) => isUID(parameters[name])).map((name) => [name, parameters[name]]));
    const level = reply.statusCode >= 500 ? 'warn' : route === '/healthz' || route === '/metrics' ? 'debug' : 'info';
    request.log[level]({
      method: request.method, route, statusCode: reply.statusCode, durationMs: Math.round(reply.elapsedTime), ...uids, ...(aborted ? { aborted } : {}),
    }, 'request');
  }
  app.addHook('onResponse', async (request, reply) => write(request, reply, false));
  // One that the other side has cut off has no end of its own; live events end in no other way.
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished && request.routeOptions.url !== eventsRoute) write(request, reply, true);
    });
  });
}
