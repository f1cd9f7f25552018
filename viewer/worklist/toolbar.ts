import type { StudyState } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { studyStates } from '../ui/study-state.ts';

export interface WorklistFilter {
  readonly search: string;
  readonly states: readonly StudyState[];
}

export interface Toolbar {
  readonly element: HTMLElement;
  readonly focusSearch: () => void;
  set(filter: WorklistFilter): void;
}

/** Search box and state filters; `change` is called when either really changes. */
export function worklistToolbar(initial: WorklistFilter, change: (filter: WorklistFilter) => void): Toolbar {
  let filter = initial;
  const apply = (next: WorklistFilter): void => {
    filter = next;
    for (const button of chips.querySelectorAll('button')) {
      const state = button.dataset['state'] ?? '';
      button.setAttribute('aria-pressed', String(state === '' ? filter.states.length === 0 : filter.states.includes(state as StudyState)));
    }
    change(filter);
  };
  const toggle = (state: StudyState): void => {
    const has = filter.states.includes(state);
    apply({ ...filter, states: has ? filter.states.filter((each) => each !== state) : [...filter.states, state] });
  };
  const search = el('input', {
    type: 'search', id: 'search', class: 'search-input', aria: { label: t('worklist.search'), keyshortcuts: '/' },
    attributes: { placeholder: t('worklist.search'), autocomplete: 'off', spellcheck: 'false' },
  });
  search.value = filter.search;
  search.addEventListener('input', () => { apply({ ...filter, search: search.value.trim() }); });

  const chip = (state: StudyState | '', name: string): HTMLElement => el('button', {
    type: 'button', class: state === '' ? 'chip' : `chip chip-${state}`, data: { state },
    aria: { pressed: state === '' ? filter.states.length === 0 : filter.states.includes(state) },
    on: { click: () => { if (state === '') apply({ ...filter, states: [] }); else toggle(state); } },
  }, name);
  const chips = el('div', { class: 'chips', role: 'group', aria: { label: t('worklist.filters') } },
    chip('', t('worklist.all')), studyStates.map((state) => chip(state, t(`filter.${state}`))));

  return {
    element: el('div', { class: 'worklist-toolbar' },
      el('div', { class: 'search' }, icon('search'), search, el('kbd', { aria: { hidden: true } }, '/')), chips),
    focusSearch: () => { search.focus(); search.select(); },
    set(next) {
      search.value = next.search;
      apply(next);
    },
  };
}
