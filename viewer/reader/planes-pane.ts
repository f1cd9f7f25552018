import { t } from '../i18n/index.ts';
import { indexOfImage } from '../rendering/slice-images.ts';
import { listFields, listFindings } from '../review/listed.ts';
import { canReformat } from '../rendering/regular-stack.ts';
import { reformatPlanes as names, type ReformatPlane, type ReformatView, type ReformatViews } from '../rendering/reformat-view.ts';
import { loadRendering } from '../rendering/rendering.ts';
import type { Point3, SliceImage } from '../rendering/slice-images.ts';
import { el, fill, svg } from '../ui/dom.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { sideOf } from './orientation.ts';
import { across, planeMark } from './plane-marks.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import { viewWheel } from './slab-control.ts';
import { slabOf } from './view-tools.ts';

function crosshair(view: ReformatView, cursor: Point3, width: number, height: number): readonly SVGElement[] {
  const [x, y] = view.toCanvas(cursor);
  return [
    svg('line', { class: 'plane-line', x1: 0, y1: y, x2: width, y2: y }),
    svg('line', { class: 'plane-line', x1: x, y1: 0, x2: x, y2: height }),
  ];
}

function letters(view: ReformatView, width: number, height: number): readonly SVGElement[] {
  const middle = view.toWorld(width / 2, height / 2);
  const side = (x: number, y: number): string => {
    const to = view.toWorld(width / 2 + x * 50, height / 2 + y * 50);
    const step: Point3 = [to[0] - middle[0], to[1] - middle[1], to[2] - middle[2]];
    const length = Math.hypot(...step);
    return length === 0 ? '' : sideOf([step[0] / length, step[1] / length, step[2] / length]);
  };
  const text = (x: number, y: number, value: string): SVGElement => svg('text', { class: 'plane-letter', x, y, 'text-anchor': 'middle' }, value);
  return [text(12, height / 2, side(-1, 0)), text(width - 12, height / 2, side(1, 0)), text(width / 2, 16, side(0, -1)), text(width / 2, height - 8, side(0, 1))];
}

function draw(layer: SVGElement, plane: ReformatPlane, view: ReformatView, state: ReaderState): void {
  const { width, height } = layer.getBoundingClientRect();
  if (width === 0) return;
  const point = view.planePoint();
  const findings = state.overlayVisible ? listFindings(state).filter(({ finding }) => indexOfImage(state.images, finding.sliceInstanceUID, finding.sliceFrameNumber) >= 0) : [];
  const marks = findings.map((listed) => planeMark(view, listed, state.images, plane, point, listed.trackingUID === state.selected)).filter((each) => each !== undefined);
  layer.replaceChildren(
    ...(state.cursor === undefined ? [] : crosshair(view, state.cursor, width, height)),
    svg('g', { opacity: state.overlayOpacity }, ...marks), ...letters(view, width, height),
  );
}

/** Coronal and sagittal planes through the cursor, linked with the slices. */
export function planesPane(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const canvases = { coronal: el('div', { class: 'canvas' }), sagittal: el('div', { class: 'canvas' }) };
  const layers = { coronal: svg('svg', { class: 'overlay', 'aria-hidden': 'true' }), sagittal: svg('svg', { class: 'overlay', 'aria-hidden': 'true' }) };
  const message = el('div', { class: 'image-message' });
  const element = el('div', { class: 'planes', hidden: true }, names.map((plane) => el(
    'div', { class: 'plane', role: 'img', aria: { label: t(`plane.${plane}`) }, data: { plane } }, canvases[plane], layers[plane],
  )), message);
  let shown: ReformatViews | undefined;
  let shownImages: readonly SliceImage[] | undefined;
  let request = 0;

  function close(): void {
    request += 1;
    shown?.destroy();
    shown = undefined;
    shownImages = undefined;
  }

  /** The wheel has moved one plane: the cursor follows across it. */
  function moved(plane: ReformatPlane): void {
    const view = shown?.views[plane];
    const { cursor } = store.get();
    if (view === undefined) return;
    const at = view.planePoint()[across[plane]];
    if (cursor !== undefined && Math.abs(at - cutAt[plane]) > 0.01) {
      cutAt[plane] = at;
      actions.setCursor(plane === 'coronal' ? [cursor[0], at, cursor[2]] : [at, cursor[1], cursor[2]]);
    }
    draw(layers[plane], plane, view, store.get());
  }
  /** Where each plane was put last, mm across it: anything else is a movement of its own. */
  const cutAt = { coronal: 0, sagittal: 0 };

  function cut(cursor: Point3 | undefined): void {
    if (shown === undefined || cursor === undefined) return;
    for (const plane of names) {
      const view = shown.views[plane];
      view.cutAt(cursor);
      cutAt[plane] = view.planePoint()[across[plane]];
    }
  }

  function applySlab(): void {
    const slab = slabOf(actions.tools.store.get());
    for (const plane of names) shown?.views[plane].setSlab(slab);
  }

  async function open(images: readonly SliceImage[]): Promise<void> {
    const mine = ++request;
    shownImages = images;
    fill(message);
    if (!canReformat(images)) {
      fill(message, el('p', { class: 'muted' }, t('plane.uneven')));
      return;
    }
    try {
      const { createReformatViews } = await loadRendering();
      if (mine !== request) return;
      const opened = await createReformatViews(images, canvases, moved);
      if (mine !== request) {
        opened.destroy();
        return;
      }
      shown = opened;
      const { window, cursor } = store.get();
      for (const plane of names) if (window !== undefined) opened.views[plane].setWindow(window);
      applySlab();
      cut(cursor ?? opened.views.coronal.planePoint());
      if (cursor === undefined) actions.setCursor(opened.views.coronal.planePoint());
    } catch (error) {
      if (mine === request) fill(message, errorNotice(t('plane.failed'), error));
    }
  }

  for (const plane of names) {
    const follow = (event: PointerEvent): void => {
      const view = shown?.views[plane];
      if (view === undefined || (event.buttons & 1) === 0) return;
      const box = canvases[plane].getBoundingClientRect();
      actions.setCursor(view.toWorld(event.clientX - box.left, event.clientY - box.top));
    };
    canvases[plane].addEventListener('pointerdown', follow);
    canvases[plane].addEventListener('pointermove', follow);
    // The left button is ours alone: the tools would keep a timer on the canvas after it is gone.
    canvases[plane].parentElement?.addEventListener('mousedown', (event) => { if (event.button === 0) event.stopPropagation(); }, { capture: true });
    canvases[plane].parentElement?.addEventListener('wheel', (event) => { viewWheel(event, actions.tools); }, { capture: true, passive: false });
    canvases[plane].addEventListener('contextmenu', (event) => { event.preventDefault(); });
  }
  const resize = new ResizeObserver(() => { shown?.views.coronal.resize(); });
  resize.observe(element);

  const stops = [
    store.watch(['planes', 'images'], ({ planes, images }) => {
      element.hidden = !planes;
      if (!planes) close();
      else if (images.length > 0 && images !== shownImages) {
        close();
        void open(images);
      }
    }),
    store.watch(['cursor'], ({ cursor }) => { cut(cursor); }),
    store.watch(['aim'], ({ aim }) => { for (const plane of names) if (aim !== undefined) shown?.views[plane].bringIntoSight(aim.world); }),
    actions.tools.store.watch(['slabMode', 'slabMm'], applySlab),
    store.watch(['window'], ({ window }) => {
      for (const plane of names) if (window !== undefined) shown?.views[plane].setWindow(window);
    }),
    store.watch([...listFields, 'cursor', 'selected', 'overlayVisible', 'overlayOpacity'], (state) => {
      for (const plane of names) if (shown !== undefined) draw(layers[plane], plane, shown.views[plane], state);
    }),
  ];
  return {
    element,
    stop() {
      for (const stop of stops) stop();
      resize.disconnect();
      close();
    },
  };
}
