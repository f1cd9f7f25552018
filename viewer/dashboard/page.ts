import '../styles/dashboard.css';
import { reanalyse, resendDelivery } from '../api/client.ts';
import { getDashboard, type Dashboard } from '../api/dashboard.ts';
import { listen } from '../api/events.ts';
import { t, type MessageKey } from '../i18n/index.ts';
import { seenSites } from '../login/session.ts';
import { brandMark, disclaimer, languageSwitch } from '../ui/chrome.ts';
import { el, fill } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { moment } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { keysDialog } from '../ui/keys-dialog.ts';
import { errorNotice, toast } from '../ui/notice.ts';
import { alertsTable, deliveriesTable, failuresTable, sendersTable, sitesTable, turnaroundTable, type DashboardActions } from './tables.ts';
import { throughputPanel } from './throughput.ts';
import { tiles } from './tiles.ts';

/** The server's figures are as old as this at most. */
const reloadDelayMs = 2000;
/** Silence makes no event: devices are looked at again after so long. */
const idleReloadMs = 30_000;

export interface DashboardWays {
  readonly open: (studyInstanceUID: string) => void;
  readonly worklist: () => void;
}

/** The dashboard in `root`; gives the way to leave it. */
export function mountDashboard(root: HTMLElement, ways: DashboardWays): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connection = el('span', { class: 'live', role: 'status' });
  const offline = el('div', { class: 'offline', role: 'alert', hidden: true }, icon('warning'), t('app.offline'));
  const failure = el('div', {});
  const at = el('span', { class: 'muted' });
  const site = el('select', { class: 'select', hidden: seenSites().length < 2, aria: { label: t('worklist.site') }, on: { change: () => { schedule(0); } } },
    [{ name: '', title: t('worklist.anySite') }, ...seenSites()].map(({ name, title }) => el('option', { attributes: { value: name } }, title)));
  const tileList = el('ul', { class: 'tiles' });
  const bodies = { alerts: el('div', {}), failures: el('div', {}), deadLetter: el('div', {}), turnaround: el('div', {}), throughput: el('div', {}), senders: el('div', {}), sites: el('div', {}) };
  const panel = (name: keyof typeof bodies, text: MessageKey): HTMLElement => el('section', { class: `dash-panel dash-${name}`, aria: { label: t(text) } }, el('h2', {}, t(text)), bodies[name]);

  function reloadAfter(work: Promise<void>, done: MessageKey): void {
    work.then(() => { toast(t(done)); schedule(0); }, (error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
  }
  const actions: DashboardActions = {
    open: ways.open,
    retry: (uid) => { reloadAfter(reanalyse(uid), 'dashboard.retried'); },
    resend: (id) => { reloadAfter(resendDelivery(id), 'dashboard.resent'); },
  };

  function draw(figures: Dashboard): void {
    // What had the focus is made anew; it gets the focus back.
    const key = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['key'] : undefined;
    fill(tileList, tiles(figures));
    fill(bodies.alerts, alertsTable(figures));
    fill(bodies.failures, failuresTable(figures, actions));
    fill(bodies.deadLetter, deliveriesTable(figures, actions));
    fill(bodies.turnaround, turnaroundTable(figures));
    fill(bodies.throughput, throughputPanel(figures));
    fill(bodies.senders, sendersTable(figures));
    fill(bodies.sites, sitesTable(figures), el('p', { class: 'muted' }, t('dashboard.flowHint')));
    fill(failure);
    at.textContent = t('dashboard.at', { time: moment(figures.at) });
    if (key !== undefined) root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  async function load(): Promise<void> {
    loading = true;
    try {
      const asked = site.value;
      const figures = await getDashboard(asked, signal);
      // Another site was chosen meanwhile: its figures are on their way.
      if (asked === site.value) draw(figures);
    } catch (error) {
      if (!signal.aborted) fill(failure, errorNotice(t('dashboard.failed'), error, () => { schedule(0); }));
    }
    loading = false;
    due = undefined;
    const again = after === undefined ? idleReloadMs : Math.max(0, after - performance.now());
    after = undefined;
    if (!signal.aborted) schedule(again);
  }

  /** When the next load is due, and the one that was asked for while another was under way; ms of the page's clock. */
  let due: number | undefined;
  let after: number | undefined;
  let loading = false;
  function schedule(delayMs: number): void {
    const then = performance.now() + delayMs;
    // The figures under way may have been counted before what happens now.
    if (loading) {
      after = Math.min(after ?? Infinity, then);
      return;
    }
    if (due !== undefined && due <= then) return;
    due = then;
    clearTimeout(timer);
    timer = setTimeout(() => { timer = undefined; void load(); }, delayMs);
  }

  const stopEvents = listen({
    ready: () => { schedule(0); },
    study: () => { schedule(reloadDelayMs); },
    connection: (connected) => {
      offline.hidden = connected;
      connection.textContent = connected ? t('app.live') : '';
    },
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    if (event.key === 'w' || event.key === 'Escape') ways.worklist();
    else if (event.key === '?') keysDialog([{ keys: ['w', 'Esc'], text: t('app.toWorklist') }, { keys: ['Tab'], text: t('dashboard.tabKey') }, { keys: ['?'], text: t('listKey.help') }]);
    else return;
    event.preventDefault();
  }, { signal });

  document.title = `${t('dashboard.title')} · ${t('app.name')}`;
  fill(root, el('div', { class: 'dashboard-page' },
    el('header', { class: 'topbar' },
      brandMark(22),
      el('a', { class: 'button', attributes: { href: '/' }, on: { click: (event) => { if (event.ctrlKey || event.metaKey) return; event.preventDefault(); ways.worklist(); } } }, icon('back'), t('worklist.title')),
      el('h1', {}, t('dashboard.title')), connection, at, el('div', { class: 'topbar-actions' }, site, languageSwitch())),
    disclaimer(), offline,
    el('main', { class: 'dashboard' }, failure, tileList,
      panel('alerts', 'dashboard.alerts'), panel('failures', 'dashboard.failures'), panel('deadLetter', 'dashboard.deadLetter'), panel('turnaround', 'dashboard.turnaround'),
      panel('throughput', 'dashboard.throughput'), panel('senders', 'dashboard.senders'), panel('sites', 'dashboard.sites'))));
  schedule(0);
  return () => {
    abort.abort();
    clearTimeout(timer);
    stopEvents();
  };
}
