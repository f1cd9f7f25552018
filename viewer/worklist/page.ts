import { getSystem, getWorklist, reanalyse } from '../api/client.ts';
import { listen } from '../api/events.ts';
import type { StudyChange, SystemInfo, WorklistPage } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { brandMark, disclaimer, languageSwitch } from '../ui/chrome.ts';
import { askAndComplete } from '../ui/complete-dialog.ts';
import { el, fill } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { integer } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice, toast } from '../ui/notice.ts';
import { uploadInputs } from './drop-zone.ts';
import { emptyWorklist } from './empty.ts';
import { worklistKeys } from './keyboard.ts';
import { worklistTable } from './table.ts';
import { worklistToolbar, type WorklistFilter } from './toolbar.ts';
import { createUpload, type Upload } from './upload.ts';
import { uploadPanel } from './upload-panel.ts';

const pageSize = 50;
/** Instances arrive many a second; the list is loaded anew at most this often. */
const reloadDelayMs = 400;

/** What outlives a switch of the language. */
export interface WorklistSession {
  filter: WorklistFilter;
  offset: number;
  readonly upload: Upload;
}

export function newWorklistSession(): WorklistSession {
  return { filter: { search: '', states: [] }, offset: 0, upload: createUpload() };
}

function tried(work: Promise<void>): void {
  work.catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

/** The worklist in `root`; gives the way to leave it. */
export function mountWorklist(root: HTMLElement, session: WorklistSession, open: (studyInstanceUID: string) => void): () => void {
  let page: WorklistPage | undefined;
  let system: SystemInfo | undefined;
  let request: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let disposed = false;

  const inputs = uploadInputs(session.upload);
  const panel = uploadPanel(session.upload, open);
  const table = worklistTable({
    complete: (item) => { tried(askAndComplete(item)); },
    reanalyse: (item) => { tried(reanalyse(item.studyInstanceUID)); },
  }, open);
  const content = el('div', { class: 'worklist-content', aria: { busy: true } }, el('p', { class: 'loading' }, t('worklist.loading')));
  const pager = el('nav', { class: 'pager', aria: { label: t('worklist.title') } });
  const connection = el('span', { class: 'live', role: 'status' });
  const offline = el('div', { class: 'offline', role: 'alert', hidden: true }, icon('warning'), t('app.offline'));

  const toolbar = worklistToolbar(session.filter, (filter) => {
    session.filter = filter;
    session.offset = 0;
    schedule(150);
  });

  function drawPager(): void {
    const total = page?.total ?? 0;
    const shown = page?.items.length ?? 0;
    pager.hidden = total === 0;
    const step = (name: string, to: number, enabled: boolean): HTMLElement => el('button', {
      type: 'button', class: 'button button-small', disabled: !enabled,
      on: { click: () => { session.offset = to; schedule(0); } },
    }, name);
    fill(pager,
      el('span', { class: 'muted' }, t('worklist.keys')),
      el('span', { class: 'range' }, t('worklist.range', { from: integer(Math.min(total, session.offset + 1)), to: integer(session.offset + shown), total: integer(total) })),
      step(t('worklist.previous'), Math.max(0, session.offset - pageSize), session.offset > 0),
      step(t('worklist.next'), session.offset + pageSize, session.offset + shown < total));
  }

  function draw(): void {
    content.setAttribute('aria-busy', 'false');
    const filtered = session.filter.search !== '' || session.filter.states.length > 0;
    if (page === undefined) return;
    if (page.items.length > 0) {
      table.show(page.items);
      if (!content.contains(table.element)) fill(content, table.element);
    } else if (filtered) {
      fill(content, el('div', { class: 'no-match' }, el('p', {}, t('worklist.noMatch')),
        el('button', { type: 'button', class: 'button', on: { click: () => { toolbar.set({ search: '', states: [] }); } } }, t('worklist.clear'))));
    } else {
      fill(content, emptyWorklist(system, { files: inputs.chooseFiles, folder: inputs.chooseFolder }));
    }
    drawPager();
  }

  async function load(): Promise<void> {
    request?.abort();
    const current = new AbortController();
    request = current;
    try {
      const next = await getWorklist({ ...session.filter, limit: pageSize, offset: session.offset }, current.signal);
      if (disposed) return;
      // Studies can leave the filter while one is on its last page.
      if (next.items.length === 0 && session.offset > 0) {
        session.offset = Math.max(0, session.offset - pageSize);
        schedule(0);
        return;
      }
      page = next;
      draw();
    } catch (error) {
      if (disposed || current.signal.aborted) return;
      fill(content, errorNotice(t('worklist.loadFailed'), error, () => { schedule(0); }));
    }
  }

  function schedule(delayMs: number): void {
    if (timer !== undefined && delayMs > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void load();
    }, delayMs);
  }

  function take(change: StudyChange): void {
    const known = page?.items.find((item) => item.studyInstanceUID === change.studyInstanceUID);
    if (page !== undefined && known !== undefined) {
      page = { ...page, items: page.items.map((item) => (item === known ? change.item : item)) };
      table.update(change.item);
      // The same state keeps its place; another one may change the order or leave the filter.
      if (known.state === change.state) return;
    }
    schedule(reloadDelayMs);
  }

  const stopEvents = listen({
    ready: () => { schedule(0); },
    study: take,
    connection: (connected) => {
      offline.hidden = connected;
      connection.textContent = connected ? t('app.live') : '';
    },
  });
  const stopKeys = worklistKeys({ table, focusSearch: toolbar.focusSearch, open });

  getSystem().then((info) => {
    system = info;
    if (page?.items.length === 0) draw();
  }, (error: unknown) => { toast(describeError(error), 'error'); });
  void load();

  document.title = `${t('worklist.title')} · ${t('app.name')}`;
  fill(root, el(
    'div', { class: 'worklist-page' },
    el('header', { class: 'topbar' },
      el('div', { class: 'brand' }, brandMark(), el('div', {}, el('strong', {}, t('app.name')), el('span', { class: 'sub' }, t('app.tagline')))),
      el('h1', {}, t('worklist.title')), connection,
      el('div', { class: 'topbar-actions' },
        el('button', { type: 'button', class: 'button', on: { click: inputs.chooseFiles } }, icon('upload'), t('upload.files')),
        el('button', { type: 'button', class: 'button', on: { click: inputs.chooseFolder } }, icon('folder'), t('upload.folder')),
        languageSwitch())),
    disclaimer(), offline,
    el('main', {}, toolbar.element, content, pager),
    panel.element, inputs.elements,
  ));

  return () => {
    disposed = true;
    clearTimeout(timer);
    request?.abort();
    stopEvents();
    stopKeys();
    panel.stop();
    inputs.stop();
  };
}
