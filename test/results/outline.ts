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
  if (node.template !== undefined) parts.push(`TID ${node.template}`);
  return parts.join(' ');
}

function lines(node: SrNode, depth: number): readonly string[] {
  const own = `${'  '.repeat(depth)}${node.relationship ?? 'ROOT'} ${node.valueType} ${node.name === undefined ? '' : codeText(node.name)} ${valueText(node)}`;
  return [own.replace(/ +$/u, '').replace(/(\S) {2,}/gu, '$1 '), ...node.children.flatMap((child) => lines(child, depth + 1))];
}

export function outline({ content, ...document }: SrDescription): string {
  return [...Object.entries(document).flatMap(([key, value]) => (typeof value === 'string' ? [`${key}: ${value}`] : [])), '', ...lines(content, 0), ''].join('\n');
}
