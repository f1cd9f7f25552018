/** One line and one measurement per request: route pattern and UIDs, never the query string, which may hold names. */
import { isUID } from '../../dicom/uid.ts';
import type { Metrics } from '../metrics.ts';
import type { Http } from '../type-provider.ts';

const uidParameters = ['studyInstanceUID', 'seriesInstanceUID', 'sopInstanceUID'] as const;

export function registerRequestLog(app: Http, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.http.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    const parameters = (request.params ?? {}) as Readonly<Record<string, unknown>>;
    const uids = Object.fromEntries(uidParameters.filter((name) => isUID(parameters[name])).map((name) => [name, parameters[name]]));
    const level = reply.statusCode >= 500 ? 'warn' : route === '/healthz' || route === '/metrics' ? 'debug' : 'info';
    request.log[level]({
      method: request.method, route, statusCode: reply.statusCode, durationMs: Math.round(reply.elapsedTime), ...uids,
    }, 'request');
  });
}
