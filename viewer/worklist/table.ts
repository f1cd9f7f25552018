import type { WorklistItem } from '../api/types.ts';
import { t, type MessageKey } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { rowCells, type RowActions } from './row.ts';

const columns: readonly MessageKey[] = [
  'worklist.patient', 'worklist.patientID', 'worklist.sexAge', 'worklist.studyDate', 'worklist.description',
  'worklist.state', 'worklist.findings', 'worklist.received',
];

export interface WorklistTable {
  readonly element: HTMLElement;
  /** Shows exactly these studies in this order; rows that stay keep focus and selection. */
  show(items: readonly WorklistItem[]): void;
  /** Updates the row of one study; false when it is not on this page. */
  update(item: WorklistItem): boolean;
  /** Moves the selection and the focus. */
  move(step: number | 'first' | 'last'): void;
  selected(): string | undefined;
}

/** The table of studies with one row in the tab order (the selected one), as the ARIA grid pattern has it. */
export function worklistTable(actions: RowActions, open: (studyInstanceUID: string) => void): WorklistTable {
  const body = el('tbody', {});
  const element = el(
    'table', { class: 'worklist', role: 'grid', aria: { label: t('worklist.table') } },
    el('thead', {}, el('tr', { role: 'row' },
      columns.map((key) => el('th', { attributes: { scope: 'col' }, role: 'columnheader', class: `head-${key.slice(9)}` }, t(key))),
      el('th', { attributes: { scope: 'col' }, role: 'columnheader' }, el('span', { class: 'visually-hidden' }, t('worklist.actions'))))),
    body,
  );
  const rows = new Map<string, HTMLTableRowElement>();
  let selected: string | undefined;

  const select = (uid: string, focus: boolean): void => {
    selected = uid;
    for (const [key, row] of rows) {
      row.tabIndex = key === uid ? 0 : -1;
      row.setAttribute('aria-selected', String(key === uid));
    }
    if (focus) rows.get(uid)?.focus();
  };

  const makeRow = (uid: string): HTMLTableRowElement => {
    const row = el('tr', { role: 'row', tabIndex: -1, data: { study: uid } });
    row.addEventListener('focus', () => { if (selected !== uid) select(uid, false); });
    row.addEventListener('click', (event) => {
      select(uid, false);
      // A modified click on the link opens a new tab by itself.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if ((document.getSelection()?.toString() ?? '') !== '') return;
      event.preventDefault();
      open(uid);
    });
    return row;
  };

  const draw = (row: HTMLTableRowElement, item: WorklistItem): void => {
    row.className = `row-${item.state}`;
    row.dataset['state'] = item.state;
    fill(row, rowCells(item, actions));
  };

  return {
    element,
    show(items) {
      const focused = document.activeElement instanceof HTMLTableRowElement ? document.activeElement.dataset['study'] : undefined;
      const keep = new Set(items.map((item) => item.studyInstanceUID));
      for (const uid of [...rows.keys()]) if (!keep.has(uid)) rows.delete(uid);
      for (const item of items) {
        const row = rows.get(item.studyInstanceUID) ?? makeRow(item.studyInstanceUID);
        rows.set(item.studyInstanceUID, row);
        draw(row, item);
      }
      body.replaceChildren(...items.map((item) => rows.get(item.studyInstanceUID)).filter((row) => row !== undefined));
      const first = items[0]?.studyInstanceUID;
      const next = selected !== undefined && keep.has(selected) ? selected : first;
      if (next !== undefined) select(next, focused !== undefined);
    },
    update(item) {
      const row = rows.get(item.studyInstanceUID);
      if (row === undefined) return false;
      draw(row, item);
      return true;
    },
    move(step) {
      const order = [...body.rows].map((row) => row.dataset['study'] ?? '');
      if (order.length === 0) return;
      const at = selected === undefined ? -1 : order.indexOf(selected);
      const inTable = document.activeElement instanceof HTMLTableRowElement;
      // The first arrow key only enters the table.
      const moved = inTable && typeof step === 'number' ? at + step : Math.max(0, at);
      const target = step === 'first' ? 0 : step === 'last' ? order.length - 1 : Math.min(order.length - 1, Math.max(0, moved));
      const uid = order[target];
      if (uid !== undefined) select(uid, true);
    },
    selected: () => selected,
  };
}
