import type { StudyState } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { seenSites } from '../login/session.ts';
import { el, fill } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { studyStates } from '../ui/study-state.ts';
import { dateBounds, everything, type DateFilter, type ReadingFilter, type WorklistFilter, type WorklistOrder } from './filter.ts';
import { viewsMenu } from './views-menu.ts';

export interface Toolbar {
  readonly element: HTMLElement;
  readonly focusSearch: () => void;
  filter(): WorklistFilter;
  set(filter: WorklistFilter): void;
  /** Applies the saved view of this key, counted from 1; false when there is none. */
  readonly view: (number: number) => boolean;
}

const modalities = ['CT', 'MR', 'PT', 'CR', 'DX'] as const;
const dayCounts = [1, 2, 7, 30] as const;

interface Choice {
  readonly value: string;
  readonly text: string;
}

function choose(label: string, choices: readonly Choice[], name: string, change: (value: string) => void): HTMLSelectElement {
  const select = el('select', { class: 'select', aria: { label }, title: label, data: { filter: name }, on: { change: () => { change(select.value); } } },
    choices.map(({ value, text }) => el('option', { attributes: { value } }, text)));
  return select;
}

const dashed = (day: string): string => (day === '' ? '' : `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`);

function dateValue(date: DateFilter): string {
  return date.kind === 'days' ? String(date.days) : date.kind;
}

/**
 * Search, filters, order and saved views; `change` is called when the filter changes. Without a known reader nothing can
 * be asked for as "mine".
 */
export function worklistToolbar(initial: WorklistFilter, knowsReader: boolean, change: (filter: WorklistFilter) => void): Toolbar {
  let filter = initial;
  const apply = (next: WorklistFilter): void => {
    filter = next;
    draw();
    change(filter);
  };
  const set = (part: Partial<WorklistFilter>): void => { apply({ ...filter, ...part }); };

  const search = el('input', {
    type: 'search', id: 'search', class: 'search-input', aria: { label: t('worklist.search'), keyshortcuts: '/' },
    attributes: { placeholder: t('worklist.search'), autocomplete: 'off', spellcheck: 'false' },
    on: { input: () => { set({ search: search.value.trim() }); } },
  });
  const chip = (state: StudyState | '', name: string): HTMLElement => el('button', {
    type: 'button', class: state === '' ? 'chip' : `chip chip-${state}`, data: { state },
    on: { click: () => {
      if (state === '') set({ states: [] });
      else set({ states: filter.states.includes(state) ? filter.states.filter((each) => each !== state) : [...filter.states, state] });
    } },
  }, name);
  const chips = el('div', { class: 'chips', role: 'group', aria: { label: t('worklist.filters') } },
    chip('', t('worklist.all')), studyStates.map((state) => chip(state, t(`filter.${state}`))));

  const reading = choose(t('worklist.readingFilter'), (['any', 'unread', 'reading', 'signed'] as const).map((value) => ({ value, text: t(`worklist.reading.${value}`) })),
    'reading', (value) => { set({ reading: value as ReadingFilter }); });
  const modality = choose(t('worklist.modality'), [{ value: '', text: t('worklist.anyModality') }, ...modalities.map((value) => ({ value, text: value }))],
    'modality', (value) => { set({ modality: value }); });
  const site = choose(t('worklist.site'), [{ value: '', text: t('worklist.anySite') }, ...seenSites().map(({ name, title }) => ({ value: name, text: title }))],
    'site', (value) => { set({ site: value }); });
  // Who sees one site has nothing to choose.
  site.hidden = seenSites().length < 2;
  const date = choose(t('worklist.dateFilter'), [
    { value: 'any', text: t('worklist.date.any') }, ...dayCounts.map((days) => ({ value: String(days), text: t(`worklist.date.${days}`) })), { value: 'between', text: t('worklist.date.between') },
  ], 'date', (value) => {
    if (value === 'any') set({ date: { kind: 'any' } });
    else if (value === 'between') set({ date: { kind: 'between', from: dateBounds(filter.date).from ?? '', to: '' } });
    else set({ date: { kind: 'days', days: Number(value) } });
  });
  const day = (label: string): HTMLInputElement => el('input', { type: 'date', class: 'select', aria: { label }, title: label, on: { change: setDays } });
  const from = day(t('worklist.dateFrom'));
  const to = day(t('worklist.dateTo'));
  function setDays(): void {
    set({ date: { kind: 'between', from: from.value.replaceAll('-', ''), to: to.value.replaceAll('-', '') } });
  }
  const days = el('span', { class: 'days' }, from, '–', to);
  const toggle = (name: string, key: 'statOnly' | 'mine'): HTMLElement => el('button', {
    type: 'button', class: 'chip', data: { toggle: key }, on: { click: () => { set({ [key]: !filter[key] }); } },
  }, name);
  const stat = toggle(t('worklist.statOnly'), 'statOnly');
  const mine = toggle(t('worklist.mine'), 'mine');
  const order = choose(t('worklist.order'), (['urgency', 'received'] as const).map((value) => ({ value, text: t(`worklist.order.${value}`) })),
    'order', (value) => { set({ order: value as WorklistOrder }); });
  const views = viewsMenu(() => filter, apply);

  function draw(): void {
    for (const button of chips.querySelectorAll('button')) {
      const state = button.dataset['state'] ?? '';
      button.setAttribute('aria-pressed', String(state === '' ? filter.states.length === 0 : filter.states.includes(state as StudyState)));
    }
    if (document.activeElement !== search) search.value = filter.search;
    reading.value = filter.reading;
    modality.value = filter.modality;
    site.value = filter.site;
    date.value = dateValue(filter.date);
    order.value = filter.order;
    days.hidden = filter.date.kind !== 'between';
    if (filter.date.kind === 'between') [from.value, to.value] = [dashed(filter.date.from), dashed(filter.date.to)];
    stat.setAttribute('aria-pressed', String(filter.statOnly));
    mine.hidden = !knowsReader;
    mine.setAttribute('aria-pressed', String(filter.mine));
    for (const select of [reading, modality, site, date]) select.toggleAttribute('data-narrows', select.value !== 'any' && select.value !== '');
    views.draw();
  }

  const element = el('div', { class: 'worklist-toolbar' });
  fill(element,
    el('div', { class: 'toolbar-line' },
      el('div', { class: 'search' }, icon('search'), search, el('kbd', { aria: { hidden: true } }, '/')), views.element, order),
    el('div', { class: 'toolbar-line' }, chips, el('div', { class: 'filters' }, reading, date, days, modality, site, stat, mine)));
  draw();

  return {
    element,
    focusSearch: () => { search.focus(); search.select(); },
    filter: () => filter,
    set(next) {
      search.value = next.search;
      apply(next);
    },
    view: views.apply,
  };
}

/** The filter without its narrowing parts; the order stays as it was chosen. */
export function cleared(filter: WorklistFilter): WorklistFilter {
  return { ...everything, order: filter.order };
}
