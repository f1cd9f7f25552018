/** The HTTP edge, put together in order: protection first, then interfaces, the viewer last. */
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { createDecodePool } from '../dicomweb/decode-pool.ts';
import { defaultHttpLimits, type HttpDeps, type RouteDeps } from './deps.ts';
import { createMetrics, registerAlertGauges, registerStateGauges, type Metrics } from './metrics.ts';
import { registerAudit } from './plugins/audit.ts';
import { registerAuthentication } from './plugins/authentication.ts';
import { problemError, registerProblems, sendProblem } from './plugins/problem.ts';
import { registerProtection } from './plugins/protection.ts';
import { collectRoutes } from './route-list.ts';
import { registerRateLimit } from './plugins/rate-limit.ts';
import { registerRequestLog } from './plugins/request-log.ts';
import { registerSecurityHeaders } from './plugins/security-headers.ts';
import { registerDicomweb } from './dicomweb/register.ts';
import { servicePath } from './dicomweb/resource.ts';
import { registerViewer } from './plugins/viewer.ts';
import { registerAuditRoutes } from './routes/audit.ts';
import { registerDeliveryRoutes } from './routes/deliveries.ts';
import { registerDashboardRoutes } from './routes/dashboard.ts';
import { registerEventRoutes } from './routes/events.ts';
import { registerModelRoutes, registerShadowRoutes } from './routes/models.ts';
import { registerJobRoutes } from './routes/jobs.ts';
import { registerReviewRoutes } from './routes/reviews.ts';
import { registerSignInRoutes } from './routes/sign-in.ts';
import { registerSessionRoutes, type SessionOptions } from './routes/session.ts';
import { registerStudyRoutes } from './routes/studies.ts';
import { registerThumbnailRoutes } from './routes/thumbnails.ts';
import { registerHealthRoutes, registerSystemRoutes } from './routes/system.ts';
import { registerUploadRoutes } from './routes/uploads.ts';
import type { Http, TypeBoxProvider } from './type-provider.ts';
import { createViews } from './view.ts';

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
    trustProxy: deps.config.trustedProxies === undefined || deps.config.trustedProxies.length === 0 ? false : [...deps.config.trustedProxies],
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
  collectRoutes(app);
  registerProblems(app);
  registerSecurityHeaders(app);
  registerProtection(app, deps.config);
  if (deps.accounts !== undefined) registerAuthentication(app, deps.accounts);
  registerRequestLog(app, metrics);
  registerRateLimit(app, limits.requestsPerMinute);
  if (deps.audit !== undefined) registerAudit(app, deps.audit, { hasToken: deps.config.token !== undefined, siteOf: (studyInstanceUID) => deps.index.siteOf(studyInstanceUID) });
  registerStateGauges(metrics, deps.index, deps.queue);
  if (deps.alerts !== undefined) registerAlertGauges(metrics, deps.alerts);
  registerHealthRoutes(app, deps, limits, metrics);

  const { index, review, ...others } = deps;
  const seen: RouteDeps = { ...others, view: createViews({ index, review, config: deps.config }) };
  const pool = createDecodePool({ processes: limits.decodeProcesses, timeoutMs: limits.decodeTimeoutMs, heapMb: limits.decodeHeapMb });
  app.addHook('onClose', async () => pool.close());

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
    const session: SessionOptions = {
      isSecure: deps.config.publicUrl?.startsWith('https:') === true, sites: deps.config.sites ?? [],
      ...(deps.audit === undefined ? {} : { audit: deps.audit }), ...(deps.signIn === undefined ? {} : { providerName: deps.signIn.settings.name }),
    };
    registerSessionRoutes(api, deps.accounts, session);
    if (deps.accounts !== undefined && deps.signIn !== undefined) registerSignInRoutes(api, deps.accounts, deps.signIn, session);
    registerStudyRoutes(api, seen);
    registerReviewRoutes(api, seen);
    registerThumbnailRoutes(api, seen, pool);
    registerJobRoutes(api, seen);
    registerDeliveryRoutes(api, seen);
    registerSystemRoutes(api, seen);
    if (deps.appendAudit !== undefined) registerAuditRoutes(api, deps.appendAudit, { hasToken: deps.config.token !== undefined });
    registerShadowRoutes(api, seen);
    if (deps.registry) registerModelRoutes(api, deps.registry, limits);
    registerDashboardRoutes(api, seen, limits);
    registerEventRoutes(api, seen, limits);
    registerUploadRoutes(api, seen, limits);
    api.get('/openapi.json', { schema: { hide: true } }, async () => api.swagger());
  }, { prefix: '/api/v1' });

  void app.register(async (dicomweb: Http) => registerDicomweb(dicomweb, seen, limits, pool), { prefix: servicePath });

  registerViewer(app, deps.config.viewerDir);
  return app;
}
