import type { Finding } from '../api/types.ts';
import { optional, t } from '../i18n/index.ts';
import { indexOfImage } from '../rendering/slice-images.ts';
import { el, fill, type Child } from '../ui/dom.ts';
import { decimal, integer, plain, probabilityPercent } from '../ui/format.ts';
import type { Store } from '../ui/store.ts';
import { findingOrders, orderOfFindings } from './finding-order.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import { statesVolume } from './stated-volume.ts';

function place(finding: Finding): string {
  return finding.lobe === undefined ? t(`laterality.${finding.laterality}`) : t(`lobe.${finding.lobe}`);
}

function measure(name: string, value: string, unit: string): HTMLElement {
  return el('div', { class: 'measure' }, el('dt', {}, name), el('dd', {}, value, el('span', { class: 'unit' }, ` ${unit}`)));
}

function notes(finding: Finding): Child {
  if (finding.notes === undefined || finding.notes.length === 0) return undefined;
  return el('p', { class: 'finding-notes' }, finding.notes.map((note) => optional(`note.${note}`) ?? note).join(' · '));
}

function card(finding: Finding, index: number, state: ReaderState, actions: ReaderActions): HTMLElement {
  const slice = indexOfImage(state.images, finding.sliceInstanceUID, finding.sliceFrameNumber);
  const number = index + 1;
  return el('li', {}, el(
    'button', {
      type: 'button', class: 'finding', data: { finding: number }, aria: { current: index === state.selected },
      on: { click: () => { actions.selectFinding(index); }, focus: () => { actions.selectFinding(index); } },
    },
    el('span', { class: 'finding-head' },
      el('span', { class: 'finding-number' }, el('span', { class: 'visually-hidden' }, t('findings.number')), number),
      el('span', { class: 'finding-size' }, decimal(finding.diameterMm, 1), el('span', { class: 'unit' }, ' mm')),
      el('span', { class: 'finding-type' }, t(`type.${finding.type}`)),
      el('span', { class: 'finding-probability', title: t('findings.probability') },
        el('span', { class: 'visually-hidden' }, t('findings.probability')), probabilityPercent(finding.probability))),
    el('span', { class: 'finding-line' },
      el('span', { title: t('findings.axes') }, el('span', { class: 'visually-hidden' }, t('findings.axes')),
        `${decimal(finding.longAxisMm, 1)} × ${decimal(finding.shortAxisMm, 1)}`, el('span', { class: 'unit' }, ' mm')),
      el('span', { title: t('findings.volume') }, el('span', { class: 'visually-hidden' }, t('findings.volume')),
        statesVolume(finding) ? integer(finding.volumeMm3) : '–', el('span', { class: 'unit' }, ' mm³'))),
    el('span', { class: 'finding-line muted' }, place(finding), slice >= 0 && el('span', {}, t('findings.slice', { number: integer(slice + 1) }))),
    el('dl', { class: 'measures' },
      measure(t('findings.meanHU'), plain(finding.meanHU), 'HU'),
      finding.solidDiameterMm !== undefined && measure(t('findings.solid'), decimal(finding.solidDiameterMm, 1), 'mm'),
      finding.distanceToPleuraMm !== undefined && measure(t('findings.pleura'), decimal(finding.distanceToPleuraMm, 1), 'mm')),
    notes(finding),
  ));
}

/** The list of findings; moving the focus to one (Tab, Shift-Tab) or clicking it shows its slice. */
export function findingsPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const list = el('ol', { class: 'findings' });
  const orders = findingOrders.map((order) => el('button', {
    type: 'button', class: 'order', data: { order }, on: { click: () => { actions.setOrder(order); } },
  }, t(`order.${order}`)));
  const sorting = el('div', { class: 'orders', role: 'group', aria: { label: t('order.label') } }, orders);
  const element = el('section', { class: 'panel findings-panel', aria: { label: t('findings.title') } },
    // After the list, so that Tab goes from the image straight to the first finding.
    el('h2', {}, t('findings.title')), el('p', { class: 'panel-hint' }, t('findings.keys')), list, sorting);
  const stopList = store.watch(['findings', 'images', 'order'], (state) => {
    for (const button of orders) button.setAttribute('aria-pressed', String(button.dataset['order'] === state.order));
    const findings = state.findings?.status === 'analysed' ? state.findings.findings : [];
    element.hidden = findings.length === 0;
    const focused = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement.dataset['finding'] : undefined;
    sorting.hidden = findings.length < 2;
    fill(list, orderOfFindings(findings, state.order).map((index) => {
      const finding = findings[index];
      return finding !== undefined && card(finding, index, state, actions);
    }));
    if (focused !== undefined) list.querySelector<HTMLElement>(`[data-finding="${focused}"]`)?.focus();
  });
  const stopSelected = store.watch(['selected'], ({ selected }) => {
    for (const button of list.querySelectorAll<HTMLElement>('.finding')) {
      const current = Number(button.dataset['finding']) - 1 === selected;
      button.setAttribute('aria-current', String(current));
      if (current) button.scrollIntoView({ block: 'nearest' });
    }
  });
  return { element, stop: () => { stopList(); stopSelected(); } };
}
