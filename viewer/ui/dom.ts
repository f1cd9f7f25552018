/**
 * Building elements. Text enters the page only as text nodes and attribute values, never as markup,
 * so a DICOM string stays a string.
 */
export type Child = Node | string | number | undefined | false | readonly Child[];

export interface Props {
  readonly class?: string | undefined;
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly type?: string | undefined;
  readonly role?: string | undefined;
  readonly tabIndex?: number | undefined;
  readonly hidden?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** aria-* without the prefix. */
  readonly aria?: Readonly<Record<string, string | boolean | number | undefined>> | undefined;
  readonly data?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly attributes?: Readonly<Record<string, string | undefined>> | undefined;
  readonly on?: { readonly [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void } | undefined;
}

function append(parent: Node, child: Child): void {
  if (child === undefined || child === false) return;
  if (typeof child === 'string' || typeof child === 'number') parent.appendChild(document.createTextNode(String(child)));
  else if (child instanceof Node) parent.appendChild(child);
  else for (const each of child) append(parent, each);
}

function applyProps(element: HTMLElement, props: Props): void {
  if (props.class !== undefined) element.className = props.class;
  if (props.id !== undefined) element.id = props.id;
  if (props.title !== undefined) element.title = props.title;
  if (props.type !== undefined) element.setAttribute('type', props.type);
  if (props.role !== undefined) element.setAttribute('role', props.role);
  if (props.tabIndex !== undefined) element.tabIndex = props.tabIndex;
  if (props.hidden !== undefined) element.hidden = props.hidden;
  if (props.disabled === true) element.setAttribute('disabled', '');
  for (const [name, value] of Object.entries(props.aria ?? {})) {
    if (value !== undefined) element.setAttribute(`aria-${name}`, String(value));
  }
  for (const [name, value] of Object.entries(props.data ?? {})) {
    if (value !== undefined) element.dataset[name] = String(value);
  }
  for (const [name, value] of Object.entries(props.attributes ?? {})) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  for (const [event, listener] of Object.entries(props.on ?? {})) {
    if (listener !== undefined) element.addEventListener(event, listener as EventListener);
  }
}

/** One element with its properties and children. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  applyProps(element, props);
  append(element, children);
  return element;
}

/** Replaces everything in `parent`. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

const svgNamespace = 'http://www.w3.org/2000/svg';

/** An SVG element; attribute values are numbers or text of ours. */
export function svg(tag: string, attributes: Readonly<Record<string, string | number>>, ...children: readonly (SVGElement | string)[]): SVGElement {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
