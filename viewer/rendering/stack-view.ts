import { Enums, eventTarget, StackViewport } from '@cornerstonejs/core';
import { problemFrom, RequestError } from '../api/problem.ts';
import { cacheableImages, registerImages, renderingEngine, startRendering, type Renderer } from './start.ts';
import { prefetchNearest, type Prefetcher } from './prefetch.ts';
import { pixelToWorld, worldToPixel, type SliceImage } from './slice-images.ts';
import type { Probe, Window } from './types.ts';
import { bindTools, releaseTools, setPrimaryTool, type PrimaryTool } from './tools.ts';

export interface ViewListeners {
  /** Another slice is shown, or the same one with another window, zoom or position. */
  readonly rendered: () => void;
  /** The slice that is asked for, before its pixels are there. */
  readonly slice: (index: number) => void;
  readonly loaded: (count: number) => void;
  readonly failed: (index: number, error: unknown) => void;
}

export interface StackView {
  readonly renderer: Renderer;
  /** Shows a series from this slice on. */
  show(images: readonly SliceImage[], index: number): Promise<void>;
  /** The slice whose pixels are on the screen. */
  shownIndex(): number;
  goTo(index: number): void;
  scroll(step: number): void;
  window(): Window | undefined;
  setWindow(window: Window): void;
  invert(): void;
  zoomBy(factor: number): void;
  rotate(degrees: number): void;
  flip(axis: 'horizontal' | 'vertical'): void;
  reset(): void;
  setTool(tool: PrimaryTool): void;
  /** Brings a pixel of the shown slice to the middle, magnified at least so much. */
  centreOn(column: number, row: number, zoomAtLeast: number): void;
  /** Canvas position (CSS pixels) of a pixel of the shown slice. */
  toCanvas(column: number, row: number): readonly [number, number] | undefined;
  /** Pixel of the shown slice at a canvas position. */
  toPixel(x: number, y: number): readonly [number, number] | undefined;
  probe(x: number, y: number): Probe | undefined;
  /** World direction (unit vector) of a step to the right or up on the canvas. */
  canvasDirection(x: number, y: number): readonly [number, number, number] | undefined;
  destroy(): void;
}

const viewportId = 'axial';

/** The loader rejects with the request itself; its body is the server's problem document. */
function loadError(error: unknown): unknown {
  if (!(error instanceof XMLHttpRequest)) return error;
  if (error.status === 0) return new RequestError('NETWORK', 0, '');
  const body: unknown = error.response;
  return problemFrom(error.status, body instanceof ArrayBuffer ? new TextDecoder().decode(body) : '');
}

/** A viewport for one stack of slices inside `element`. */
export function createStackView(element: HTMLDivElement, listeners: ViewListeners): StackView {
  const renderer = startRendering();
  const engine = renderingEngine();
  engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element, defaultOptions: { background: [0, 0, 0] } });
  const viewport = engine.getViewport(viewportId);
  if (!(viewport instanceof StackViewport)) throw new Error('the rendering engine gave no stack viewport');
  bindTools(viewportId, engine.id);

  let images: readonly SliceImage[] = [];
  let prefetcher: Prefetcher | undefined;
  const abort = new AbortController();
  const { signal } = abort;

  element.addEventListener(Enums.Events.IMAGE_RENDERED, () => { listeners.rendered(); }, { signal });
  element.addEventListener(Enums.Events.STACK_NEW_IMAGE, () => { listeners.rendered(); }, { signal });
  element.addEventListener(Enums.Events.STACK_VIEWPORT_SCROLL, ((event: CustomEvent<{ newImageIdIndex: number }>) => {
    listeners.slice(event.detail.newImageIdIndex);
    prefetcher?.focus(event.detail.newImageIdIndex);
  }) as EventListener, { signal });
  const onLoadError = ((event: CustomEvent<{ imageId: string; error: unknown }>) => {
    const index = images.findIndex((image) => image.imageId === event.detail.imageId);
    if (index >= 0) listeners.failed(index, loadError(event.detail.error));
  }) as EventListener;
  eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);

  const resize = new ResizeObserver(() => { if (images.length > 0) engine.resize(true, true); });
  resize.observe(element);

  const shown = (): SliceImage | undefined => {
    const imageId = images.length === 0 ? undefined : viewport.getCornerstoneImage()?.imageId;
    return images.find((image) => image.imageId === imageId);
  };
  const toPixel = (x: number, y: number): readonly [number, number] | undefined => {
    const plane = shown()?.plane;
    return plane === undefined ? undefined : worldToPixel(plane, viewport.canvasToWorld([x, y]));
  };
  const toCanvas = (column: number, row: number): readonly [number, number] | undefined => {
    const plane = shown()?.plane;
    return plane === undefined ? undefined : viewport.worldToCanvas([...pixelToWorld(plane, column, row)]);
  };

  return {
    renderer,
    async show(next, index) {
      prefetcher?.stop();
      images = next;
      registerImages(next);
      const first = next[0];
      await viewport.setStack(next.map((image) => image.imageId), index);
      if (first === undefined || signal.aborted) return;
      prefetcher = prefetchNearest(next.map((image) => image.imageId), cacheableImages(first.rows, first.columns), listeners.loaded);
      prefetcher.focus(index);
    },
    shownIndex() {
      const image = shown();
      return image === undefined ? -1 : images.indexOf(image);
    },
    goTo(index) {
      if (index < 0 || index >= images.length) return;
      listeners.slice(index);
      viewport.setImageIdIndex(index).then(() => { prefetcher?.focus(index); }, (error: unknown) => { listeners.failed(index, loadError(error)); });
    },
    scroll(step) {
      viewport.scroll(step);
    },
    window() {
      // Null, against its type, before the first image has been windowed.
      const range = viewport.getProperties().voiRange as { readonly lower: number; readonly upper: number } | null | undefined;
      return range === undefined || range === null ? undefined : { width: range.upper - range.lower, centre: (range.upper + range.lower) / 2 };
    },
    setWindow({ width, centre }) {
      viewport.setProperties({ voiRange: { lower: centre - width / 2, upper: centre + width / 2 } });
      viewport.render();
    },
    invert() {
      viewport.setProperties({ invert: viewport.getProperties().invert !== true });
      viewport.render();
    },
    zoomBy(factor) {
      viewport.setZoom(Math.min(20, Math.max(0.25, viewport.getZoom() * factor)));
      viewport.render();
    },
    rotate(degrees) {
      const rotation = viewport.getViewPresentation().rotation ?? 0;
      viewport.setViewPresentation({ rotation: (rotation + degrees + 360) % 360 });
      viewport.render();
    },
    flip(axis) {
      const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
      viewport.setCamera(axis === 'horizontal' ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical });
      viewport.render();
    },
    reset() {
      viewport.setViewPresentation({ rotation: 0 });
      viewport.setCamera({ flipHorizontal: false, flipVertical: false });
      viewport.resetCamera();
      viewport.setProperties({ invert: false });
      viewport.render();
    },
    setTool: setPrimaryTool,
    centreOn(column, row, zoomAtLeast) {
      if (viewport.getZoom() < zoomAtLeast) viewport.setZoom(zoomAtLeast);
      const at = toCanvas(column, row);
      if (at === undefined) return;
      const [panX, panY] = viewport.getPan();
      viewport.setPan([panX + element.clientWidth / 2 - at[0], panY + element.clientHeight / 2 - at[1]]);
      viewport.render();
    },
    toCanvas,
    toPixel,
    probe(x, y) {
      const at = toPixel(x, y);
      const image = images.length === 0 ? undefined : viewport.getCornerstoneImage();
      if (at === undefined || image?.getPixelData === undefined) return undefined;
      const [column, row] = [Math.round(at[0]), Math.round(at[1])];
      if (column < 0 || row < 0 || column >= image.columns || row >= image.rows || image.color) return undefined;
      const stored = image.getPixelData()[row * image.columns + column];
      if (stored === undefined) return undefined;
      // The loader has already applied the rescale unless the GPU lacks the texture for it.
      const value = image.preScale?.scaled === true ? stored : stored * image.slope + image.intercept;
      return { column, row, value: Math.round(value) };
    },
    canvasDirection(x, y) {
      if (shown() === undefined) return undefined;
      const middle: [number, number] = [element.clientWidth / 2, element.clientHeight / 2];
      const from = viewport.canvasToWorld(middle);
      const to = viewport.canvasToWorld([middle[0] + x * 100, middle[1] + y * 100]);
      const step = [to[0] - from[0], to[1] - from[1], to[2] - from[2]] as const;
      const length = Math.hypot(...step);
      return length === 0 ? undefined : [step[0] / length, step[1] / length, step[2] / length];
    },
    destroy() {
      abort.abort();
      resize.disconnect();
      prefetcher?.stop();
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);
      releaseTools();
      engine.disableElement(viewportId);
    },
  };
}
