/** Every route of the service, so that a test can walk them all. */
import type { FastifyInstance } from 'fastify';
import type { Http } from './type-provider.ts';

export interface ListedRoute {
  readonly method: string;
  /** The pattern: `/api/v1/studies/:studyInstanceUID`. */
  readonly url: string;
}

const lists = new WeakMap<object, ListedRoute[]>();

/** Before the first route is added. */
export function collectRoutes(app: Http): void {
  const routes: ListedRoute[] = [];
  lists.set(app.server, routes);
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD' && one !== 'OPTIONS') routes.push({ method: one, url });
  });
}

/** All of them once the app is ready. */
export function routesOf(app: Pick<FastifyInstance, 'server'>): readonly ListedRoute[] {
  return lists.get(app.server) ?? [];
}
