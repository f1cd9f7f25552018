import type { ReportNode } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { decimal } from '../ui/format.ts';

/** Items from this depth on start folded. */
const openDepth = 2;

function valueText(node: ReportNode): string {
  const reference = node.references?.[0];
  if (node.value === undefined) return reference === undefined ? '' : reference.sopInstanceUID;
  const value = typeof node.value === 'number' ? decimal(node.value, Number.isInteger(node.value) ? 0 : 2) : node.value;
  return node.unit === undefined ? value : `${value} ${node.unit}`;
}

/** What tells one container from its siblings of the same name: the first text in it, such as a tracking identifier. */
function hint(node: ReportNode): string {
  const text = node.children.find((child) => child.type === 'TEXT')?.value;
  return typeof text === 'string' && text.length < 60 ? text : '';
}

function folded(depth: number, line: readonly (Node | string | false)[], items: readonly HTMLElement[]): HTMLElement {
  return el('li', {}, el('details', { attributes: depth < openDepth ? { open: '' } : {} }, el('summary', {}, line), el('ul', {}, items)));
}

function line(node: ReportNode, value: string): readonly (Node | string | false)[] {
  return [
    node.name !== '' && el('span', { class: value === '' ? 'sr-name' : 'sr-name sr-colon' }, node.name),
    value !== '' && el('span', { class: 'sr-value' }, value),
    el('span', { class: 'sr-type', title: t('report.valueType') }, node.type),
  ];
}

function isPlainReference(node: ReportNode): boolean {
  return node.name === '' && node.type === 'IMAGE' && node.children.length === 0;
}

/** The children of an item; a long run of mere image references is one folded line. */
function childViews(children: readonly ReportNode[], depth: number): readonly HTMLElement[] {
  const views: HTMLElement[] = [];
  for (let at = 0; at < children.length;) {
    let end = at;
    while (end < children.length && isPlainReference(children[end] as ReportNode)) end += 1;
    if (end - at > 1) {
      const run = children.slice(at, end).map((child) => el('li', { class: 'sr-leaf' }, line(child, valueText(child))));
      views.push(folded(openDepth, [el('span', { class: 'sr-name' }, plural('report.references', run.length))], run));
      at = end;
    } else {
      views.push(reportNodeView(children[at] as ReportNode, depth));
      at += 1;
    }
  }
  return views;
}

/** One content item of a structured report with everything below it. */
export function reportNodeView(node: ReportNode, depth = 0): HTMLElement {
  const value = valueText(node);
  if (node.children.length === 0) return el('li', { class: 'sr-leaf' }, line(node, value));
  const shown = value === '' && depth > 0 ? hint(node) : value;
  return folded(depth, line(node, shown), childViews(node.children, depth + 1));
}
