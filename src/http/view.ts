/** What the service shows to whoever makes a request: all studies, or those of the sites that they are limited to. */
import type { FastifyRequest } from 'fastify';
import type { ReviewService } from '../review/port.ts';
import { createFindSite } from '../sites/find-site.ts';
import type { IndexReader } from '../sites/index-reader.ts';
import { visibleIndex } from '../sites/visible-index.ts';
import type { HttpDeps } from './deps.ts';
import { identityOf } from './plugins/authentication.ts';

export interface View {
  /** Absent for all. */
  readonly sites?: readonly string[];
  readonly index: IndexReader;
  readonly review: ReviewService;
  sees(studyInstanceUID: string): Promise<boolean>;
  /** Of what is shown, this site alone; nothing where it is not among them. */
  ofSite(name: string): View;
}

export type ViewOf = (request: FastifyRequest) => View;

export function createViews({ index, review, config }: Pick<HttpDeps, 'index' | 'review' | 'config'>): ViewOf {
  const findSite = createFindSite(config.sites ?? []);
  const known = new Set((config.sites ?? []).map(({ name }) => name));
  /** A name that no site has is no site, and is not kept. */
  const only = (name: string, seen: boolean): View => limitedTo(seen && known.has(name) ? [name] : []);
  const everything: View = { index, review, sees: async () => true, ofSite: (name) => only(name, true) };
  // By sites: as many as there are different lists of them in accounts and tokens.
  const limited = new Map<string, View>();

  function limitedTo(sites: readonly string[]): View {
    const key = JSON.stringify([...sites].sort());
    const made = limited.get(key);
    if (made !== undefined) return made;
    const visible = visibleIndex(index, sites, findSite);
    const view: View = {
      sites, index: visible, review: review.over(visible),
      sees: async (studyInstanceUID) => await visible.siteOf(studyInstanceUID) !== undefined,
      ofSite: (name) => only(name, sites.includes(name)),
    };
    limited.set(key, view);
    return view;
  }

  return (request) => {
    const sites = identityOf(request)?.sites;
    return sites === undefined ? everything : limitedTo(sites);
  };
}
