import type { FindingsDocument, Reason, Study } from '../api/types.ts';
import { optional, plural, t } from '../i18n/index.ts';
import { el, fill, type Child } from '../ui/dom.ts';
import { reasonText } from '../ui/errors.ts';
import { decimal, integer } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { stateBadge } from '../ui/study-state.ts';
import { isAiHidden } from '../review/listed.ts';
import type { ReaderActions, ReaderState } from './state.ts';

function reasonList(reasons: readonly Reason[]): Child {
  return reasons.length > 0 && el('ul', { class: 'reasons' }, reasons.map((reason) => el('li', {}, reasonText(reason))));
}

function button(name: string, run: () => void): HTMLElement {
  return el('button', { type: 'button', class: 'button', on: { click: run } }, icon('retry'), name);
}

/** What was found, in words that cannot be mistaken for "nothing is wrong". */
function resultText(document: FindingsDocument): Child {
  if (document.status === 'not-analysed') return undefined;
  const threshold = t('status.threshold', { threshold: decimal(document.operatingPoint, 2) });
  if (document.findings.length === 0) return [el('p', { class: 'status-lead' }, t('status.noneFound')), el('p', { class: 'muted' }, `${t('status.noneMeans')} ${threshold}`)];
  return [el('p', { class: 'status-lead' }, plural('findings.count', document.findings.length)), el('p', { class: 'muted' }, threshold)];
}

function stateText(study: Study, document: FindingsDocument | undefined, actions: ReaderActions, withheld: boolean): Child {
  switch (study.state) {
    case 'receiving': return el('p', {}, plural('status.receiving', study.instanceCount));
    case 'incomplete': return [el('p', {}, t('status.incomplete')), reasonList(study.reasons), button(t('action.completeNow'), actions.complete)];
    case 'waiting': return [el('p', {}, t('status.waiting')), reasonList(study.reasons)];
    case 'analysing': {
      const stage = optional(`stage.${study.progress?.stage ?? ''}`);
      return el('p', {}, stage ?? t('status.analysing'));
    }
    case 'analysed': if (withheld) return el('p', { class: 'muted' }, t('aiSecond.withheld'));
      return document?.status === 'analysed' ? resultText(document) : undefined;
    case 'not-analysed': {
      const reasons = document?.reason === undefined || isOutdated(study, document) ? study.reasons : [document.reason];
      return [el('p', { class: 'status-lead' }, t('status.notAnalysed')), reasons.length > 0 ? reasonList(reasons) : el('p', {}, t('state.noReason')),
        el('p', { class: 'muted' }, t('status.notAnalysedMeans')), button(t('action.reanalyse'), actions.reanalyse)];
    }
    case 'failed': return [el('p', { class: 'status-lead' }, t('status.failed')), study.reasons.length > 0 ? reasonList(study.reasons) : el('p', {}, t('state.noReason')),
      el('p', { class: 'muted' }, t('status.notAnalysedMeans')), button(t('action.reanalyse'), actions.reanalyse)];
  }
}

function warnings(document: FindingsDocument | undefined): Child {
  if (document === undefined || document.warnings.length === 0) return undefined;
  return el('div', { class: 'warnings', role: 'note' }, el('h3', {}, icon('warning'), t('status.warnings')), reasonList(document.warnings));
}

function model(document: FindingsDocument | undefined, study: Study): Child {
  if (document === undefined) return undefined;
  const series = study.series.find((each) => each.seriesInstanceUID === document.seriesInstanceUID);
  const fact = (name: string, value: string): HTMLElement => el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value));
  return el('dl', { class: 'facts' },
    fact(t('status.model'), `${document.model.name} ${document.model.version}`),
    fact(t('status.operatingPoint'), decimal(document.operatingPoint, 2)),
    series !== undefined && fact(t('status.series'), [series.seriesNumber === undefined ? '' : integer(series.seriesNumber), series.seriesDescription].filter((part) => part !== '').join(' · ')));
}

/** An earlier result stays visible while a newer analysis is under way or has failed, and says so. */
function isOutdated(study: Study, document: FindingsDocument | undefined): boolean {
  return document !== undefined && study.state !== document.status;
}

/** Where the analysis stands, what it says about itself and how sure one may be. */
export function statusPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const element = el('section', { class: 'panel status-panel', aria: { label: t('status.title'), live: 'polite' } });
  const stop = store.watch(['study', 'findings', 'studyError', 'draft', 'withholdsAi'], (state) => {
    const { study, findings, studyError } = state;
    if (study === undefined) {
      fill(element, studyError === undefined ? el('p', { class: 'loading' }, t('reader.loadingStudy')) : errorNotice(t('reader.studyFailed'), studyError, actions.reload));
      return;
    }
    element.dataset['state'] = study.state;
    fill(
      element,
      el('h2', {}, t('status.title')),
      stateBadge(study),
      stateText(study, findings, actions, isAiHidden(state)),
      studyError !== undefined && errorNotice(t('reader.studyFailed'), studyError, actions.reload),
      isOutdated(study, findings) && el('p', { class: 'outdated', role: 'note' }, icon('warning'), t('status.outdated')),
      study.conflictCount > 0 && el('p', { class: 'outdated', role: 'note' }, icon('warning'), plural('worklist.conflicts', study.conflictCount)),
      warnings(findings), model(findings, study),
    );
  });
  return { element, stop };
}
