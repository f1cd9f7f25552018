import { getReport } from '../api/client.ts';
import { t } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice } from '../ui/notice.ts';
import { reportNodeView } from './report-tree.ts';

/** Shows the content tree of a structured report. */
export function showReportDialog(studyInstanceUID: string, sopInstanceUID: string): void {
  const body = el('div', { class: 'report-body' }, el('p', { class: 'loading' }, t('report.loading')));
  const title = el('h2', {}, t('report.title'));
  const dialog = el(
    'dialog', { class: 'dialog dialog-wide', aria: { label: t('report.title') } },
    el('header', { class: 'dialog-head' }, title,
      el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { dialog.close(); } } }, icon('close'))),
    el('p', { class: 'disclaimer', role: 'note' }, t('app.disclaimer')),
    body,
  );
  const load = (): void => {
    getReport(studyInstanceUID, sopInstanceUID).then((report) => {
      if (report.title !== '') title.textContent = report.title;
      fill(body, el('ul', { class: 'sr-tree' }, reportNodeView(report.root)));
    }, (error: unknown) => { fill(body, errorNotice(t('report.failed'), error, load)); });
  };
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  load();
}
