import { t } from '../i18n/index.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { el, fill, svg } from '../ui/dom.ts';
import { decimal, integer, plain } from '../ui/format.ts';
import { errorNotice } from '../ui/notice.ts';
import { listFields } from '../review/listed.ts';
import type { Store } from '../ui/store.ts';
import { sideOf } from './orientation.ts';
import { axesHint, axesPointer } from './axes-layer.ts';
import { axisHandles } from './axis-handles.ts';
import { drawOverlay } from './overlay.ts';
import { objectLayer } from '../objects/object-layer.ts';
import { measureLayer } from './measure-layer.ts';
import { sliceBar } from './slice-bar.ts';
import { slabText, viewWheel } from './slab-control.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import type { ViewToolState } from './view-tools.ts';

function cornerTexts(state: ReaderState, view: StackView | undefined, tools: ViewToolState): Readonly<Record<'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight', readonly string[]>> {
  const image = state.images[state.shown];
  const series = state.study?.series.find((each) => each.seriesInstanceUID === state.seriesInstanceUID);
  const z = image?.plane?.position[2];
  const probe = state.probe;
  return {
    topLeft: [
      series?.seriesDescription ?? '',
      image === undefined ? '' : t('reader.slice', { number: integer(state.shown + 1), total: integer(state.images.length) }),
      z === undefined ? '' : t('reader.position', { z: decimal(z, 1) }),
    ],
    topRight: state.window === undefined || view === undefined ? [] : [
      t('reader.windowValues', { width: plain(state.window.width), centre: plain(state.window.centre) }),
      slabText(state, tools),
      tools.cine ? t('cine.running', { rate: tools.cineRate }) : '',
      state.loadedCount > 0 && state.loadedCount < state.images.length ? t('reader.loaded', { count: integer(state.loadedCount), total: integer(state.images.length) }) : '',
    ],
    bottomLeft: probe === undefined ? [] : [
      t('reader.probe', { value: plain(probe.value), column: probe.column, row: probe.row }),
    ],
    bottomRight: [],
  };
}

/** Letters at the middle of each edge, from what the canvas directions mean in the patient. */
function drawLetters(container: HTMLElement, view: StackView): void {
  const sides = [['right', 1, 0], ['left', -1, 0], ['top', 0, -1], ['bottom', 0, 1]] as const;
  fill(container, sides.map(([name, x, y]) => {
    const direction = view.canvasDirection(x, y);
    return el('span', { class: `letter letter-${name}` }, direction === undefined ? '' : sideOf(direction));
  }));
}

export interface ImagePane {
  readonly element: HTMLElement;
  readonly stop: () => void;
}

/** The slice with its marks, texts and scrollbar. `canvas` outlives the pane, so that a switch of language keeps the images. */
export function imagePane(canvas: HTMLDivElement, beside: readonly HTMLElement[], view: () => StackView | undefined, store: Store<ReaderState>, actions: ReaderActions): ImagePane {
  const layer = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const letters = el('div', { class: 'letters', aria: { hidden: true } });
  const corners = { topLeft: el('div', { class: 'corner top-left' }), topRight: el('div', { class: 'corner top-right' }), bottomLeft: el('div', { class: 'corner bottom-left' }), bottomRight: el('div', { class: 'corner bottom-right' }) };
  const message = el('div', { class: 'image-message' });
  const hint = el('div', { class: 'placing-hint', role: 'status', hidden: true });
  const handles = axisHandles(view, store, actions);
  const bar = sliceBar(store, actions);
  const viewport = el('div', { class: 'viewport', tabIndex: 0, role: 'application', aria: { label: t('reader.image'), roledescription: t('reader.imageRole') } });
  // While a finding of one's own is being put, the left button puts it; the tools and measures do not see the press.
  const puts = (event: MouseEvent): void => {
    if (store.get().placing === undefined || event.button !== 0) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (event.type !== 'pointerdown') return;
    const bounds = canvas.getBoundingClientRect();
    const at = view()?.toPixel(event.clientX - bounds.left, event.clientY - bounds.top);
    if (at !== undefined) actions.place(at[0], at[1]);
  };
  viewport.addEventListener('pointerdown', puts, { capture: true });
  viewport.addEventListener('mousedown', puts, { capture: true });
  axesPointer(viewport, canvas, view, store, actions);
  const measuring = measureLayer(viewport, canvas, view, store, actions.measures);
  const objects = objectLayer(view, store, actions.tools.objects);
  fill(viewport, canvas, objects.element, layer, measuring.element, handles.element, letters, Object.values(corners), hint, message);

  function drawCorners(state: ReaderState): void {
    const texts = cornerTexts(state, view(), actions.tools.store.get());
    for (const name of ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'] as const) {
      fill(corners[name], texts[name].filter((line) => line !== '').map((line) => el('div', {}, line)));
    }
  }
  viewport.addEventListener('wheel', (event) => { viewWheel(event, actions.tools); }, { capture: true, passive: false });

  const stops = [
    bar.stop, measuring.stop, objects.stop, handles.stop,
    store.watch(['placing', 'axes', 'measureCross', 'measuring'], ({ placing, axes, measureCross, measuring }) => {
      hint.hidden = placing === undefined && axes === undefined && measureCross === undefined && !measuring;
      // Said to those who hear the page: not anew with every step of the cross.
      const text = measuring ? t('review.measuring') : axes !== undefined ? axesHint(axes) : t(placing === undefined ? 'measure.keysHint' : 'review.placingHint');
      if (hint.textContent !== text) hint.textContent = text;
      if (placing === undefined && axes === undefined) delete viewport.dataset['placing'];
      else viewport.dataset['placing'] = '';
    }),
    actions.tools.store.watch(['slabMode', 'slabMm', 'cine', 'cineRate'], () => { drawCorners(store.get()); }),
    store.watch([...listFields, 'frame', 'selected', 'planes', 'cursor', 'overlayVisible', 'overlayOpacity', 'images', 'shown', 'seriesInstanceUID', 'placing', 'axes', 'measureCross', 'candidatesFrom'], (state) => {
      const current = view();
      if (current === undefined) return;
      drawOverlay(layer, current, state);
      drawLetters(letters, current);
    }),
    store.watch(['shown', 'images', 'loadedCount', 'window', 'probe', 'study', 'seriesInstanceUID', 'frame'], drawCorners),
    store.watch(['imagesLoading', 'imagesError', 'images', 'failedSlices', 'wanted', 'shown', 'study'], (state) => {
      const failure = state.failedSlices.get(state.wanted);
      if (failure === undefined) delete viewport.dataset['failed'];
      else viewport.dataset['failed'] = '';
      if (state.imagesError !== undefined) fill(message, errorNotice(t('reader.seriesFailed'), state.imagesError, () => {
        if (state.seriesInstanceUID === undefined) actions.reload();
        else actions.openSeries(state.seriesInstanceUID);
      }));
      else if (failure !== undefined) fill(message, errorNotice(t('reader.sliceFailed', { number: integer(state.wanted + 1) }), failure, () => { actions.goTo(state.wanted); }));
      else if (state.imagesLoading) fill(message, el('p', { class: 'loading' }, t('reader.loadingImages')));
      else if (state.study !== undefined && state.images.length === 0) fill(message, el('p', { class: 'muted' }, t('reader.noImages')));
      else fill(message);
    }),
  ];
  return {
    element: el('section', { class: 'image-pane' }, viewport, bar.element, beside),
    stop: () => { for (const stop of stops) stop(); },
  };
}
