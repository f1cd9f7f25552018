import type { Dashboard, Durations, Flow } from '../api/dashboard.ts';
import { t, type MessageKey } from '../i18n/index.ts';
import { el, type Child } from '../ui/dom.ts';
import { describeCode, reasonText } from '../ui/errors.ts';
import { decimal, integer, moment } from '../ui/format.ts';
import { diskSize } from './tiles.ts';
import { icon } from '../ui/icons.ts';

export interface DashboardActions {
  readonly open: (studyInstanceUID: string) => void;
  readonly retry: (studyInstanceUID: string) => void;
  readonly resend: (deliveryId: string) => void;
}

/** More rows than this say nothing new on a screen; their number is given. */
const maxRows = 50;

function table(name: MessageKey, columns: readonly MessageKey[], rows: readonly (readonly Child[])[], empty: MessageKey): HTMLElement {
  if (rows.length === 0) return el('p', { class: 'muted' }, t(empty));
  return el('div', {},
    el('table', { class: 'figures', aria: { label: t(name) } },
      el('thead', {}, el('tr', {}, columns.map((column) => el('th', { attributes: { scope: 'col' } }, t(column))))),
      el('tbody', {}, rows.slice(0, maxRows).map((cells) => el('tr', {}, cells.map((cell) => el('td', {}, cell)))))),
    rows.length > maxRows && el('p', { class: 'muted' }, t('dashboard.more', { count: integer(rows.length - maxRows) })));
}

/** "45 s", "12 min", "3.5 h". */
export function durationText(seconds: number): string {
  if (seconds < 90) return t('dashboard.seconds', { count: integer(seconds) });
  if (seconds < 5400) return t('dashboard.minutes', { count: integer(seconds / 60) });
  return t('dashboard.hours', { count: decimal(seconds / 3600, 1) });
}

export function turnaroundTable({ toResult, resultToSigned, toSigned }: Dashboard): HTMLElement {
  const row = (name: MessageKey, durations: Durations | undefined): readonly Child[] => [t(name),
    durations === undefined ? '–' : el('strong', {}, durationText(durations.medianSeconds)), durations === undefined ? '–' : durationText(durations.p90Seconds), integer(durations?.count ?? 0)];
  return table('dashboard.turnaround', ['dashboard.stretch', 'dashboard.median', 'dashboard.p90', 'dashboard.studies'], [
    row('dashboard.toResult', toResult), row('dashboard.resultToSigned', resultToSigned), row('dashboard.toSigned', toSigned),
  ], 'dashboard.none');
}

function studyLink(studyInstanceUID: string, { open }: DashboardActions): HTMLElement {
  return el('a', {
    attributes: { href: `/studies/${encodeURIComponent(studyInstanceUID)}` }, data: { key: `open ${studyInstanceUID}` },
    on: { click: (event) => { if (event.ctrlKey || event.metaKey || event.shiftKey) return; event.preventDefault(); open(studyInstanceUID); } },
  }, t('dashboard.openStudy'));
}

export function alertsTable({ alerts }: Dashboard): HTMLElement {
  return table('dashboard.alerts', ['dashboard.since', 'dashboard.alert', 'dashboard.subject'], alerts.map(({ kind, subject, value, since }) => [
    moment(since), el('span', { class: 'silent' }, icon('warning', 14), t(`dashboard.alert.${kind}`, { value: kind === 'low-disk' ? diskSize(value) : integer(value) })), subject === '' ? '–' : subject,
  ]), 'dashboard.noAlerts');
}

/** Why each study has no result; only what failed can be tried again: refused images stay refused. */
export function failuresTable({ failures }: Dashboard, actions: DashboardActions): HTMLElement {
  return table('dashboard.failures', ['dashboard.when', 'worklist.state', 'dashboard.reason', 'dashboard.study', 'worklist.actions'], failures.map((failure) => [
    moment(failure.at), el('span', { class: `state-${failure.state}` }, t(`state.${failure.state}`)),
    failure.reasons.length === 0 ? t('state.noReason') : failure.reasons.map(reasonText).join(' · '), studyLink(failure.studyInstanceUID, actions),
    failure.state === 'failed' && el('button', {
      type: 'button', class: 'button button-small', data: { key: `retry ${failure.studyInstanceUID}` }, on: { click: () => { actions.retry(failure.studyInstanceUID); } },
    }, icon('retry', 14), t('action.reanalyse')),
  ]), 'dashboard.noFailures');
}

export function deliveriesTable({ deliveryFailures }: Dashboard, actions: DashboardActions): HTMLElement {
  return table('dashboard.deadLetter', ['dashboard.when', 'dashboard.destination', 'dashboard.reason', 'dashboard.attempts', 'dashboard.study', 'worklist.actions'], deliveryFailures.map((failure) => [
    moment(failure.at), failure.destination, failure.code === undefined ? t('state.noReason') : describeCode(failure.code), integer(failure.attempts), studyLink(failure.studyInstanceUID, actions),
    el('button', { type: 'button', class: 'button button-small', data: { key: `resend ${failure.id}` }, on: { click: () => { actions.resend(failure.id); } } }, icon('retry', 14), t('delivery.resend')),
  ]), 'dashboard.noDeadLetter');
}

/** Devices that have gone silent come first. */
export function sendersTable({ senders }: Dashboard): HTMLElement {
  const rows = senders.toSorted((a, b) => Number(b.isOverdue) - Number(a.isOverdue));
  return table('dashboard.senders', ['dashboard.device', 'dashboard.site', 'worklist.modality', 'dashboard.lastArrival', 'dashboard.series', 'worklist.state'], rows.map((sender) => [
    [sender.station, sender.callingAETitle].filter((part) => part !== '').join(' · ') || t('dashboard.upload'),
    sender.institution === '' ? '–' : sender.institution, sender.modality, moment(sender.lastArrivalAt), integer(sender.arrivals),
    sender.isOverdue ? el('span', { class: 'silent' }, icon('warning', 14), t('dashboard.silent')) : el('span', { class: 'sending' }, icon('check', 14), t('dashboard.sending')),
  ]), 'dashboard.noSenders');
}

function flowText(flow: Flow): string {
  return `${integer(flow.received)} / ${integer(flow.results)} / ${integer(flow.signed)}`;
}

export function sitesTable({ sites }: Dashboard): HTMLElement {
  return table('dashboard.sites', ['dashboard.site', 'dashboard.toRead', 'dashboard.lastDay', 'dashboard.lastWeek'], sites.map(({ site, toRead, lastDay, lastWeek }) => [
    site === '' ? t('app.unknown') : site, integer(toRead), flowText(lastDay), flowText(lastWeek),
  ]), 'dashboard.noSenders');
}
