/** What each route needs. A route that stands in no line is for administrators only, and a test fails for it. */
import type { Permission } from '../accounts/permissions.ts';

/** `page`: the same for everybody, whoever they are. `public`: answered to anybody. `session`: to whoever is logged in. */
export type Need = Permission | 'page' | 'public' | 'session';

type Line = readonly [methods: string, route: RegExp, need: Need];

const lines: readonly Line[] = [
  ['GET', /^\/healthz$/, 'page'],
  ['GET', /^\/(?:readyz|metrics)$/, 'service.read'],
  // The page itself holds nothing of anybody; what it shows it asks for.
  ['GET', /^\/\*?$|^\/assets\/|^unmatched$/, 'page'],
  ['GET POST DELETE', /^\/api\/v1\/session$/, 'public'],
  ['GET', /^\/api\/v1\/session\/provider(?:\/callback|\/logout)?$/, 'public'],
  ['POST', /^\/api\/v1\/session\/password$/, 'session'],
  ['GET POST', /^\/api\/v1\/(?:accounts|tokens)$/, 'accounts.manage'],
  ['PATCH POST', /^\/api\/v1\/accounts\/:username(?:\/reset)?$/, 'accounts.manage'],
  ['DELETE', /^\/api\/v1\/tokens\/:id$/, 'accounts.manage'],
  ['POST', /^\/api\/v1\/audit\/events$/, 'audit.append'],
  ['GET', /^\/api\/v1\/openapi\.json$/, 'service.read'],
  ['GET', /^\/api\/v1\/(?:system|events|models)$/, 'service.read'],
  ['POST PUT PATCH DELETE', /^\/api\/v1\/models(?:\/|$)/, 'models.manage'],
  ['GET', /^\/api\/v1\/(?:models|shadows?)(?:\/|$)/, 'models.manage'],
  ['GET', /^\/api\/v1\/dashboard(?:\/|$)/, 'dashboard.read'],
  ['GET', /^\/api\/v1\/(?:jobs|destinations)$/, 'dashboard.read'],
  ['POST', /^\/api\/v1\/(?:jobs|deliveries|destinations)\//, 'operations.manage'],
  ['POST', /^\/api\/v1\/studies\/:studyInstanceUID\/deliveries\/resend$/, 'operations.manage'],
  ['POST', /^\/api\/v1\/uploads$/, 'study.store'],
  ['GET', /^\/api\/v1\/worklist$/, 'study.read'],
  ['POST', /^\/api\/v1\/studies\/:studyInstanceUID\/(?:complete|reanalyse|priority)$/, 'study.manage'],
  ['POST', /^\/api\/v1\/studies\/:studyInstanceUID\/review\/(?:sign|reopen)$/, 'review.sign'],
  ['PUT POST DELETE', /^\/api\/v1\/studies\/:studyInstanceUID\/review(?:\/(?:lock|measure|preview))?$/, 'review.write'],
  // What runs along unseen is for whoever judges models, not for readers of the study.
  ['GET', /^\/api\/v1\/studies\/:studyInstanceUID\/shadow$/, 'models.manage'],
  ['GET', /^\/api\/v1\/studies\/:studyInstanceUID(?:\/|$)/, 'study.read'],
  ['POST', /^\/dicom-web\/studies(?:\/:studyInstanceUID)?$/, 'study.store'],
  ['GET', /^\/dicom-web\//, 'study.read'],
];

/** What the route needs; undefined when nobody declared it. */
export function needOf(method: string, route: string): Need | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return lines.find(([methods, pattern]) => methods.split(' ').includes(asked) && pattern.test(route))?.[2];
}
