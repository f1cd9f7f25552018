import { getReport } from '../api/client.ts';
import type { ReportNode } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { decimal } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice } from '../ui/notice.ts';

/** Items below this depth start folded. */
const openDepth = 3;

function valueText(node: ReportNode): string {
  if (node.value === undefined) return '';
  const value = typeof node.value === 'number' ? decimal(node.value, Number.isInteger(node.value) ? 0 : 2) : node.value;
  return node.unit === undefined ? value : `${value} ${node.unit}`;
}

function nodeView(node: ReportNode, depth: number): HTMLElement {
  const line = [
    el('span', { class: 'sr-name' }, node.name), valueText(node) !== '' && el('span', { class: 'sr-value' }, valueText(node)),
    el('span', { class: 'sr-type', title: t('report.valueType') }, node.type),
  ];
  if (node.children.length === 0) return el('li', { class: 'sr-leaf' }, line);
  return el('li', {}, el('details', { attributes: depth < openDepth ? { open: '' } : {} },
    el('summary', {}, line), el('ul', {}, node.children.map((child) => nodeView(child, depth + 1)))));
}

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
      fill(body, el('ul', { class: 'sr-tree' }, nodeView(report.root, 0)));
    }, (error: unknown) => { fill(body, errorNotice(t('report.failed'), error, load)); });
  };
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  load();
}
