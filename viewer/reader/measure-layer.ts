import { t } from '../i18n/index.ts';
import type { SliceImage } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { svg } from '../ui/dom.ts';
import { decimal } from '../ui/format.ts';
import type { Store } from '../ui/store.ts';
import { carriedShort, lengthOf, newMeasure, sizeOf, withShortEnd, type PixelSize } from './measure-geometry.ts';
import type { Measure, MeasureKind, Measures, PixelPoint, Segment } from './measures.ts';
import { measuringTool } from './measure-cross.ts';
import type { ReaderState } from './state.ts';

type Axis = 'long' | 'short';
/** Shorter than this on the screen is a click, not a measure. CSS pixels. */
const leastDrag = 4;

/** "12.3 × 8.1 mm"; in pixels where the image does not say how large they are. */
export function measureText(measure: Measure, image: SliceImage): string {
  const size = sizeOf(image);
  const unit = image.plane === undefined ? 'px' : 'mm';
  const lengths = [measure.long, ...(measure.short === undefined ? [] : [measure.short])].map((axis) => lengthOf(axis, size));
  // The longer one first, as measures are read.
  return `${lengths.toSorted((a, b) => b - a).map((length) => decimal(length, 1)).join(' × ')} ${unit}`;
}

function isOn(measure: Measure, image: SliceImage): boolean {
  return measure.sopInstanceUID === image.sopInstanceUID && measure.frameNumber === image.frameNumber;
}

function withEnd(measure: Measure, axis: Axis, end: 0 | 1, to: PixelPoint, size: PixelSize): Measure {
  if (axis === 'short') return measure.short === undefined ? measure : { ...measure, short: withShortEnd(measure.long, measure.short, end, to, size) };
  const long: Segment = end === 0 ? [to, measure.long[1]] : [measure.long[0], to];
  return { ...measure, long, ...(measure.short === undefined ? {} : { short: carriedShort(measure.long, long, measure.short, size) }) };
}

function drawMeasure(view: StackView, image: SliceImage, measure: Measure, selected: boolean): SVGElement | undefined {
  const axes = (['long', 'short'] as const).flatMap((axis) => {
    const segment = measure[axis];
    if (segment === undefined) return [];
    const [from, to] = [view.toCanvas(...segment[0]), view.toCanvas(...segment[1])];
    return from === undefined || to === undefined ? [] : [{ axis, ends: [from, to] as const }];
  });
  const [first] = axes;
  if (first === undefined) return undefined;
  const all = axes.flatMap(({ ends }) => ends);
  const anchor = all.toSorted((a, b) => b[0] - a[0])[0] ?? first.ends[0];
  return svg(
    'g', { 'class': selected ? 'ruler ruler-selected' : 'ruler', 'data-measure': measure.id },
    ...axes.flatMap(({ axis, ends: [from, to] }) => [
      svg('line', { class: 'ruler-halo', x1: from[0], y1: from[1], x2: to[0], y2: to[1] }),
      svg('line', { class: `ruler-line ruler-${axis}`, x1: from[0], y1: from[1], x2: to[0], y2: to[1] }),
    ]),
    ...axes.flatMap(({ axis, ends }) => ends.map((at, end) => svg('circle', { 'class': 'ruler-handle', 'cx': at[0], 'cy': at[1], 'r': 5, 'data-axis': axis, 'data-end': end }))),
    svg('text', { class: 'ruler-text', x: anchor[0] + 10, y: anchor[1] + 4 }, measureText(measure, image)),
  );
}

export interface MeasureLayer {
  readonly element: SVGElement;
  readonly stop: () => void;
}

/**
 * Lengths and two-axis measures drawn by hand over the slice: drag to draw, drag an end to mend; the keys of the page
 * remove the chosen one and take steps back. `viewport` is the element around the canvas.
 */
export function measureLayer(viewport: HTMLElement, canvas: HTMLElement, view: () => StackView | undefined, store: Store<ReaderState>, measures: Measures): MeasureLayer {
  const element = svg('svg', { class: 'rulers', role: 'group' });
  element.setAttribute('aria-label', t('measure.layer'));
  const abort = new AbortController();
  const { signal } = abort;
  let drawing: { readonly kind: MeasureKind; readonly from: PixelPoint; to: PixelPoint } | undefined;
  let dragging: { readonly measure: Measure; readonly axis: Axis; readonly end: 0 | 1; now: Measure } | undefined;

  const image = (): SliceImage | undefined => store.get().images[store.get().shown];
  const pixelAt = (event: MouseEvent): PixelPoint | undefined => {
    const box = canvas.getBoundingClientRect();
    return view()?.toPixel(event.clientX - box.left, event.clientY - box.top);
  };

  /** What the cross of the keys is drawing on this slice. */
  function byKeys(): { readonly kind: MeasureKind; readonly from: PixelPoint; readonly to: PixelPoint } | undefined {
    const state = store.get();
    const kind = measuringTool(state);
    const from = state.measureCross?.from;
    return kind === undefined || state.measureCross === undefined || from?.shown !== state.shown ? undefined : { kind, from: from.at, to: state.measureCross.at };
  }

  function draw(): void {
    const shown = image();
    const current = view();
    if (shown === undefined || current === undefined) {
      element.replaceChildren();
      return;
    }
    const { all, selected } = measures.store.get();
    const own = all.filter((measure) => isOn(measure, shown)).map((measure) => drawMeasure(current, shown, measure, measure.id === selected));
    const sketched = drawing ?? byKeys();
    const sketch = sketched === undefined ? undefined : drawMeasure(current, shown, { id: 0, ...newMeasure(sketched.kind, shown, [sketched.from, sketched.to]) }, true);
    element.replaceChildren(...[...own, sketch].filter((each) => each !== undefined));
  }

  function handleOf(target: EventTarget | null): { readonly measure: Measure; readonly axis: Axis; readonly end: 0 | 1 } | undefined {
    if (!(target instanceof SVGElement)) return undefined;
    const id = Number(target.closest<SVGElement>('[data-measure]')?.dataset['measure']);
    const measure = measures.store.get().all.find((each) => each.id === id);
    const { axis, end } = target.dataset;
    return measure === undefined || end === undefined ? undefined : { measure, axis: axis === 'short' ? 'short' : 'long', end: end === '1' ? 1 : 0 };
  }

  viewport.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const handle = handleOf(event.target);
    const kind = measuringTool(store.get());
    const at = pixelAt(event);
    if (handle !== undefined) {
      dragging = { ...handle, now: handle.measure };
      measures.store.set({ selected: handle.measure.id });
    } else if (kind !== undefined && canvas.contains(event.target) && at !== undefined && image() !== undefined) {
      drawing = { kind, from: at, to: at };
      measures.store.set({ selected: undefined });
    } else return;
    viewport.setPointerCapture(event.pointerId);
    event.stopPropagation();
  }, { signal, capture: true });
  // The image's own tools listen to the mouse events that follow.
  viewport.addEventListener('mousedown', (event) => {
    if (drawing !== undefined || dragging !== undefined) event.stopPropagation();
  }, { signal, capture: true });
  viewport.addEventListener('pointermove', (event) => {
    const at = drawing === undefined && dragging === undefined ? undefined : pixelAt(event);
    const shown = image();
    if (at === undefined || shown === undefined) return;
    if (drawing !== undefined) {
      drawing.to = at;
      draw();
    } else if (dragging !== undefined) {
      dragging.now = withEnd(dragging.measure, dragging.axis, dragging.end, at, sizeOf(shown));
      measures.preview(dragging.now);
    }
  }, { signal, capture: true });
  const end = (): void => {
    const shown = image();
    const [drawn, dragged] = [drawing, dragging];
    drawing = undefined;
    dragging = undefined;
    if (drawn !== undefined && shown !== undefined) {
      const [from, to] = [view()?.toCanvas(...drawn.from), view()?.toCanvas(...drawn.to)];
      if (from !== undefined && to !== undefined && Math.hypot(to[0] - from[0], to[1] - from[1]) >= leastDrag) measures.add(newMeasure(drawn.kind, shown, [drawn.from, drawn.to]));
      else draw();
    } else if (dragged !== undefined && dragged.now !== dragged.measure) measures.replace(dragged.now);
  };
  viewport.addEventListener('pointerup', end, { signal, capture: true });
  viewport.addEventListener('pointercancel', end, { signal, capture: true });

  const stops = [
    store.watch(['frame', 'shown', 'images', 'measureCross'], draw),
    store.watch(['tool'], ({ tool }) => { viewport.dataset['tool'] = tool; }),
    measures.store.watch(['all', 'selected'], draw),
  ];
  return {
    element,
    stop() {
      abort.abort();
      for (const stop of stops) stop();
    },
  };
}
