import './styles/base.css';
import './styles/worklist.css';
import { onUnauthorized } from './api/client.ts';
import { getSession } from './api/session.ts';
import { onLanguage, t } from './i18n/index.ts';
import { needsLogin, setSession } from './login/session.ts';
import { currentReader } from './review/identity.ts';
import { el, fill } from './ui/dom.ts';
import { errorNotice } from './ui/notice.ts';
import { followingUnread } from './worklist/next-unread.ts';
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

const readerPath = /^\/studies\/([^/]+)\/?$/;
/** The code of the reader, which is most of it. */
const loadReader = (): Promise<typeof import('./reader/page.ts')> => import('./reader/page.ts');

function open(studyInstanceUID: string): void {
  history.pushState(undefined, '', `/studies/${encodeURIComponent(studyInstanceUID)}`);
  void show();
}

function goTo(path: string): () => void {
  return () => {
    history.pushState(undefined, '', path);
    void show();
  };
}

const toWorklist = goTo('/');

async function showReader(studyInstanceUID: string, current: number): Promise<void> {
  try {
    const { mountReader } = await loadReader();
    if (current !== visit) return;
    const following = followingUnread(worklist.filter, () => currentReader()?.id, studyInstanceUID);
    leave = mountReader(root, studyInstanceUID, toWorklist, { find: following.next, open });
  } catch (error) {
    if (current === visit) fill(root, errorNotice(t('reader.loadFailed'), error, () => { location.reload(); }));
  }
}

/** True once somebody was logged in at this page: a login that comes later is one after the session's end. */
let wasLoggedIn = false;
/** What went wrong at the identity provider, which leads back to `/?login=CODE`. Said until somebody is logged in. */
let loginFailure: string | undefined;

function takeLoginFailure(): void {
  const code = new URLSearchParams(location.search).get('login');
  if (code === null) return;
  loginFailure = code;
  history.replaceState(undefined, '', '/');
}

async function showLogin(current: number): Promise<void> {
  const { mountLogin } = await import('./login/page.ts');
  if (current === visit) leave = mountLogin(root, wasLoggedIn, loginFailure, () => { loginFailure = undefined; void show(); });
}

async function showDashboard(current: number): Promise<void> {
  try {
    const { mountDashboard } = await import('./dashboard/page.ts');
    if (current === visit) leave = mountDashboard(root, { open, worklist: toWorklist });
  } catch (error) {
    if (current === visit) fill(root, errorNotice(t('dashboard.failed'), error, () => { location.reload(); }));
  }
}

async function show(): Promise<void> {
  leave();
  leave = () => undefined;
  visit += 1;
  fill(root);
  if (needsLogin()) {
    await showLogin(visit);
    return;
  }
  wasLoggedIn = true;
  const reader = readerPath.exec(location.pathname);
  if (location.pathname === '/') leave = mountWorklist(root, worklist, { open, dashboard: goTo('/dashboard'), reader: () => currentReader()?.id });
  else if (location.pathname === '/dashboard') await showDashboard(visit);
  else if (reader?.[1] !== undefined) await showReader(decodeURIComponent(reader[1]), visit);
  else fill(root, el('main', { class: 'not-found' }, el('h1', {}, t('app.notFound')), el('a', { attributes: { href: '/' } }, t('app.toWorklist'))));
}

// The reader keeps its images over a switch of the language and redraws its own texts.
onLanguage(() => { if (!location.pathname.startsWith('/studies/')) void show(); });
window.addEventListener('popstate', () => { void show(); });
onUnauthorized(() => {
  if (needsLogin()) return;
  setSession({ accounts: true });
  void show();
});

async function start(): Promise<void> {
  takeLoginFailure();
  // Both at once; an error of the download is shown where the page is opened.
  if (readerPath.test(location.pathname)) loadReader().catch(() => undefined);
  try {
    setSession(await getSession());
  } catch (error) {
    // The page says by itself what it cannot load.
    if (!(error instanceof Error)) throw error;
  }
  await show();
}
void start();
