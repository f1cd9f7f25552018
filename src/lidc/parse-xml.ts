/**
 * The XML of LIDC-IDRI to plain elements. No document type, no external entity, no namespace is looked at: what a file
 * refers to is never fetched, and an entity that XML itself does not define is an error.
 */
import { SaxesParser } from 'saxes';
import { AppError } from '../errors.ts';

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  readonly line: number;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly line: number;
  readonly children: XmlElement[];
  text: string;
}

const deepest = 32;
const longestBytes = 64 * 1024 * 1024;

/** @throws AppError LIDC_XML_MALFORMED with the line; for what is too large or nests too deeply too */
export function parseXml(xml: string, file: string): XmlElement {
  const malformed = (problem: string, line: number, cause?: unknown): AppError => new AppError('LIDC_XML_MALFORMED', `${file}, line ${line}: ${problem}`, { ...(cause !== undefined && { cause }), details: { file, line } });
  if (xml.length > longestBytes) throw malformed('the file is too large', 1);
  const parser = new SaxesParser({ position: true });
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (error) => { throw malformed(error.message.replace(/^\d+:\d+:\s*/u, ''), parser.line, error); });
  parser.on('doctype', () => { throw malformed('a document type', parser.line); });
  parser.on('opentag', ({ name }) => {
    if (stack.length >= deepest) throw malformed('elements nest too deeply', parser.line);
    stack.push({ name: name.replace(/^[^:]*:/u, ''), line: parser.line, children: [], text: '' });
  });
  parser.on('text', (text) => {
    const open = stack.at(-1);
    if (open) open.text += text;
  });
  parser.on('cdata', (text) => {
    const open = stack.at(-1);
    if (open) open.text += text;
  });
  parser.on('closetag', () => {
    const closed = stack.pop()!;
    const element: XmlElement = { ...closed, text: closed.text.trim() };
    const parent = stack.at(-1);
    if (parent) parent.children.push(element);
    else root = element;
  });
  parser.write(xml).close();
  if (!root) throw malformed('there is no element', 1);
  return root;
}

export const childrenNamed = (element: XmlElement, ...names: readonly string[]): readonly XmlElement[] => element.children.filter(({ name }) => names.includes(name));

/** Text of the first child of that name; undefined without one, or when it is empty. */
export function textOf(element: XmlElement | undefined, ...names: readonly string[]): string | undefined {
  const text = element && childrenNamed(element, ...names)[0]?.text;
  return text === undefined || text === '' ? undefined : text;
}
