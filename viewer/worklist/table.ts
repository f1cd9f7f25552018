import type { WorklistItem } from '../api/types.ts';
import { t, type MessageKey } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { rowCells, type RowActions } from './row.ts';
import type { StudyPages } from './study-pages.ts';

const columns: readonly (readonly [name: string, text: MessageKey])[] = [
  ['patient', 'worklist.patient'], ['description', 'worklist.study'], ['state', 'worklist.ai'], ['findings', 'worklist.findings'],
  ['reading', 'worklist.reading'], ['received', 'worklist.received'], ['actions', 'worklist.actions'],
];
/** Every row is this high, so that the place of a study in the list is its place on the screen. CSS pixels. */
export const rowHeight = 60;
/** Rows drawn above and below what is in sight. */
const overscan = 6;

export interface WorklistTable {
  readonly element: HTMLElement;
  /** Draws what is in sight; after data, size or place have changed. */
  draw(): void;
  /** First and last place in sight. */
  range(): { readonly first: number; readonly last: number };
  /** Moves the selection and puts the focus on the table. */
  readonly move: (step: number | 'first' | 'last' | 'page-up' | 'page-down') => void;
  selected(): WorklistItem | undefined;
  selectedIndex(): number;
  select(index: number): void;
  /** What stays in its place on the screen when the list changes under it. */
  anchor(): (() => void);
  toTop(): void;
  focus(): void;
}

/**
 * The table of studies. Only the rows in sight are in the document; the focus stays on the grid, which names its active
 * row (aria-activedescendant), so that a row may leave the document without taking the focus along.
 */
export function worklistTable(pages: StudyPages, actions: RowActions, open: (studyInstanceUID: string) => void, scrolled: () => void): WorklistTable {
  const head = el('thead', { role: 'rowgroup' }, el('tr', { role: 'row', attributes: { 'aria-rowindex': '1' } },
    columns.map(([name, text]) => el('th', { attributes: { scope: 'col' }, role: 'columnheader', class: `head-${name}` }, t(text)))));
  const body = el('tbody', { role: 'rowgroup' });
  const grid = el('table', { class: 'worklist', role: 'grid', tabIndex: 0, aria: { label: t('worklist.table'), multiselectable: false } }, head, body);
  const element = el('div', { class: 'worklist-scroll' }, grid);
  element.style.setProperty('--row-height', `${String(rowHeight)}px`);

  let rows = new Map<string, { readonly element: HTMLTableRowElement; item: WorklistItem }>();
  let selectedIndex = 0;
  let selectedUID: string | undefined;
  let frame = 0;

  const total = (): number => pages.total() ?? 0;
  const range = (): { readonly first: number; readonly last: number } => {
    const height = Math.max(rowHeight, element.clientHeight - head.offsetHeight);
    const first = Math.floor(element.scrollTop / rowHeight);
    return { first, last: Math.min(Math.max(0, total() - 1), Math.floor((element.scrollTop + height - 1) / rowHeight)) };
  };

  function makeRow(item: WorklistItem): HTMLTableRowElement {
    const uid = item.studyInstanceUID;
    const row = el('tr', { role: 'row', id: `study-${uid.replaceAll('.', '-')}`, data: { study: uid } });
    row.addEventListener('click', (event) => {
      const index = pages.indexOf(uid);
      if (index !== undefined) select(index);
      // A modified click on the link opens a new tab by itself.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if ((document.getSelection()?.toString() ?? '') !== '') return;
      event.preventDefault();
      open(uid);
    });
    return row;
  }

  function fillRow(row: HTMLTableRowElement, item: WorklistItem): void {
    row.className = `row-${item.state}`;
    row.dataset['state'] = item.state;
    fill(row, rowCells(item, actions));
  }

  function rowOf(index: number): HTMLTableRowElement {
    const item = pages.item(index);
    if (item === undefined) {
      return el('tr', { role: 'row', class: 'row-unloaded', aria: { busy: true, rowindex: index + 2 } }, el('td', { role: 'gridcell' }, t('worklist.loadingRow')));
    }
    const known = rows.get(item.studyInstanceUID);
    const row = known?.element ?? makeRow(item);
    // The same record is the same row: scrolling draws nothing twice.
    if (known?.item !== item) fillRow(row, item);
    drawn.set(item.studyInstanceUID, { element: row, item });
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(index === selectedIndex));
    return row;
  }
  let drawn: typeof rows = new Map();

  function draw(): void {
    const count = total();
    follow();
    const { first, last } = range();
    const from = Math.max(0, first - overscan);
    const to = Math.min(count - 1, last + overscan);
    grid.setAttribute('aria-rowcount', String(count + 1));
    body.style.height = `${String(count * rowHeight)}px`;
    body.style.paddingTop = `${String(from * rowHeight)}px`;
    drawn = new Map();
    const wanted = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => rowOf(from + at));
    rows = drawn;
    if (wanted.length !== body.children.length || wanted.some((row, at) => body.children[at] !== row)) body.replaceChildren(...wanted);
    const active = selectedUID === undefined ? undefined : rows.get(selectedUID)?.element.id;
    if (active === undefined) grid.removeAttribute('aria-activedescendant');
    else grid.setAttribute('aria-activedescendant', active);
    if (count > 0) pages.need(from, to);
  }

  /** The selection is a study, wherever it has moved to; one that left the list passes it on to its successor. */
  function follow(): void {
    const moved = selectedUID === undefined ? undefined : pages.indexOf(selectedUID);
    if (moved !== undefined) selectedIndex = moved;
    selectedIndex = Math.max(0, Math.min(selectedIndex, total() - 1));
    const there = pages.item(selectedIndex);
    if (there !== undefined) selectedUID = there.studyInstanceUID;
  }

  function select(index: number): void {
    selectedIndex = Math.max(0, Math.min(index, total() - 1));
    selectedUID = pages.item(selectedIndex)?.studyInstanceUID;
    draw();
  }

  function reveal(index: number): void {
    const top = index * rowHeight;
    const height = element.clientHeight - head.offsetHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + height) element.scrollTop = top + rowHeight - height;
  }

  element.addEventListener('scroll', () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => { draw(); scrolled(); });
  }, { passive: true });

  return {
    element, draw, range, select,
    move(step) {
      if (total() === 0) return;
      const { first, last } = range();
      const page = Math.max(1, last - first);
      const steps = { 'first': -selectedIndex, 'last': total(), 'page-up': -page, 'page-down': page } as const;
      // The first arrow key only enters the table.
      const entered = document.activeElement === grid;
      const by = typeof step === 'number' ? (entered ? step : 0) : steps[step];
      const index = Math.max(0, Math.min(selectedIndex + by, total() - 1));
      grid.focus({ preventScroll: true });
      reveal(index);
      select(index);
    },
    selected: () => pages.item(selectedIndex),
    selectedIndex: () => selectedIndex,
    anchor() {
      const { first, last } = range();
      const focused = document.activeElement === grid && selectedIndex >= first && selectedIndex <= last;
      // At the very top what is new may come in at the top.
      if (element.scrollTop === 0) return () => undefined;
      const uid = focused ? selectedUID : pages.item(first)?.studyInstanceUID;
      const offset = (focused ? selectedIndex : first) * rowHeight - element.scrollTop;
      return () => {
        const now = uid === undefined ? undefined : pages.indexOf(uid);
        if (now !== undefined) element.scrollTop = now * rowHeight - offset;
      };
    },
    toTop() {
      element.scrollTop = 0;
      selectedIndex = 0;
      selectedUID = undefined;
    },
    focus: () => { grid.focus({ preventScroll: true }); },
  };
}
