import { Enums, eventTarget, StackViewport } from '@cornerstonejs/core';
import { problemFrom, RequestError } from '../api/problem.ts';
import { cacheableImages, registerImages, renderingEngine, startRendering, type Renderer } from './start.ts';
import { prefetchNearest, type Prefetcher } from './prefetch.ts';
import type { SliceImage } from './slice-images.ts';
import { viewGeometry, type ViewGeometry } from './view-geometry.ts';
import type { Window } from './types.ts';
import { bindTools, keepKeysFromTools, releaseTools, setPrimaryTool, type PrimaryTool } from './tools.ts';

export interface ViewListeners {
  /** Another slice is shown, or the same one with another window, zoom or position. */
  readonly rendered: () => void;
  /** The slice that is asked for, before its pixels are there. */
  readonly slice: (index: number) => void;
  readonly loaded: (count: number) => void;
  readonly failed: (index: number, error: unknown) => void;
}

export interface StackView extends Pick<ViewGeometry, 'toCanvas' | 'probe' | 'canvasDirection'> {
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

function sameWindow(a: Window, b: Window | undefined): boolean {
  return b !== undefined && Math.abs(a.width - b.width) < 0.5 && Math.abs(a.centre - b.centre) < 0.25;
}

/** A viewport for one stack of slices inside `element`; `window` holds for every series until another is chosen. */
export function createStackView(element: HTMLDivElement, window: Window, listeners: ViewListeners): StackView {
  const renderer = startRendering();
  const engine = renderingEngine();
  keepKeysFromTools(element);
  engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element, defaultOptions: { background: [0, 0, 0] } });
  const viewport = engine.getViewport(viewportId);
  if (!(viewport instanceof StackViewport)) throw new Error('the rendering engine gave no stack viewport');
  bindTools(viewportId, engine.id);

  let images: readonly SliceImage[] = [];
  let prefetcher: Prefetcher | undefined;
  /** The zoom at which the whole image is in sight: 1 on the GPU, canvas pixels per image pixel on the CPU. */
  let fitZoom = 1;
  let chosen = window;
  let renderedImageId: string | undefined;
  /** Slices whose last load failed. */
  const lost = new Set<number>();
  const onCpu = renderer === 'cpu';
  const abort = new AbortController();
  const { signal } = abort;

  element.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
    const imageId = geometry.shown()?.imageId;
    // The viewport takes the image's own window for the first one, and on the CPU for every one; what the reader chose stays.
    if (imageId !== renderedImageId && !sameWindow(chosen, currentWindow())) applyWindow(chosen);
    renderedImageId = imageId;
    listeners.rendered();
  }, { signal });
  element.addEventListener('pointerup', () => { chosen = currentWindow() ?? chosen; }, { signal });
  element.addEventListener(Enums.Events.STACK_VIEWPORT_SCROLL, ((event: CustomEvent<{ newImageIdIndex: number }>) => {
    listeners.slice(event.detail.newImageIdIndex);
    prefetcher?.focus(event.detail.newImageIdIndex);
  }) as EventListener, { signal });
  const onLoadError = ((event: CustomEvent<{ imageId: string; error: unknown }>) => {
    const index = images.findIndex((image) => image.imageId === event.detail.imageId);
    if (index < 0) return;
    lost.add(index);
    listeners.failed(index, loadError(event.detail.error));
  }) as EventListener;
  eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);

  const resize = new ResizeObserver(() => { if (images.length > 0) engine.resize(true, true); });
  resize.observe(element);

  const geometry = viewGeometry(viewport, element, () => images, onCpu);
  const currentWindow = (): Window | undefined => {
    // Null, against its type, before the first image has been windowed.
    const range = viewport.getProperties().voiRange as { readonly lower: number; readonly upper: number } | null | undefined;
    return range === undefined || range === null ? undefined : { width: range.upper - range.lower, centre: (range.upper + range.lower) / 2 };
  };
  const applyWindow = ({ width, centre }: Window): void => {
    viewport.setProperties({ voiRange: { lower: centre - width / 2, upper: centre + width / 2 } });
    viewport.render();
  };

  /** After a failed load the viewport takes the slice for shown and would do nothing: then the stack is set anew. */
  const display = async (index: number): Promise<void> => {
    if (!lost.delete(index) || viewport.getCurrentImageIdIndex() !== index) {
      await viewport.setImageIdIndex(index);
      return;
    }
    const presentation = viewport.getViewPresentation();
    await viewport.setStack(images.map((image) => image.imageId), index);
    viewport.setViewPresentation(presentation);
    viewport.render();
  };

  return {
    renderer,
    async show(next, index) {
      prefetcher?.stop();
      images = next;
      lost.clear();
      registerImages(next);
      const first = next[0];
      await viewport.setStack(next.map((image) => image.imageId), index);
      if (first === undefined || signal.aborted) return;
      // The element may have changed its size while it was empty.
      engine.resize(true, false);
      applyWindow(chosen);
      fitZoom = viewport.getZoom();
      prefetcher = prefetchNearest(next.map((image) => image.imageId), cacheableImages(first.rows, first.columns), listeners.loaded);
      prefetcher.focus(index);
    },
    shownIndex() {
      const image = geometry.shown();
      return image === undefined ? -1 : images.indexOf(image);
    },
    goTo(index) {
      if (index < 0 || index >= images.length) return;
      listeners.slice(index);
      display(index).then(() => { prefetcher?.focus(index); }, (error: unknown) => { listeners.failed(index, loadError(error)); });
    },
    scroll(step) {
      viewport.scroll(step);
    },
    window: currentWindow,
    setWindow(next) {
      chosen = next;
      applyWindow(next);
    },
    invert() {
      viewport.setProperties({ invert: viewport.getProperties().invert !== true });
      viewport.render();
    },
    zoomBy(factor) {
      viewport.setZoom(fitZoom * Math.min(20, Math.max(0.25, viewport.getZoom() / fitZoom * factor)));
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
      fitZoom = viewport.getZoom();
      viewport.setProperties({ invert: false });
      viewport.render();
    },
    setTool: setPrimaryTool,
    centreOn(column, row, zoomAtLeast) {
      if (viewport.getZoom() < fitZoom * zoomAtLeast) viewport.setZoom(fitZoom * zoomAtLeast);
      const world = geometry.toWorld(column, row);
      const at = geometry.toCanvas(column, row);
      if (world === undefined || at === undefined) return;
      // On the CPU a pan has units of its own.
      if (onCpu) viewport.setCamera({ focalPoint: [...world] });
      else {
        const [panX, panY] = viewport.getPan();
        viewport.setPan([panX + element.clientWidth / 2 - at[0], panY + element.clientHeight / 2 - at[1]]);
      }
      viewport.render();
    },
    toCanvas: geometry.toCanvas,
    probe: geometry.probe,
    canvasDirection: geometry.canvasDirection,
    destroy() {
      abort.abort();
      resize.disconnect();
      prefetcher?.stop();
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);
      engine.disableElement(viewportId);
      releaseTools();
    },
  };
}
