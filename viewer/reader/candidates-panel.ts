import { t } from '../i18n/index.ts';
import { nearestSlice } from '../rendering/slice-images.ts';
import { isAiHidden, listFields } from '../review/listed.ts';
import { el, fill } from '../ui/dom.ts';
import { decimal, integer, probabilityPercent } from '../ui/format.ts';
import type { Store } from '../ui/store.ts';
import { candidatesOf, shownCandidates } from './candidate-marks.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** Most that are listed; what is beyond them is said. */
const listedAtMost = 30;

/** What the model saw below its operating point, for those who want to look: hidden until asked for. */
export function candidatesPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const slider = el('input', {
    type: 'range', class: 'threshold', id: 'candidate-threshold', attributes: { min: '0', step: '0.01' },
    on: { input: () => {
      const { findings } = store.get();
      const value = Number(slider.value);
      actions.showCandidatesFrom(findings === undefined || value >= Number(slider.max) ? undefined : value);
    } },
  });
  const value = el('output', { attributes: { for: 'candidate-threshold' } });
  const list = el('ul', { class: 'candidates' });
  const element = el('section', { class: 'panel candidates-panel', aria: { label: t('candidate.title') } },
    el('h2', {}, t('candidate.title')),
    el('label', { class: 'sub', attributes: { for: 'candidate-threshold' } }, t('candidate.slider'), ' ', el('kbd', { aria: { hidden: true } }, 'j')),
    el('div', { class: 'threshold-row' }, slider, value), list);
  const stop = store.watch([...listFields, 'candidatesFrom', 'images', 'access'], (state) => {
    const { findings, candidatesFrom } = state;
    const all = candidatesOf(findings);
    element.hidden = all.length === 0 || isAiHidden(state) || findings === undefined;
    if (element.hidden || findings === undefined) return;
    slider.max = String(findings.operatingPoint);
    slider.value = String(candidatesFrom ?? findings.operatingPoint);
    value.textContent = decimal(candidatesFrom ?? findings.operatingPoint, 2);
    const shown = shownCandidates(state);
    fill(list, candidatesFrom !== undefined && shown.length === 0 && el('li', { class: 'muted' }, t('candidate.none')),
      shown.slice(0, listedAtMost).map((each) => {
        const slice = nearestSlice(state.images, each.worldPoint);
        return el('li', { class: 'candidate-row' },
          el('button', { type: 'button', class: 'candidate-jump', disabled: slice === undefined, on: { click: () => { actions.showPoint(each.worldPoint); } } },
            el('strong', {}, probabilityPercent(each.probability)), ' ', `${decimal(each.diameterMm, 1)} mm`, slice !== undefined && el('span', { class: 'muted' }, ' ', t('findings.slice', { number: integer(slice + 1) }))),
          state.access === 'open' && el('button', { type: 'button', class: 'button button-small', on: { click: () => { actions.addAt(each.worldPoint); } } }, t('candidate.promote')));
      }),
      shown.length > listedAtMost && el('li', { class: 'muted' }, t('candidate.more', { count: integer(shown.length - listedAtMost) })));
  });
  return { element, stop };
}
