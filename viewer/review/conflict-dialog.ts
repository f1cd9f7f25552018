import type { ReviewDraft, ReviewedFinding } from '../api/review.ts';
import { t } from '../i18n/index.ts';
import { el, type Child } from '../ui/dom.ts';
import { decimal, moment, personName } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import type { Conflict } from './fields.ts';
import { canonical } from './merge.ts';

function said(item: ReviewedFinding | undefined): string {
  if (item === undefined) return t('conflict.absent');
  const { finding, verdict, rejectReason, comment } = item;
  const verdictText = rejectReason === undefined ? t(`verdict.${verdict}`) : `${t(`verdict.${verdict}`)}: ${t(`reject.${rejectReason}`)}`;
  return [verdictText, t(`type.${finding.type}`), `${decimal(finding.longAxisMm, 1)} × ${decimal(finding.shortAxisMm, 1)} mm`, comment ?? ''].filter((part) => part !== '').join(' · ');
}

function differences(mine: ReviewDraft, theirs: ReviewDraft): Child {
  const names = new Map<string, string>();
  const counts = { ai: 0, reader: 0 };
  for (const item of [...theirs.findings, ...mine.findings]) {
    if (names.has(item.trackingUID)) continue;
    counts[item.origin] += 1;
    names.set(item.trackingUID, item.origin === 'ai' ? `AI ${String(counts.ai)}` : `R${String(counts.reader)}`);
  }
  const light = (item: ReviewedFinding | undefined): string => canonical(item === undefined ? undefined : { ...item, finding: { ...item.finding, outlines: [] } });
  const rows = [...names].flatMap(([uid, name]) => {
    const [a, b] = [mine.findings.find((item) => item.trackingUID === uid), theirs.findings.find((item) => item.trackingUID === uid)];
    return light(a) === light(b) ? [] : [el('tr', {}, el('th', { attributes: { scope: 'row' } }, name), el('td', {}, said(a)), el('td', {}, said(b)))];
  });
  const patient = canonical(mine.patient) !== canonical(theirs.patient) || mine.impression !== theirs.impression;
  return [
    rows.length > 0 && el('table', { class: 'differences' },
      el('thead', {}, el('tr', {}, el('td', {}), el('th', { attributes: { scope: 'col' } }, t('conflict.mine')), el('th', { attributes: { scope: 'col' } }, t('conflict.server')))),
      el('tbody', {}, rows)),
    patient && el('p', {}, t('conflict.others')),
  ];
}

/** What happened, where the drafts differ, and which one is to hold; undefined leaves it open. */
export function askConflict({ server, mine, by }: Conflict): Promise<'server' | 'mine' | undefined> {
  const last = server.signed[0];
  const who = last === undefined || server.state !== 'signed'
    ? t('conflict.text', { time: moment(server.updatedAt) })
    : t('conflict.signed', { name: personName(last.reader.name), time: moment(last.signedAt) });
  return new Promise((resolve) => {
    const dialog = el(
      'dialog', { class: 'dialog dialog-wide', aria: { label: t('conflict.title') } },
      el('h2', {}, icon('warning', 18), ' ', t('conflict.title')),
      el('p', {}, who), by !== '' && el('p', {}, t('conflict.keptBy', { name: personName(by) })),
      differences(mine, server.draft),
      el('div', { class: 'dialog-actions' },
        el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close(); } } }, t('conflict.later')),
        el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close('server'); } } }, t('conflict.takeServer')),
        el('button', { type: 'button', class: 'button button-primary', on: { click: () => { dialog.close('mine'); } } }, server.state === 'signed' ? t('conflict.addendum') : t('conflict.takeMine'))),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'server' || dialog.returnValue === 'mine' ? dialog.returnValue : undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
