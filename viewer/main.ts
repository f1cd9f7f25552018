import './styles/base.css';
import './styles/worklist.css';
import { onLanguage, t } from './i18n/index.ts';
import { el, fill } from './ui/dom.ts';
import { errorNotice } from './ui/notice.ts';
import { mountWorklist, newWorklistSession } from './worklist/page.ts';

function rootElement(): HTMLElement {
  const element = document.querySelector<HTMLElement>('#app');
  if (element === null) throw new Error('the page has no #app element');
  return element;
}

const root = rootElement();
const worklist = newWorklistSession();
/** Leaves the page that is shown. */
let leave: () => void = () => undefined;
/** Counts the pages shown, so that a late chunk does not appear over a newer page. */
let visit = 0;

function open(studyInstanceUID: string): void {
  history.pushState(undefined, '', `/studies/${encodeURIComponent(studyInstanceUID)}`);
  void show();
}

function toWorklist(): void {
  history.pushState(undefined, '', '/');
  void show();
}

async function showReader(studyInstanceUID: string, current: number): Promise<void> {
  try {
    // Cornerstone and vtk.js come with the reader alone.
    const { mountReader } = await import('./reader/page.ts');
    if (current !== visit) return;
    leave = mountReader(root, studyInstanceUID, toWorklist);
  } catch (error) {
    if (current === visit) fill(root, errorNotice(t('reader.loadFailed'), error, () => { location.reload(); }));
  }
}

async function show(): Promise<void> {
  leave();
  leave = () => undefined;
  visit += 1;
  fill(root);
  const reader = /^\/studies\/([^/]+)\/?$/.exec(location.pathname);
  if (location.pathname === '/') leave = mountWorklist(root, worklist, open);
  else if (reader?.[1] !== undefined) await showReader(decodeURIComponent(reader[1]), visit);
  else fill(root, el('main', { class: 'not-found' }, el('h1', {}, t('app.notFound')), el('a', { attributes: { href: '/' } }, t('app.toWorklist'))));
}

// The reader keeps its images over a switch of the language and redraws its own texts.
onLanguage(() => { if (!location.pathname.startsWith('/studies/')) void show(); });
window.addEventListener('popstate', () => { void show(); });
void show();
