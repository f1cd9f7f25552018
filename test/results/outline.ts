/** A report's tree as indented lines, for people and for the golden files. */
import type { SrCode, SrDescription, SrNode } from '../../src/results/describe-sr.ts';

function codeText({ value, scheme, meaning }: SrCode): string {
  return `(${value}, ${scheme}, "${meaning}")`;
}

function valueText(node: SrNode): string {
  const parts: string[] = [];
  if (node.code !== undefined) parts.push(codeText(node.code));
  if (node.text !== undefined) parts.push(JSON.stringify(node.text));
  if (node.number !== undefined) parts.push(`${node.number} ${node.unit?.value ?? ''}`);
  if (node.graphic !== undefined) parts.push(`${node.graphic.type} ${node.graphic.data.map((value) => value.toFixed(2)).join(' ')}`);
  for (const { sopInstanceUID, frames, segments } of node.references ?? []) {
    parts.push(`→ ${sopInstanceUID}${frames === undefined ? '' : ` frame ${frames.join(',')}`}${segments === undefined ? '' : ` segment ${segments.join(',')}`}`);
  }
  if (node.referencedItem !== undefined) parts.push(`→ item ${node.referencedItem.join('.')}`);
  if (node.template !== undefined) parts.push(`TID ${node.template}`);
  return parts.join(' ');
}

/** How many children from here on are whole images, of which a library has hundreds: their first and last say which. */
function imagesFrom(children: readonly SrNode[], at: number): number {
  const end = children.findIndex((child, n) => n >= at && !(child.valueType === 'IMAGE' && child.children.length === 0 && child.name === undefined && child.references?.[0]?.frames === undefined));
  return (end < 0 ? children.length : end) - at;
}

function childLines(children: readonly SrNode[], depth: number): readonly string[] {
  const all: string[] = [];
  for (let at = 0; at < children.length; at += 1) {
    const images = imagesFrom(children, at);
    all.push(...lines(children[at]!, depth));
    if (images < 4) continue;
    all.push(`${'  '.repeat(depth)}… ${images - 2} more`, ...lines(children[at + images - 1]!, depth));
    at += images - 1;
  }
  return all;
}

function lines(node: SrNode, depth: number): readonly string[] {
  const own = `${'  '.repeat(depth)}${node.relationship ?? 'ROOT'} ${node.valueType} ${node.name === undefined ? '' : codeText(node.name)} ${valueText(node)}`;
  return [own.replace(/ +$/u, '').replace(/(\S) {2,}/gu, '$1 '), ...childLines(node.children, depth + 1)];
}

/** UIDs that follow from the content as numbers in order of appearance: they change with every format, the tree does not. */
function numbered(text: string): string {
  const known = new Map<string, string>();
  return text.replace(/2\.25\.\d{25,}/gu, (uid) => {
    if (!known.has(uid)) known.set(uid, `2.25.#${known.size + 1}`);
    return known.get(uid) ?? uid;
  });
}

export function outline({ content, ...document }: SrDescription): string {
  return numbered([...Object.entries(document).flatMap(([key, value]) => (typeof value === 'string' ? [`${key}: ${value}`] : Array.isArray(value) ? [`${key}: ${value.join('; ')}`] : [])), '', ...lines(content, 0), ''].join('\n'));
}
