import { t } from '../i18n/index.ts';
import type { SliceImage } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { svg } from '../ui/dom.ts';
import { describeCode } from '../ui/errors.ts';
import { decimal } from '../ui/format.ts';
import type { Store } from '../ui/store.ts';
import type { AxesActions } from './axes-actions.ts';
import { isOnSlice, type DrawnAxes } from './drawn-axes.ts';
import { lengthOf } from './measure-geometry.ts';
import type { Segment } from './measures.ts';
import type { ReaderState } from './state.ts';

/** What to do next. */
export function axesHint({ code, long, short }: DrawnAxes): string {
  if (long === undefined) return `${describeCode(code)} ${t('axes.longHint')}`;
  return short === undefined ? t('axes.shortHint') : t('axes.againHint');
}

/** The axes that are being drawn, with their lengths. */
export function drawnAxes(view: StackView, image: SliceImage, axes: DrawnAxes): readonly SVGElement[] {
  const { plane } = image;
  if (plane === undefined || !isOnSlice(axes, image)) return [];
  const sketch: readonly Segment[] = axes.from === undefined ? [] : [[axes.from, axes.cross]];
  const drawn: readonly Segment[] = [...axes.long === undefined ? [] : [axes.long], ...axes.short === undefined ? [] : [axes.short], ...sketch];
  return drawn.flatMap((segment) => {
    const [a, b] = [view.toCanvas(...segment[0]), view.toCanvas(...segment[1])];
    if (a === undefined || b === undefined) return [];
    const right = a[0] > b[0] ? a : b;
    const length = lengthOf(segment, { columnMm: plane.columnSpacingMm, rowMm: plane.rowSpacingMm });
    return [svg('g', { class: 'drawn-axis' },
      svg('line', { class: 'ruler-halo', x1: a[0], y1: a[1], x2: b[0], y2: b[1] }),
      svg('line', { class: 'drawn-axis-line', x1: a[0], y1: a[1], x2: b[0], y2: b[1] }),
      svg('text', { class: 'drawn-axis-text', x: right[0] + 12, y: right[1] - 12 }, `${decimal(length, 1)} mm`))];
  });
}

/** While axes are drawn the left button draws them; the tools and measures do not see it. */
export function axesPointer(viewport: HTMLElement, canvas: HTMLElement, view: () => StackView | undefined, store: Store<ReaderState>, actions: AxesActions): void {
  let drawing = false;
  const at = (event: PointerEvent): readonly [number, number] | undefined => {
    const box = canvas.getBoundingClientRect();
    return view()?.toPixel(event.clientX - box.left, event.clientY - box.top);
  };
  viewport.addEventListener('pointerdown', (event) => {
    const from = at(event);
    if (store.get().axes === undefined || event.button !== 0 || from === undefined) return;
    event.stopImmediatePropagation();
    drawing = true;
    viewport.setPointerCapture(event.pointerId);
    actions.beginAxis(from);
  }, { capture: true });
  viewport.addEventListener('mousedown', (event) => {
    if (!drawing) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, { capture: true });
  viewport.addEventListener('pointermove', (event) => {
    const to = drawing ? at(event) : undefined;
    if (to !== undefined) actions.moveAxis(to);
  }, { capture: true });
  const end = (): void => {
    if (drawing) actions.endAxis();
    drawing = false;
  };
  viewport.addEventListener('pointerup', end, { capture: true });
  viewport.addEventListener('pointercancel', end, { capture: true });
}
