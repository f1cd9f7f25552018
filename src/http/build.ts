/** The HTTP edge, put together in order: protection first, then interfaces, the viewer last. */
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { defaultHttpLimits, type HttpDeps } from './deps.ts';
import { createMetrics, registerStateGauges, type Metrics } from './metrics.ts';
import { problemError, registerProblems, sendProblem } from './plugins/problem.ts';
import { registerProtection } from './plugins/protection.ts';
import { registerRequestLog } from './plugins/request-log.ts';
import { registerSecurityHeaders } from './plugins/security-headers.ts';
import { registerDicomweb } from './dicomweb/register.ts';
import { servicePath } from './dicomweb/resource.ts';
import { registerViewer } from './plugins/viewer.ts';
import { registerEventRoutes } from './routes/events.ts';
import { registerJobRoutes } from './routes/jobs.ts';
import { registerStudyRoutes } from './routes/studies.ts';
import { registerHealthRoutes, registerSystemRoutes } from './routes/system.ts';
import { registerUploadRoutes } from './routes/uploads.ts';
import type { Http, TypeBoxProvider } from './type-provider.ts';

/**
 * The whole HTTP interface, ready to listen. `metrics` is the one that `countReceptions` was given, so that
 * `/metrics` shows DIMSE receptions too.
 */
export function buildHttp(deps: HttpDeps, metrics: Metrics = createMetrics()): FastifyInstance {
  const limits = { ...defaultHttpLimits, ...deps.config.limits };
  const app: Http = fastify({
    loggerInstance: deps.log,
    // One line per request is written by `registerRequestLog`, without the query string.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    connectionTimeout: limits.idleTimeoutMs,
    // What a client calls its request is no fact of ours.
    requestIdHeader: false,
    routerOptions: { maxParamLength: 16_384 },
    // A URL that cannot be decoded never reaches a route.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemError(error)),
  }).withTypeProvider<TypeBoxProvider>();
  // Answers leave as they are: a schema documents them and never drops a field of a clinical document.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  // What a sender still has to send was not acknowledged, so it will send it again.
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), limits.closeGraceMs).unref();
  });
  registerProblems(app);
  registerSecurityHeaders(app);
  registerProtection(app, deps.config);
  registerRequestLog(app, metrics);
  registerStateGauges(metrics, deps.index, deps.queue);
  registerHealthRoutes(app, deps, limits, metrics);

  void app.register(async (api: Http) => {
    await api.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Phoi', version: deps.config.version, description: 'Not a certified medical device; a radiologist decides.' },
        servers: [{ url: '/' }],
      },
    });
    api.addHook('onSend', async (_request, reply) => {
      if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    });
    registerStudyRoutes(api, deps);
    registerJobRoutes(api, deps);
    registerSystemRoutes(api, deps);
    registerEventRoutes(api, deps, limits);
    registerUploadRoutes(api, deps, limits);
    api.get('/openapi.json', { schema: { hide: true } }, async () => api.swagger());
  }, { prefix: '/api/v1' });

  void app.register(async (dicomweb: Http) => registerDicomweb(dicomweb, deps, limits), { prefix: servicePath });

  registerViewer(app, deps.config.viewerDir);
  return app;
}
