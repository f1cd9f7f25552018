/** The studies service of DICOMweb (PS3.18 10), with cross-origin access for the configured web viewers. */
import cors from '@fastify/cors';
import type { DecodePool } from '../../dicomweb/decode-pool.ts';
import { createFrames } from '../../dicomweb/frames.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import type { Http } from '../type-provider.ts';
import { registerFrames } from './frame-routes.ts';
import { registerMetadata } from './metadata-routes.ts';
import { registerQido } from './qido-routes.ts';
import { registerRendered } from './rendered-routes.ts';
import { registerRetrieve } from './retrieve-routes.ts';
import { registerStow } from './stow-route.ts';

export async function registerDicomweb(app: Http, deps: RouteDeps, limits: HttpLimits, pool: DecodePool): Promise<void> {
  const { corsOrigins } = deps.config;
  if (corsOrigins !== undefined && corsOrigins.length > 0) {
    await app.register(cors, {
      origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
      allowedHeaders: ['Authorization', 'Accept', 'Content-Type', 'Range', 'If-None-Match'],
      exposedHeaders: ['Content-Location', 'Content-Range', 'ETag', 'Warning'],
      maxAge: 600,
    });
    app.addHook('onRequest', async (_request, reply) => void reply.header('cross-origin-resource-policy', 'cross-origin'));
  }
  const frames = createFrames(deps.archive, pool, limits.frameCacheBytes);

  registerStow(app, deps, limits);
  registerQido(app, deps, limits);
  registerMetadata(app, deps);
  registerRetrieve(app, deps, pool);
  registerFrames(app, deps, pool, frames);
  registerRendered(app, deps, pool);
}
