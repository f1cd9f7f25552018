import type { FindingsDocument, SeriesSummary } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { isAiHidden } from '../review/listed.ts';
import { reasonText } from '../ui/errors.ts';
import type { Store } from '../ui/store.ts';
import { hasImages } from '../ui/modality.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** As `phoi convert` names what people annotated as a reference: to be told from marks of the AI and from a report. */
const referencePrefix = 'Reference annotation:';

function entry(series: SeriesSummary, state: ReaderState, findings: FindingsDocument | undefined, actions: ReaderActions): HTMLElement {
  const analysed = findings?.seriesInstanceUID === series.seriesInstanceUID;
  const assessment = findings?.seriesAssessments.find((each) => each.seriesInstanceUID === series.seriesInstanceUID);
  const refused = !analysed && assessment !== undefined && !assessment.eligible ? assessment.reasons.map(reasonText).join(' ') : '';
  const shown = hasImages(series);
  return el('li', {}, el(
    'button', {
      type: 'button', class: 'series', disabled: series.own && isAiHidden(state), aria: { current: series.seriesInstanceUID === state.seriesInstanceUID },
      data: { series: series.seriesInstanceUID }, on: { click: () => { if (shown) actions.openSeries(series.seriesInstanceUID); else actions.openObjects(series.seriesInstanceUID); } },
    },
    el('span', { class: 'series-head' },
      el('span', { class: 'series-number' }, series.seriesNumber ?? '–'), el('span', { class: 'tag' }, series.modality),
      analysed && el('span', { class: 'tag tag-ai' }, t('series.analysed')), series.own && el('span', { class: 'tag tag-ai' }, 'AI'),
      !series.own && series.seriesDescription.startsWith(referencePrefix) && el('span', { class: 'tag tag-reference' }, t('series.reference'))),
    el('span', { class: 'series-description' }, series.seriesDescription === '' ? t('worklist.noDescription') : series.seriesDescription),
    el('span', { class: 'sub' }, plural(shown ? 'worklist.images' : 'worklist.objects', series.instanceCount)),
    refused !== '' && el('span', { class: 'sub series-refused' }, refused),
  ));
}

/** The series of the study; a click shows another one. */
export function seriesPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const list = el('ul', { class: 'series-list' });
  const element = el('nav', { class: 'series-panel', aria: { label: t('series.title') } }, el('h2', {}, t('series.title')), list);
  const stop = store.watch(['study', 'seriesInstanceUID', 'findings', 'draft', 'withholdsAi'], (state) => {
    fill(list, (state.study?.series ?? []).map((series) => entry(series, state, state.findings, actions)));
  });
  return { element, stop };
}
