import { cache, Enums, eventTarget, StackViewport, type Types } from '@cornerstonejs/core';
import { prefetchNearest, type Prefetcher } from '../prefetch.ts';
import { shownSources } from '../slab.ts';
import type { Slab } from '../slab-slices.ts';
import type { PixelSource } from '../slice-cache.ts';
import { pixelToWorld, worldToPixel, type SliceImage } from '../slice-images.ts';
import { cacheableImages, slices, sliceSource } from '../slices.ts';
import type { StackView, StackViewOptions, ViewListeners } from '../stack-view.ts';
import { sameWindow, type Window } from '../types.ts';
import { cornerstoneIds, forgetSources } from './slice-provider.ts';
import { renderingEngine } from './start.ts';
import { bindTools, keepKeysFromTools, releaseTools, setPrimaryTool } from './tools.ts';
import { viewGeometry } from './view-geometry.ts';

/** A viewport for one stack of slices inside `element`; `window` holds for every series until another is chosen. */
export function createStackView(element: HTMLDivElement, window: Window, listeners: ViewListeners, { viewportId, cacheShare }: StackViewOptions): StackView {
  const engine = renderingEngine();
  keepKeysFromTools(element);
  engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element, defaultOptions: { background: [0, 0, 0] } });
  const viewport = engine.getViewport(viewportId);
  if (!(viewport instanceof StackViewport)) throw new Error('the rendering engine gave no stack viewport');
  bindTools(viewportId, engine.id);

  let images: readonly SliceImage[] = [];
  /** What is shown for each slice: its own pixels or the slab around it, and Cornerstone's name of it. */
  let sources: readonly PixelSource[] = [];
  let shownIds: readonly string[] = [];
  let indexOfId = new Map<string, number>();
  let slab: Slab | undefined;
  let prefetcher: Prefetcher | undefined;
  /** The zoom at which the whole image is in sight. */
  let fitZoom = 1;
  let chosen = window;
  let renderedImageId: string | undefined;
  /** Slices whose last load failed. */
  const lost = new Set<number>();
  const abort = new AbortController();
  const { signal } = abort;

  element.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
    const imageId = geometry.shown()?.imageId;
    // The viewport takes the image's own window for the first one; what the reader chose stays.
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
    const index = indexOfId.get(event.detail.imageId);
    if (index === undefined) return;
    lost.add(index);
    listeners.failed(index, event.detail.error);
  }) as EventListener;
  eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);

  const resize = new ResizeObserver(() => { if (images.length > 0) engine.resize(true, true); });
  resize.observe(element);

  const geometry = viewGeometry(viewport, element, () => images, (imageId) => images[indexOfId.get(imageId) ?? -1]);
  const currentWindow = (): Window | undefined => {
    // Null, against its type, before the first image has been windowed.
    const range = viewport.getProperties().voiRange as { readonly lower: number; readonly upper: number } | null | undefined;
    return range === undefined || range === null ? undefined : { width: range.upper - range.lower, centre: (range.upper + range.lower) / 2 };
  };
  const applyWindow = ({ width, centre }: Window): void => {
    viewport.setProperties({ voiRange: { lower: centre - width / 2, upper: centre + width / 2 } });
    viewport.render();
  };

  const setStackAgain = async (index: number): Promise<void> => {
    const presentation = viewport.getViewPresentation();
    const { invert = false } = viewport.getProperties();
    await viewport.setStack([...shownIds], index);
    viewport.setViewPresentation(presentation);
    // The new stack comes with a window of its own; the reader's stays.
    viewport.setProperties({ invert, voiRange: { lower: chosen.centre - chosen.width / 2, upper: chosen.centre + chosen.width / 2 } });
    viewport.render();
  };

  /** After a failed load the viewport takes the slice for shown and would do nothing: then the stack is set anew. */
  const display = async (index: number): Promise<void> => {
    if (!lost.delete(index) || viewport.getCurrentImageIdIndex() !== index) {
      await viewport.setImageIdIndex(index);
      return;
    }
    await setStackAgain(index);
  };

  /** However the image is turned: a pan would be along its own axes. */
  function bringToMiddle(column: number, row: number): void {
    const to = geometry.toWorld(column, row);
    const { focalPoint, position } = viewport.getCamera();
    if (to === undefined || focalPoint === undefined || position === undefined) return;
    const from = viewport.canvasToWorld([element.clientWidth / 2, element.clientHeight / 2]);
    const moved = (point: Types.Point3): Types.Point3 => [point[0] + to[0] - from[0], point[1] + to[1] - from[1], point[2] + to[2] - from[2]];
    viewport.setCamera({ focalPoint: moved(focalPoint), position: moved(position) });
  }

  /** Cornerstone keeps no image of what is no longer shown; slabs are not kept at all. */
  function release(): void {
    const own = new Set(images.map(({ imageId }) => imageId));
    for (const [at, { imageId }] of sources.entries()) {
      const shownId = shownIds[at];
      if (shownId !== undefined && cache.getImageLoadObject(shownId) !== undefined) cache.removeImageLoadObject(shownId, { force: true });
      if (!own.has(imageId)) slices.remove(imageId);
    }
  }

  /** Slices may still be known by their own names to the planes, until another series is shown. */
  function name(next: readonly SliceImage[]): void {
    release();
    forgetSources(next === images ? shownIds.filter((_, at) => sources[at]?.imageId !== images[at]?.imageId) : [...shownIds, ...cornerstoneIds(images, images.map((image) => sliceSource(image)))]);
    images = next;
    sources = shownSources(images, slab);
    shownIds = cornerstoneIds(images, sources);
    indexOfId = new Map(shownIds.map((imageId, index) => [imageId, index]));
  }

  return {
    async show(next, index) {
      prefetcher?.stop();
      lost.clear();
      name(next);
      const first = next[0];
      await viewport.setStack([...shownIds], index);
      if (first === undefined || signal.aborted) return;
      // The element may have changed its size while it was empty.
      engine.resize(true, false);
      applyWindow(chosen);
      fitZoom = viewport.getZoom();
      prefetcher = prefetchNearest(next.map((image) => sliceSource(image, true)), Math.max(8, Math.floor(cacheableImages(first.rows, first.columns) * cacheShare)), listeners.loaded);
      prefetcher.focus(index);
    },
    shownIndex() {
      const image = geometry.shown();
      return image === undefined ? -1 : images.indexOf(image);
    },
    goTo(index) {
      if (index < 0 || index >= images.length) return;
      listeners.slice(index);
      display(index).then(() => { prefetcher?.focus(index); }, (error: unknown) => { listeners.failed(index, error); });
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
      const middle = geometry.toPixel(element.clientWidth / 2, element.clientHeight / 2);
      // About the middle of the image, which may be out of sight: what was in the middle of the canvas comes back there.
      viewport.setCamera(axis === 'horizontal' ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical });
      if (middle !== undefined) bringToMiddle(...middle);
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
    setTool: (tool) => { setPrimaryTool(viewportId, tool); },
    async setSlab(next) {
      if (next === undefined && slab === undefined) return;
      slab = next;
      if (images.length === 0) return;
      name(images);
      await setStackAgain(viewport.getCurrentImageIdIndex());
    },
    centreOn(column, row, zoomAtLeast) {
      if (viewport.getZoom() < fitZoom * zoomAtLeast) viewport.setZoom(fitZoom * zoomAtLeast);
      bringToMiddle(column, row);
      viewport.render();
    },
    viewpoint() {
      const plane = geometry.shown()?.plane;
      const centre = geometry.toPixel(element.clientWidth / 2, element.clientHeight / 2);
      if (plane === undefined || centre === undefined) return undefined;
      const { parallelScale = 1, flipHorizontal = false, flipVertical = false } = viewport.getCamera();
      // The parallel scale is half the height of what is in sight, mm.
      return {
        centre: pixelToWorld(plane, ...centre), pixelsPerMm: element.clientHeight / 2 / parallelScale,
        rotation: viewport.getViewPresentation().rotation ?? 0, flipHorizontal, flipVertical,
      };
    },
    setViewpoint({ centre, pixelsPerMm, rotation, flipHorizontal, flipVertical }) {
      const plane = geometry.shown()?.plane;
      if (plane === undefined) return;
      const camera = viewport.getCamera();
      // Said again, both would turn the camera about a point of its own.
      if ((camera.flipHorizontal ?? false) !== flipHorizontal || (camera.flipVertical ?? false) !== flipVertical) viewport.setCamera({ flipHorizontal, flipVertical });
      if ((viewport.getViewPresentation().rotation ?? 0) !== rotation) viewport.setViewPresentation({ rotation });
      viewport.setCamera({ parallelScale: element.clientHeight / 2 / pixelsPerMm });
      bringToMiddle(...worldToPixel(plane, centre));
      viewport.render();
    },
    toCanvas: geometry.toCanvas,
    toPixel: geometry.toPixel,
    probe: geometry.probe,
    canvasDirection: geometry.canvasDirection,
    destroy() {
      abort.abort();
      resize.disconnect();
      prefetcher?.stop();
      name([]);
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, onLoadError);
      engine.disableElement(viewportId);
      releaseTools(viewportId);
    },
  };
}
