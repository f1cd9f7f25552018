import { t } from '../i18n/index.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { el, fill, svg } from '../ui/dom.ts';
import { decimal, integer, plain } from '../ui/format.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { sideOf } from './orientation.ts';
import { drawOverlay } from './overlay.ts';
import { sliceBar } from './slice-bar.ts';
import type { ReaderActions, ReaderState } from './state.ts';

function cornerTexts(state: ReaderState, view: StackView | undefined): Readonly<Record<'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight', readonly string[]>> {
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
export function imagePane(canvas: HTMLDivElement, planes: HTMLElement, view: () => StackView | undefined, store: Store<ReaderState>, actions: ReaderActions): ImagePane {
  const layer = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const letters = el('div', { class: 'letters', aria: { hidden: true } });
  const corners = { topLeft: el('div', { class: 'corner top-left' }), topRight: el('div', { class: 'corner top-right' }), bottomLeft: el('div', { class: 'corner bottom-left' }), bottomRight: el('div', { class: 'corner bottom-right' }) };
  const message = el('div', { class: 'image-message' });
  const bar = sliceBar(store, actions);
  const viewport = el(
    'div', { class: 'viewport', tabIndex: 0, role: 'application', aria: { label: t('reader.image'), roledescription: t('reader.imageRole') } },
    canvas, layer, letters, Object.values(corners), message,
  );

  const stops = [
    bar.stop,
    store.watch(['frame', 'findings', 'selected', 'planes', 'cursor', 'overlayVisible', 'overlayOpacity', 'images', 'shown', 'seriesInstanceUID'], (state) => {
      const current = view();
      if (current === undefined) return;
      drawOverlay(layer, current, state);
      drawLetters(letters, current);
    }),
    store.watch(['shown', 'images', 'loadedCount', 'window', 'probe', 'study', 'seriesInstanceUID', 'frame'], (state) => {
      const texts = cornerTexts(state, view());
      for (const name of ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'] as const) {
        fill(corners[name], texts[name].filter((line) => line !== '').map((line) => el('div', {}, line)));
      }
    }),
    store.watch(['imagesLoading', 'imagesError', 'images', 'failedSlices', 'wanted', 'shown', 'study'], (state) => {
      const failure = state.failedSlices.get(state.wanted);
      if (failure === undefined) delete viewport.dataset['failed'];
      else viewport.dataset['failed'] = '';
      if (state.imagesError !== undefined) fill(message, errorNotice(t('reader.seriesFailed'), state.imagesError, actions.reload));
      else if (failure !== undefined) fill(message, errorNotice(t('reader.sliceFailed', { number: integer(state.wanted + 1) }), failure, () => { actions.goTo(state.wanted); }));
      else if (state.imagesLoading) fill(message, el('p', { class: 'loading' }, t('reader.loadingImages')));
      else if (state.study !== undefined && state.images.length === 0) fill(message, el('p', { class: 'muted' }, t('reader.noImages')));
      else fill(message);
    }),
  ];
  return {
    element: el('section', { class: 'image-pane' }, viewport, bar.element, planes),
    stop: () => { for (const stop of stops) stop(); },
  };
}
