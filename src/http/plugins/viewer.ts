/** The built viewer: hashed assets for a year, the page itself never from a cache, and the page for every screen's path. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { AppError } from '../../errors.ts';
import type { Http } from '../type-provider.ts';

/** Paths that belong to interfaces: an unknown one is an error there, not a page. */
const interfaces = /^\/(?:api|dicom-web|healthz|readyz|metrics|assets)(?:\/|$)/;

export function registerViewer(app: Http, viewerDir: string): void {
  // Files are looked up at each request, not listed at the start: the viewer may be built anew while the service runs.
  void app.register(fastifyStatic, {
    root: viewerDir,
    index: ['index.html'],
    dotfiles: 'ignore',
    setHeaders: (response, path) => {
      void response.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const wantsPage = (request.method === 'GET' || request.method === 'HEAD')
      && !interfaces.test(path) && (request.headers.accept ?? '').includes('text/html');
    if (!wantsPage) throw new AppError('HTTP_NOT_FOUND', 'There is nothing at this address.');
    if (!existsSync(join(viewerDir, 'index.html'))) throw new AppError('HTTP_NOT_FOUND', 'The viewer has not been built: run npm run build.');
    return reply.header('cache-control', 'no-cache').sendFile('index.html');
  });
}
