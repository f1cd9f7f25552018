import type { Dashboard, Flow } from '../api/dashboard.ts';
import { locale, t } from '../i18n/index.ts';
import { el, svg } from '../ui/dom.ts';
import { integer } from '../ui/format.ts';
import { lastHours, type HourOfDay } from './hours.ts';

const kinds = ['received', 'results', 'signed'] as const satisfies readonly (keyof Flow)[];
const hoursShown = 24;
const size = { width: 720, height: 150, foot: 18 };

function hourText(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));
}

/** Bars by hour. The table beside it says the same in numbers, so that nobody needs the picture. */
function chart(hours: readonly HourOfDay[]): SVGElement {
  const most = Math.max(1, ...hours.flatMap((hour) => kinds.map((kind) => hour[kind])));
  const step = size.width / hours.length;
  const bar = (step - 6) / kinds.length;
  const height = (value: number): number => value / most * (size.height - 16);
  const bars = hours.flatMap((hour, at) => kinds.map((kind, index) => svg('rect', {
    class: `bar bar-${kind}`, x: at * step + 3 + index * bar, y: size.height - height(hour[kind]), width: Math.max(1, bar - 1), height: height(hour[kind]),
  })));
  const labels = hours.flatMap((hour, at) => (at % 3 === 0 ? [svg('text', { class: 'bar-hour', x: at * step + step / 2, y: size.height + 13, 'text-anchor': 'middle' }, hourText(hour.hour))] : []));
  return svg('svg', { 'class': 'throughput-chart', 'viewBox': `0 0 ${String(size.width)} ${String(size.height + size.foot)}`, 'aria-hidden': 'true' },
    svg('line', { class: 'bar-axis', x1: 0, y1: size.height, x2: size.width, y2: size.height }), ...bars, ...labels,
    svg('text', { class: 'bar-hour', x: 2, y: 10 }, integer(most)));
}

function table(hours: readonly HourOfDay[]): HTMLElement {
  // The newest first: that is what is asked about.
  return el('table', { class: 'figures', aria: { label: t('dashboard.throughput') } },
    el('thead', {}, el('tr', {}, el('th', { attributes: { scope: 'col' } }, t('dashboard.hour')), kinds.map((kind) => el('th', { attributes: { scope: 'col' } }, t(`dashboard.flow.${kind}`))))),
    el('tbody', {}, hours.toReversed().map((hour) => el('tr', {}, el('th', { attributes: { scope: 'row' } }, hourText(hour.hour)), kinds.map((kind) => el('td', {}, integer(hour[kind])))))));
}

/** What came in, what was analysed and what was signed, hour by hour. */
export function throughputPanel({ activity, at }: Dashboard): HTMLElement {
  const hours = lastHours(activity, at, hoursShown);
  const totals = kinds.map((kind) => el('li', { class: `legend legend-${kind}` }, t('dashboard.total', { name: t(`dashboard.flow.${kind}`), count: integer(hours.reduce((sum, hour) => sum + hour[kind], 0)) })));
  return el('div', { class: 'throughput' }, el('div', {}, el('ul', { class: 'legends' }, totals), chart(hours)), el('div', { class: 'scroll-table', tabIndex: 0, role: 'region', aria: { label: t('dashboard.throughput') } }, table(hours)));
}
