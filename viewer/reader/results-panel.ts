import type { Study } from '../api/types.ts';
import { optional, plural, t } from '../i18n/index.ts';
import { el, fill, type Child } from '../ui/dom.ts';
import { deliveryLine } from '../ui/deliveries.ts';
import { moment } from '../ui/format.ts';
import { isAiHidden } from '../review/listed.ts';
import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** The report first; it is what most readers want to see. */
const roleOrder = ['sr', 'seg', 'pr', 'ko', 'sc', 'pdf', 'cad-sr', 'enhanced-sr', 'labelmap'];

function objects(study: Study, actions: ReaderActions): Child {
  const analysis = study.analysis;
  if (analysis === undefined) return undefined;
  const place = (role: string): number => { const at = roleOrder.indexOf(role); return at < 0 ? roleOrder.length : at; };
  return el('ul', { class: 'result-objects' }, analysis.objects.toSorted((a, b) => place(a.role) - place(b.role)).map((object) => {
    const deliveries = study.deliveries.filter((record) => record.sopInstanceUID === object.sopInstanceUID);
    return el(
      'li', {},
      el('div', { class: 'object-head' },
        el('span', { class: 'tag' }, object.role.toUpperCase()),
        el('span', { class: 'object-name' }, optional(`role.${object.role}`) ?? object.role.toUpperCase()),
        object.role === 'sr' && el('button', { type: 'button', class: 'button button-small', on: { click: () => { actions.showReport(object.sopInstanceUID); } } }, t('results.show'))),
      deliveries.length > 0
        ? el('ul', { class: 'deliveries' }, deliveries.map((record) => deliveryLine(record, actions.resend)))
        : el('p', { class: 'muted' }, t('results.kept')),
    );
  }));
}

/** The DICOM objects that were written and where they went. */
export function resultsPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const element = el('section', { class: 'panel results-panel', aria: { label: t('results.title') } });
  const stop = store.watch(['study', 'draft', 'withholdsAi'], (state) => {
    const { study } = state;
    const analysis = study?.analysis;
    element.hidden = analysis === undefined || isAiHidden(state);
    if (study === undefined || analysis === undefined) return;
    fill(
      element,
      el('h2', {}, t('results.title')),
      el('p', { class: 'panel-hint' }, t('results.version', { version: analysis.version, time: moment(analysis.createdAt) })),
      objects(study, actions),
      study.earlierAnalyses.length > 0 && el('p', { class: 'muted' }, plural('results.earlier', study.earlierAnalyses.length)),
    );
  });
  return { element, stop };
}
