/** What the people who run the service look at: queues, throughput, how long it takes, failures, silent devices, disk. */
import { Type } from '@sinclair/typebox';
import { visibleTo } from '../../alerts/conditions.ts';
import type { DashboardFigures } from '../../index/port.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { siteNameSchema } from '../../sites/settings.ts';
import { dashboardSchema } from '../schemas/dashboard.ts';
import type { Http } from '../type-provider.ts';
import type { View } from '../view.ts';

const dashboardQuerySchema = Type.Object({ site: Type.Optional(siteNameSchema) });

/** Screens may all ask at once: the figures are as old as this at most. */
const freshMs = 2000;
const hourMs = 3_600_000;

interface SiteFigures {
  readonly site: string;
  readonly toRead: number;
  readonly lastDay: { readonly received: number; readonly results: number; readonly signed: number };
  readonly lastWeek: { readonly received: number; readonly results: number; readonly signed: number };
}

function sitesOf({ activity, toReadBySite }: DashboardFigures, now: number): readonly SiteFigures[] {
  const names = [...new Set([...toReadBySite.map(({ site }) => site), ...activity.map(({ site }) => site)])].sort();
  const within = (site: string, hours: number) => activity
    .filter((row) => row.site === site && Date.parse(row.hour) > now - hours * hourMs)
    .reduce((sum, { received, results, signed }) => ({ received: sum.received + received, results: sum.results + results, signed: sum.signed + signed }), { received: 0, results: 0, signed: 0 });
  return names.map((site) => ({
    site, toRead: toReadBySite.find((row) => row.site === site)?.toRead ?? 0, lastDay: within(site, 24), lastWeek: within(site, 168),
  }));
}

export function registerDashboardRoutes(app: Http, deps: RouteDeps, limits: HttpLimits): void {
  async function read(view: View) {
    const now = Date.now();
    const [{ toReadBySite, ...figures }, jobs, freeBytes, totalBytes] = await Promise.all([
      view.index.dashboard(), deps.queue.counts(), deps.archive.freeBytes(), deps.archive.totalBytes(),
    ]);
    return {
      at: new Date(now).toISOString(),
      ...figures,
      jobs,
      alerts: visibleTo(figures.senders, deps.alerts?.alerts() ?? []),
      sites: sitesOf({ ...figures, toReadBySite }, now),
      disk: { freeBytes, totalBytes, isLow: freeBytes < limits.minFreeBytes },
    };
  }

  const keptFor = new WeakMap<View, { readonly until: number; readonly figures: ReturnType<typeof read> }>();

  app.get('/dashboard', { schema: { tags: ['service'], summary: 'Queues, throughput, turnaround, failures, silent devices, disk', querystring: dashboardQuerySchema, response: { 200: dashboardSchema } } }, async (request) => {
    const { site } = request.query;
    const view = site === undefined ? deps.view(request) : deps.view(request).ofSite(site);
    const kept = keptFor.get(view);
    if (kept !== undefined && kept.until >= Date.now()) return kept.figures;
    const mine = { until: Date.now() + freshMs, figures: read(view) };
    keptFor.set(view, mine);
    mine.figures.catch(() => { if (keptFor.get(view) === mine) keptFor.delete(view); });
    return mine.figures;
  });
}
