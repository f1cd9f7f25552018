import type { NoduleComparison } from '../api/compare.ts';
import type { Finding } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { decimal, integer } from '../ui/format.ts';

export interface ComparedNodule {
  readonly comparison: NoduleComparison;
  readonly finding: Pick<Finding, 'diameterMm' | 'volumeMm3'>;
  /** As it is marked: "AI 1", "R1". */
  readonly name: string;
}

function signedPercent(fraction: number): string {
  const percent = Math.round(fraction * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '\u2212' : ''}${integer(Math.abs(percent))} %`;
}

function growth({ comparison, finding }: ComparedNodule): string {
  const { priorVolumeMm3 } = comparison;
  if (priorVolumeMm3 === undefined || priorVolumeMm3 <= 0 || comparison.change === 'new') return '';
  return t('compare.volumeChange', { percent: signedPercent(finding.volumeMm3 / priorVolumeMm3 - 1) });
}

const size = (mm: number | undefined): string => (mm === undefined ? '–' : `${decimal(mm, 1)} mm`);

/** The nodules against the earlier examination; a row shows its nodule on both sides. */
export function compareTable(nodules: readonly ComparedNodule[], show: (nodule: ComparedNodule) => void): HTMLElement {
  if (nodules.length === 0) return el('p', { class: 'muted compare-none' }, t('compare.noMatches'));
  const head = (['compare.nodule', 'compare.before', 'compare.now', 'compare.change', 'compare.doubling'] as const).map((key) => el('th', { attributes: { scope: 'col' } }, t(key)));
  return el('table', { class: 'compare-table', aria: { label: t('compare.nodules') } },
    el('thead', {}, el('tr', {}, head)),
    el('tbody', {}, nodules.map((nodule) => {
      const { comparison, finding, name } = nodule;
      return el('tr', { class: `change-${comparison.change}` },
        el('td', {}, el('button', { type: 'button', class: 'button button-small', on: { click: () => { show(nodule); } } }, name)),
        el('td', {}, size(comparison.priorDiameterMm)),
        el('td', {}, size(finding.diameterMm)),
        el('td', {}, el('strong', {}, t(`change.${comparison.change}`)), el('span', { class: 'sub' }, growth(nodule))),
        el('td', {}, comparison.volumeDoublingTimeDays === undefined ? '–' : t('compare.days', { days: integer(comparison.volumeDoublingTimeDays) })));
    })));
}
