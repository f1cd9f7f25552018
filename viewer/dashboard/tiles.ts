import type { Dashboard } from '../api/dashboard.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { decimal, integer } from '../ui/format.ts';

type Tone = 'plain' | 'warn' | 'bad';

function tile(name: string, value: string, detail: string, tone: Tone): HTMLElement {
  return el('li', { class: `tile tile-${tone}` }, el('span', { class: 'tile-name' }, name), el('strong', { class: 'tile-value' }, value), el('span', { class: 'tile-detail' }, detail));
}

const gib = 1024 ** 3;

export function diskSize(bytes: number): string {
  return bytes >= 1024 * gib ? `${decimal(bytes / gib / 1024, 1)} TiB` : `${decimal(bytes / gib, bytes < 10 * gib ? 1 : 0)} GiB`;
}

/** What has to be known at a glance; a colour never says it alone. */
export function tiles(figures: Dashboard): readonly HTMLElement[] {
  const { states, disk, deliveries } = figures;
  const failed = states.failed ?? 0;
  const refused = states['not-analysed'] ?? 0;
  const undelivered = deliveries['failed'] ?? 0;
  const used = disk.totalBytes > 0 ? 1 - disk.freeBytes / disk.totalBytes : 0;
  return [
    tile(t('dashboard.toRead'), integer(figures.toRead), t('dashboard.ofThemStat', { count: integer(figures.toReadStat) }), figures.toReadStat > 0 ? 'warn' : 'plain'),
    tile(t('dashboard.beingRead'), integer(figures.beingRead), '', 'plain'),
    tile(t('dashboard.queue'), integer((states.waiting ?? 0) + (states.analysing ?? 0)), t('dashboard.queueDetail', { waiting: integer(states.waiting ?? 0), analysing: integer(states.analysing ?? 0) }), 'plain'),
    tile(t('dashboard.arriving'), integer((states.receiving ?? 0) + (states.incomplete ?? 0)), t('dashboard.arrivingDetail', { count: integer(states.incomplete ?? 0) }), (states.incomplete ?? 0) > 0 ? 'warn' : 'plain'),
    tile(t('dashboard.withoutResult'), integer(failed + refused), t('dashboard.withoutResultDetail', { failed: integer(failed), refused: integer(refused) }), failed > 0 ? 'bad' : 'plain'),
    tile(t('dashboard.undelivered'), integer(undelivered), t('dashboard.toBeSent', { count: integer(deliveries['waiting'] ?? 0) }), undelivered > 0 ? 'bad' : 'plain'),
    tile(t('dashboard.disk'), diskSize(disk.freeBytes), disk.isLow ? t('dashboard.diskLow') : t('dashboard.diskUsed', { percent: integer(used * 100), total: diskSize(disk.totalBytes) }), disk.isLow ? 'bad' : 'plain'),
  ];
}
