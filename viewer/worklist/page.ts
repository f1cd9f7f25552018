import { getSystem, getWorklist, reanalyse, setPriority } from '../api/client.ts';
import { listen } from '../api/events.ts';
import type { StudyChange, SystemInfo, WorklistItem } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { accountControls } from '../login/session.ts';
import { brandMark, disclaimer, languageSwitch } from '../ui/chrome.ts';
import { askAndComplete } from '../ui/complete-dialog.ts';
import { el, fill } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { integer, personName } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice, toast } from '../ui/notice.ts';
import { uploadInputs } from './drop-zone.ts';
import { emptyWorklist } from './empty.ts';
import { everything, filterParameters, mayMove, narrows, type WorklistFilter } from './filter.ts';
import { showWorklistKeys, worklistKeys } from './keyboard.ts';
import { mainAction, type RowActions } from './row.ts';
import { nextUnread } from './next-unread.ts';
import { studyPages } from './study-pages.ts';
import { rowHeight, worklistTable } from './table.ts';
import { cleared, worklistToolbar } from './toolbar.ts';
import { createUpload, type Upload } from './upload.ts';
import { uploadPanel } from './upload-panel.ts';

/** Instances arrive many a second; the list is loaded anew at most this often. */
const reloadDelayMs = 400;
const typingDelayMs = 150;
const rowsOfTallScreen = 30;

/** What outlives a switch of the language and a visit of the reader. */
export interface WorklistSession {
  filter: WorklistFilter;
  /** CSS pixels from the top. */
  scrollTop: number;
  selected: number;
  readonly upload: Upload;
}

export function newWorklistSession(): WorklistSession {
  return { filter: everything, scrollTop: 0, selected: 0, upload: createUpload() };
}

export interface WorklistWays {
  readonly open: (studyInstanceUID: string) => void;
  readonly dashboard: () => void;
  /** Who reads at this screen, as the server knows them. */
  readonly reader: () => string | undefined;
}

function tried(work: Promise<void>): void {
  work.catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

const rowActions: RowActions = {
  complete: (item) => { tried(askAndComplete(item)); },
  reanalyse: (item) => { tried(reanalyse(item.studyInstanceUID)); },
  toggleStat: (item) => { tried(setPriority(item.studyInstanceUID, item.priority === 'stat' ? 'routine' : 'stat')); },
};

/** The worklist in `root`; gives the way to leave it. */
export function mountWorklist(root: HTMLElement, session: WorklistSession, ways: WorklistWays): () => void {
  let system: SystemInfo | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;
  let isFirst = true;

  const inputs = uploadInputs(session.upload);
  const panel = uploadPanel(session.upload, ways.open);
  const content = el('div', { class: 'worklist-content', aria: { busy: true } }, el('p', { class: 'loading' }, t('worklist.loading')));
  const failure = el('div', { class: 'worklist-failure' });
  const place = el('span', { class: 'range' });
  const connection = el('span', { class: 'live', role: 'status' });
  const news = el('span', { class: 'visually-hidden', aria: { live: 'polite' } });
  const offline = el('div', { class: 'offline', role: 'alert', hidden: true }, icon('warning'), t('app.offline'));

  const pages = studyPages(
    (offset, limit, signal) => {
      const parameters = filterParameters(session.filter, ways.reader());
      parameters.set('offset', String(offset));
      parameters.set('limit', String(limit));
      return getWorklist(parameters, signal);
    },
    (apply) => {
      fill(failure);
      const keepPlace = table.anchor();
      apply();
      draw();
      keepPlace();
      draw();
    },
    (error) => {
      // The list that is there stays, with the place in it.
      fill(pages.total() === undefined ? content : failure, errorNotice(t('worklist.loadFailed'), error, () => { reload(); }));
    },
  );
  const table = worklistTable(pages, rowActions, ways.open, drawPlace);

  const toolbar = worklistToolbar(session.filter, ways.reader() !== undefined, (filter) => {
    const isSearch = filter.search !== session.filter.search;
    session.filter = filter;
    table.toTop();
    clearTimeout(typing);
    typing = setTimeout(() => { pages.restart(); }, isSearch ? typingDelayMs : 0);
  });

  function drawPlace(): void {
    const total = pages.total() ?? 0;
    const { first, last } = table.range();
    place.textContent = total === 0 ? '' : t('worklist.range', { from: integer(first + 1), to: integer(last + 1), total: integer(total) });
  }

  function draw(): void {
    const total = pages.total();
    if (total === undefined) return;
    content.setAttribute('aria-busy', 'false');
    if (total > 0) {
      if (!content.contains(table.element)) fill(content, table.element);
      if (isFirst) {
        // The list has its height only now.
        table.select(session.selected);
        table.element.scrollTop = session.scrollTop;
      }
      table.draw();
    } else if (narrows(session.filter)) {
      fill(content, el('div', { class: 'no-match' }, el('p', {}, t('worklist.noMatch')),
        el('button', { type: 'button', class: 'button', on: { click: clear } }, t('worklist.clear'))));
    } else {
      fill(content, emptyWorklist(system, { files: inputs.chooseFiles, folder: inputs.chooseFolder }));
    }
    isFirst = false;
    drawPlace();
  }

  function clear(): void {
    toolbar.set(cleared(session.filter));
  }

  function reload(): void {
    const { first, last } = table.range();
    pages.refresh(first, last);
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      reload();
    }, reloadDelayMs);
  }

  function take(change: StudyChange): void {
    const at = pages.indexOf(change.studyInstanceUID);
    const known = at === undefined ? undefined : pages.item(at);
    if (known !== undefined) {
      pages.replace(change.item);
      table.draw();
      if (!mayMove(known, change.item)) return;
    } else if (change.item.priority === 'stat') {
      news.textContent = t('worklist.statArrived', { name: personName(change.item.patientName) });
    }
    schedule();
  }

  function withSelected(run: (item: WorklistItem) => void): void {
    const item = table.selected();
    if (item !== undefined) run(item);
  }

  /** The most urgent study that nobody reads yet, by the order of the list. */
  async function openNextUnread(): Promise<void> {
    const next = await nextUnread(session.filter, ways.reader());
    if (next === undefined) toast(t('worklist.nothingUnread'));
    else ways.open(next);
  }

  const stopEvents = listen({
    ready: reload,
    study: take,
    connection: (connected) => {
      offline.hidden = connected;
      connection.textContent = connected ? t('app.live') : '';
    },
  });
  const stopKeys = worklistKeys({
    move: table.move,
    open: () => { withSelected((item) => { ways.open(item.studyInstanceUID); }); },
    nextUnread: () => { tried(openNextUnread()); },
    search: toolbar.focusSearch,
    toggleStat: () => { withSelected(rowActions.toggleStat); },
    mainAction: () => {
      withSelected((item) => {
        const action = mainAction(item);
        if (action !== undefined) rowActions[action](item);
      });
    },
    toggleOrder: () => { toolbar.set({ ...session.filter, order: session.filter.order === 'urgency' ? 'received' : 'urgency' }); },
    clear, view: toolbar.view, dashboard: ways.dashboard,
  });
  const resize = new ResizeObserver(() => { table.draw(); drawPlace(); });
  resize.observe(table.element);

  getSystem().then((info) => {
    system = info;
    if (pages.total() === 0) draw();
  }, (error: unknown) => { toast(describeError(error), 'error'); });
  // The stretch that was left is loaded at once, not the head of the list first.
  const wasAt = Math.floor(session.scrollTop / rowHeight);
  pages.refresh(wasAt, wasAt + rowsOfTallScreen);

  document.title = `${t('worklist.title')} · ${t('app.name')}`;
  fill(root, el(
    'div', { class: 'worklist-page' },
    el('header', { class: 'topbar' },
      el('div', { class: 'brand' }, brandMark(), el('div', {}, el('strong', {}, t('app.name')), el('span', { class: 'sub' }, t('app.tagline')))),
      el('h1', {}, t('worklist.title')), connection,
      el('div', { class: 'topbar-actions' },
        el('button', { type: 'button', class: 'button', on: { click: inputs.chooseFiles } }, icon('upload'), t('upload.files')),
        el('button', { type: 'button', class: 'button', on: { click: inputs.chooseFolder } }, icon('folder'), t('upload.folder')),
        el('a', { class: 'button', attributes: { href: '/dashboard' }, title: `${t('dashboard.title')} (d)`, aria: { keyshortcuts: 'd' }, on: { click: (event) => { if (event.ctrlKey || event.metaKey) return; event.preventDefault(); ways.dashboard(); } } }, icon('gauge'), t('dashboard.title')),
        el('button', { type: 'button', class: 'icon-button', title: `${t('tool.keys')} (?)`, aria: { label: t('tool.keys'), keyshortcuts: '?' }, on: { click: showWorklistKeys } }, icon('keyboard', 20)),
        accountControls(), languageSwitch())),
    disclaimer(), offline, news,
    el('main', {}, toolbar.element, failure, content, el('div', { class: 'list-foot' }, el('span', { class: 'muted' }, t('worklist.keys')), place)),
    panel.element, inputs.elements,
  ));

  return () => {
    session.scrollTop = table.element.scrollTop;
    session.selected = table.selectedIndex();
    clearTimeout(timer);
    clearTimeout(typing);
    resize.disconnect();
    pages.stop();
    stopEvents();
    stopKeys();
    panel.stop();
    inputs.stop();
  };
}
