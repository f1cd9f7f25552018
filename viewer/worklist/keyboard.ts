import type { WorklistTable } from './table.ts';

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Arrows, Home and End move through the studies, Enter opens, / searches, Escape leaves the search box. */
export function worklistKeys(page: { readonly table: WorklistTable; readonly focusSearch: () => void; readonly open: (studyInstanceUID: string) => void }): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    const typing = isTyping(event.target);
    if (typing && event.key === 'Escape' && event.target instanceof HTMLElement) {
      event.target.blur();
      return;
    }
    if (event.key === '/' && !typing) page.focusSearch();
    else if (event.key === 'ArrowDown') page.table.move(1);
    else if (event.key === 'ArrowUp' && !typing) page.table.move(-1);
    else if (event.key === 'Home' && !typing) page.table.move('first');
    else if (event.key === 'End' && !typing) page.table.move('last');
    else if (event.key === 'Enter' && event.target instanceof HTMLTableRowElement) {
      const uid = page.table.selected();
      if (uid === undefined) return;
      page.open(uid);
    } else return;
    event.preventDefault();
  };
  document.addEventListener('keydown', listener);
  return () => { document.removeEventListener('keydown', listener); };
}
