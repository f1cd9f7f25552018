import { t } from '../i18n/index.ts';
import { listFields, listFindings, type ListedFinding } from '../review/listed.ts';
import { el, fill } from '../ui/dom.ts';
import type { Store } from '../ui/store.ts';
import { findingCard } from './finding-card.ts';
import { commentBox, findingEditor, type FindingEditor } from './finding-editor.ts';
import { findingOrders, orderOfFindings } from './finding-order.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import { thumbnails } from './thumbnails.ts';

/** The list of findings; moving the focus to one (Tab, Shift-Tab) or clicking it shows its slice. */
export function findingsPanel(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const list = el('ol', { class: 'findings' });
  const pictures = thumbnails();
  const orders = findingOrders.map((order) => el('button', {
    type: 'button', class: 'order', data: { order }, on: { click: () => { actions.setOrder(order); } },
  }, t(`order.${order}`)));
  const sorting = el('div', { class: 'orders', role: 'group', aria: { label: t('order.label') } }, orders);
  const addButton = el('button', { type: 'button', class: 'button button-small add-finding', aria: { keyshortcuts: 'g' }, on: { click: actions.startPlacing } },
    t('review.add'), el('kbd', { aria: { hidden: true } }, 'g'));
  const element = el('section', { class: 'panel findings-panel', aria: { label: t('findings.title') } },
    // After the list, so that Tab goes from the image straight to the first finding.
    el('h2', {}, t('findings.title')), el('p', { class: 'panel-hint' }, t('findings.keys')), list, addButton, sorting);

  let givingBack = false;
  const giveFocus = (to: HTMLElement | null | undefined): void => {
    givingBack = true;
    to?.focus();
    givingBack = false;
  };
  /** The finding that had the focus last, also while a dialog has it: the dialog gives it back to the card of that time, which may be drawn anew meanwhile. */
  let lastFocused: string | undefined;
  const onFocus = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element) || target.closest('dialog') !== null) return;
    lastFocused = list.contains(target) ? target.closest<HTMLElement>('.finding')?.dataset['finding'] : undefined;
  };
  const afterDialog = ({ target }: Event): void => {
    // Until the page is laid out again, the closed dialog still has the focus.
    const lost = document.activeElement === document.body || (target instanceof Element && target.contains(document.activeElement));
    if (lastFocused !== undefined && lost) giveFocus(list.querySelector<HTMLElement>(`[data-finding="${lastFocused}"]`));
  };
  document.addEventListener('focusin', onFocus);
  // The event does not bubble.
  document.addEventListener('close', afterDialog, { capture: true });
  const cardOf = (each: ListedFinding, state: ReaderState): HTMLElement => findingCard(each, state, actions, {
    // After the slice that is looked at.
    thumbnail: state.imagesLoading ? undefined : pictures.of(each, state.images), below: below(state, each.trackingUID),
    select: () => { if (!givingBack) actions.selectFinding(each.trackingUID); },
  });
  let editor: { readonly uid: string; readonly made: FindingEditor } | undefined;
  let box: { readonly uid: string; readonly made: HTMLElement } | undefined;

  /** Whether the list has to wait: drawn anew, it would take the field from under the fingers, and a word from its input method. */
  function isWrittenIn({ access, editing, commenting }: ReaderState): boolean {
    if (access !== 'open') return false;
    if (editor !== undefined && editing === editor.uid) return editor.made.isTyping();
    return box !== undefined && commenting === box.uid && box.made.contains(document.activeElement);
  }

  function below(state: ReaderState, uid: string): HTMLElement | undefined {
    const listed = listFindings(state).find((each) => each.trackingUID === uid);
    if (listed === undefined || state.access !== 'open') return undefined;
    if (state.editing === uid) {
      if (editor?.uid !== uid) editor = { uid, made: findingEditor(listed, actions) };
      editor.made.show(listed);
      return editor.made.element;
    }
    if (state.commenting !== uid) return undefined;
    if (box?.uid !== uid) box = { uid, made: commentBox(listed, actions) };
    return box.made;
  }

  const stopList = store.watch([...listFields, 'images', 'imagesLoading', 'order', 'editing', 'commenting', 'access', 'conflict', 'review'], (state) => {
    for (const button of orders) button.setAttribute('aria-pressed', String(button.dataset['order'] === state.order));
    if (isWrittenIn(state)) return;
    const listed = listFindings(state);
    const canAdd = state.access === 'open' && state.images.length > 0;
    element.hidden = listed.length === 0 && !canAdd;
    addButton.hidden = !canAdd;
    sorting.hidden = listed.length < 2;
    const active = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement : undefined;
    const focused = active?.closest<HTMLElement>('.finding')?.dataset['finding'];
    const opened = state.editing !== undefined && editor?.uid !== state.editing ? 'select' : state.commenting !== undefined && box?.uid !== state.commenting ? 'textarea' : undefined;
    const closed = state.editing === undefined && state.commenting === undefined && (editor !== undefined || box !== undefined);
    fill(list, orderOfFindings(listed.map((each) => each.finding), state.order).map((index) => {
      const each = listed[index];
      return each !== undefined && cardOf(each, state);
    }));
    if (state.editing === undefined) editor = undefined;
    if (state.commenting === undefined) box = undefined;
    if (opened !== undefined) giveFocus(list.querySelector<HTMLElement>(opened));
    else if (closed) giveFocus(list.querySelector<HTMLElement>('.finding[aria-current="true"]'));
    else if (focused !== undefined) giveFocus(list.querySelector<HTMLElement>(`[data-finding="${focused}"]`));
    // Boxes and fields are the same elements as before: they only have to get the focus back.
    else if (active?.isConnected === true) giveFocus(active);
  });
  const stopSelected = store.watch(['selected'], (state) => {
    const listed = listFindings(state);
    for (const button of list.querySelectorAll<HTMLElement>('.finding')) {
      const each = listed.find(({ label }) => label === button.dataset['finding']);
      if (each === undefined) continue;
      const current = each.trackingUID === state.selected;
      if (button.getAttribute('aria-current') === String(current)) continue;
      const focused = document.activeElement === button;
      const item = cardOf(each, state);
      button.parentElement?.replaceWith(item);
      if (focused) giveFocus(item.querySelector<HTMLElement>('.finding'));
      if (current) item.scrollIntoView({ block: 'nearest' });
    }
  });
  return {
    element,
    stop: () => {
      stopList();
      stopSelected();
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('close', afterDialog, { capture: true });
    },
  };
}
