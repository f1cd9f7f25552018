import { plural, t, type MessageKey } from '../i18n/index.ts';
import { undecidedOf } from '../review/draft.ts';
import type { Saving } from '../review/fields.ts';
import { isAiHidden } from '../review/listed.ts';
import { el, fill, type Child } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { moment, personName } from '../ui/format.ts';
import { icon, type IconName } from '../ui/icons.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';

const savingIcons: Readonly<Record<Saving, IconName>> = {
  saved: 'check', unsaved: 'running', saving: 'running', offline: 'warning', failed: 'warning', conflict: 'warning', kept: 'warning',
};

function savingLine(state: ReaderState, actions: ReaderActions): Child {
  const { saving, saveError, keptSafe, review } = state;
  if (review === undefined || (saving === 'saved' && review.state === 'unread')) return undefined;
  const detail = saving === 'failed' || saving === 'offline' ? describeError(saveError) : undefined;
  return [
    el('p', { class: `saving saving-${saving}`, role: 'status', title: detail }, icon(savingIcons[saving], 14), t(`saving.${saving}`)),
    (saving === 'failed' || saving === 'offline') && [detail !== undefined && el('p', { class: 'sub' }, detail),
      el('button', { type: 'button', class: 'button button-small', on: { click: actions.saveNow } }, icon('retry'), t('app.retry'))],
    !keptSafe && saving !== 'saved' && el('p', { class: 'outdated', role: 'alert' }, icon('warning'), t('saving.notKept')),
    saving === 'conflict' && el('button', { type: 'button', class: 'button button-small button-primary', on: { click: actions.solveConflict } }, t('conflict.solve')),
  ];
}

function signedLines(state: ReaderState, actions: ReaderActions): Child {
  const { review } = state;
  if (review === undefined || review.signed.length === 0) return undefined;
  return el('ol', { class: 'signed-versions' }, review.signed.map((version, at) => el('li', {},
    icon('signed', 14), el('span', {}, t(version.kind === 'report' ? 'sign.versionReport' : 'sign.versionAddendum', { version: version.version }), ' · ', personName(version.reader.name), ' · ', moment(version.signedAt)),
    version.objects.filter((object) => object.role.endsWith('sr')).slice(0, 1).map((object) => el('button', {
      type: 'button', class: 'button button-small', aria: { label: `${t('results.show')} (${String(version.version)})` }, on: { click: () => { actions.showReport(object.sopInstanceUID); } },
    }, t('results.show'))),
    at === 0 && review.state === 'signed' && el('button', { type: 'button', class: 'button button-small', on: { click: actions.reopen } }, t('sign.reopen')))));
}

/** How far the reading has come, whether it is saved, who holds it, and the way to the signature. */
export function readingPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const element = el('section', { class: 'panel reading-panel', aria: { label: t('review.title') } });
  const small = (name: MessageKey, key: string, image: IconName, run: () => void, disabled: boolean): HTMLElement => el('button', {
    type: 'button', class: 'icon-button', title: `${t(name)} (${key})`, aria: { label: t(name) }, disabled, on: { click: run },
  }, icon(image, 17));
  const stop = store.watch(['review', 'draft', 'access', 'reviewError', 'holder', 'saving', 'saveError', 'keptSafe', 'conflict', 'canUndo', 'canRedo', 'withholdsAi'], (state) => {
    const { review, draft, access, reviewError, holder, conflict } = state;
    element.hidden = access === 'loading' || (access === 'none' && reviewError === undefined);
    if (element.hidden) return;
    if (reviewError !== undefined) {
      fill(element, errorNotice(t('review.loadFailed'), reviewError, actions.reload));
      return;
    }
    if (review === undefined || draft === undefined) return;
    const open = isAiHidden(state) ? 0 : undecidedOf(draft).length;
    element.dataset['access'] = access;
    const focused = element.contains(document.activeElement) ? document.activeElement?.textContent : undefined;
    fill(
      element,
      el('div', { class: 'reading-head' }, el('h2', {}, t(`reviewState.${review.state}`)),
        access === 'open' && el('div', { class: 'reading-steps' },
          small('review.undo', 'Ctrl Z', 'undo', actions.undo, !state.canUndo), small('review.redo', 'Ctrl ⇧ Z', 'redo', actions.redo, !state.canRedo))),
      access === 'locked' && holder !== undefined && el('div', { class: 'outdated', role: 'status' }, icon('lock'),
        el('span', {}, t('lock.by', { name: personName(holder.reader.name), time: moment(holder.since) })),
        el('button', { type: 'button', class: 'button button-small', on: { click: actions.takeOver } }, t('lock.takeOver'))),
      conflict !== undefined && el('p', { class: 'outdated', role: 'alert' }, icon('warning'), t('conflict.title')),
      savingLine(state, actions),
      access === 'forbidden' && el('p', { class: 'sub', role: 'note' }, icon('lock', 14), t('review.isForbidden')),
      review.newerAnalysis === true && !isAiHidden(state) && el('p', { class: 'outdated', role: 'note' }, icon('warning'), t(review.state === 'signed' ? 'review.newerAfterSigning' : 'review.newerAnalysis')),
      isAiHidden(state) && el('div', { class: 'ai-second' }, el('p', {}, t('aiSecond.text')),
        access === 'open' && el('button', { type: 'button', class: 'button', aria: { keyshortcuts: 'y' }, on: { click: actions.reveal } }, icon('eye'), t('aiSecond.reveal'), el('kbd', { aria: { hidden: true } }, 'y'))),
      signedLines(state, actions),
      access === 'open' && !isAiHidden(state) && el('div', { class: 'reading-sign' },
        el('span', { class: open > 0 ? 'sub open-count' : 'sub' }, open > 0 ? plural('sign.undecidedCount', open) : t('sign.allDecided')),
        el('button', { type: 'button', class: 'button button-primary button-small', aria: { keyshortcuts: 'Shift+S' }, on: { click: actions.openSigning } }, icon('signed'), t('sign.open'), el('kbd', { aria: { hidden: true } }, '⇧ S'))),
    );
    if (focused !== undefined && focused !== '') [...element.querySelectorAll('button')].find((button) => button.textContent === focused)?.focus();
  });
  return { element, stop };
}
