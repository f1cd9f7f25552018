import { apply, fitScale, fitted, inverse, matrixOf, moved, turned, zoomed, type Bitmap, type Matrix, type Placement, type Size } from '../placement.ts';
import { prefetchNearest, type Prefetcher } from '../prefetch.ts';
import { shownSources } from '../slab.ts';
import type { Slab } from '../slab-slices.ts';
import type { PixelSource } from '../slice-cache.ts';
import { pixelToWorld, worldToPixel, type Point3, type SliceImage } from '../slice-images.ts';
import type { SlicePixels } from '../slice-pixels.ts';
import { cacheableImages, slices, sliceSource } from '../slices.ts';
import type { StackView, StackViewOptions, ViewListeners } from '../stack-view.ts';
import type { PrimaryTool, Window } from '../types.ts';
import { bitmapCanvas } from './bitmap-canvas.ts';
import { pointerTools } from './pointer-tools.ts';
import { dragged } from './window-drag.ts';

/** What is on the screen. */
interface Shown {
  readonly index: number;
  readonly image: SliceImage;
  readonly pixels: SlicePixels;
}

function bitmapOf({ rows, columns, plane }: SliceImage): Bitmap {
  return { rows, columns, columnSpacingMm: plane?.columnSpacingMm ?? 1, rowSpacingMm: plane?.rowSpacingMm ?? 1 };
}

/** A stack drawn by the processor: one table look-up for each pixel, and the browser scales the picture. */
export function createStackView(element: HTMLDivElement, firstWindow: Window, listeners: ViewListeners, { cacheShare }: StackViewOptions): StackView {
  const bitmap = bitmapCanvas();
  element.append(bitmap.element);
  const abort = new AbortController();
  let images: readonly SliceImage[] = [];
  let sources: readonly PixelSource[] = [];
  let slab: Slab | undefined;
  let prefetcher: Prefetcher | undefined;
  let window = firstWindow;
  let isInverted = false;
  let tool: PrimaryTool = 'window';
  let wanted = 0;
  /** Counts the stacks, so that slices of an earlier one are not shown. */
  let stack = 0;
  let shown: Shown | undefined;
  let placement: Placement | undefined;
  let size: Size = { width: element.clientWidth, height: element.clientHeight };
  let frame = 0;
  let needsPaint = false;

  /** Undefined before the first slice, and while the element has no size. */
  function matrix(): Matrix | undefined {
    return shown === undefined || placement === undefined || size.width === 0 || size.height === 0 ? undefined : matrixOf(placement, bitmapOf(shown.image), size);
  }

  function draw(): void {
    frame = 0;
    const at = matrix();
    if (shown === undefined || at === undefined) return;
    if (needsPaint) bitmap.paint(shown.pixels, window, isInverted);
    needsPaint = false;
    bitmap.place(at);
    listeners.rendered();
  }

  /** Everything that changed since the last frame is drawn with the next one. */
  function changed(pixels: boolean): void {
    needsPaint ||= pixels;
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function put(index: number, pixels: SlicePixels): void {
    const image = images[index];
    if (image === undefined) return;
    placement ??= fitted(bitmapOf(image));
    shown = { index, image, pixels };
    changed(true);
  }

  /** Loads and shows a slice; an older wish is shown on the way if it is nearer than what is on the screen. */
  async function display(index: number): Promise<void> {
    const source = sources[index];
    if (source === undefined) return;
    const own = stack;
    const there = slices.get(source.imageId);
    const pixels = there ?? await slices.load(source);
    if (own !== stack || abort.signal.aborted) return;
    if (index === wanted || shown === undefined || Math.abs(index - wanted) < Math.abs(shown.index - wanted)) put(index, pixels);
  }

  function goTo(index: number): void {
    if (index < 0 || index >= images.length) return;
    wanted = index;
    listeners.slice(index);
    prefetcher?.focus(index);
    display(index).catch((error: unknown) => { listeners.failed(index, error); });
  }

  function place(change: (placement: Placement, bitmap: Bitmap) => Placement): void {
    if (shown === undefined || placement === undefined) return;
    placement = change(placement, bitmapOf(shown.image));
    changed(false);
  }

  const middle = (): readonly [number, number] => [size.width / 2, size.height / 2];
  const toPixel = (x: number, y: number): readonly [number, number] | undefined => {
    const at = matrix();
    if (at === undefined) return undefined;
    const [column, row] = apply(inverse(at), x, y);
    // Whole numbers are the centres of pixels.
    return [column - 0.5, row - 0.5];
  };
  const worldAt = (x: number, y: number): Point3 | undefined => {
    const at = toPixel(x, y);
    return at === undefined || shown?.image.plane === undefined ? undefined : pixelToWorld(shown.image.plane, ...at);
  };

  function setWindow(next: Window): void {
    window = next;
    changed(true);
  }

  pointerTools(element, () => tool, {
    window: (dx, dy) => { setWindow(dragged(window, dx, dy)); },
    pan: (dx, dy) => { place((now, on) => moved(now, dx, dy, on, size)); },
    zoom: (factor, at) => { place((now, on) => zoomed(now, factor, on, size, at)); },
    scroll: (steps) => { goTo(Math.min(images.length - 1, Math.max(0, wanted + steps))); },
  }, abort.signal);

  const resize = new ResizeObserver(() => {
    size = { width: element.clientWidth, height: element.clientHeight };
    changed(false);
  });
  resize.observe(element);

  return {
    async show(next, index) {
      prefetcher?.stop();
      stack += 1;
      shown = undefined;
      placement = undefined;
      images = next;
      sources = shownSources(next, slab);
      wanted = index;
      const [first] = next;
      if (first === undefined) return;
      const showing = display(index);
      // The slice that is waited for goes first.
      await showing;
      if (abort.signal.aborted || images !== next) return;
      prefetcher = prefetchNearest(next.map((image) => sliceSource(image, true)), Math.max(8, Math.floor(cacheableImages(first.rows, first.columns) * cacheShare)), listeners.loaded);
      prefetcher.focus(wanted);
    },
    shownIndex: () => shown?.index ?? -1,
    goTo,
    window: () => (shown === undefined ? undefined : window),
    setWindow,
    invert() {
      isInverted = !isInverted;
      changed(true);
    },
    zoomBy: (factor) => { place((now, on) => zoomed(now, factor, on, size, middle())); },
    rotate: (degrees) => { place((now) => turned(now, degrees)); },
    flip: (axis) => { place((now) => (axis === 'horizontal' ? { ...now, flipHorizontal: !now.flipHorizontal } : { ...now, flipVertical: !now.flipVertical })); },
    reset() {
      isInverted = false;
      needsPaint = true;
      place((_, on) => fitted(on));
    },
    setTool: (next) => { tool = next; },
    async setSlab(next) {
      if (next === undefined && slab === undefined) return;
      slab = next;
      for (const { imageId } of sources) if (images.every((image) => image.imageId !== imageId)) slices.remove(imageId);
      sources = shownSources(images, slab);
      stack += 1;
      if (images.length > 0) await display(wanted);
    },
    centreOn: (column, row, zoomAtLeast) => { place((now) => ({ ...now, zoom: Math.max(now.zoom, zoomAtLeast), centre: [column + 0.5, row + 0.5] })); },
    viewpoint() {
      const centre = worldAt(...middle());
      if (centre === undefined || shown === undefined || placement === undefined) return undefined;
      const { zoom, rotation, flipHorizontal, flipVertical } = placement;
      return { centre, pixelsPerMm: fitScale(bitmapOf(shown.image), size, rotation) * zoom, rotation, flipHorizontal, flipVertical };
    },
    setViewpoint({ centre, pixelsPerMm, rotation, flipHorizontal, flipVertical }) {
      const plane = shown?.image.plane;
      if (plane === undefined) return;
      const [column, row] = worldToPixel(plane, centre);
      place((_, on) => ({ centre: [column + 0.5, row + 0.5], zoom: pixelsPerMm / fitScale(on, size, rotation), rotation, flipHorizontal, flipVertical }));
    },
    toCanvas(column, row) {
      const at = matrix();
      return at === undefined ? undefined : apply(at, column + 0.5, row + 0.5);
    },
    toPixel,
    probe(x, y) {
      const at = toPixel(x, y);
      if (at === undefined || shown?.pixels.kind !== 'grey') return undefined;
      const { columns, rows, values } = shown.pixels;
      const [column, row] = [Math.round(at[0]), Math.round(at[1])];
      if (column < 0 || row < 0 || column >= columns || row >= rows) return undefined;
      return { column, row, value: Math.round(values[row * columns + column] ?? 0) };
    },
    canvasDirection(x, y) {
      const [from, to] = [worldAt(...middle()), worldAt(middle()[0] + x * 100, middle()[1] + y * 100)];
      if (from === undefined || to === undefined) return undefined;
      const step: Point3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
      const length = Math.hypot(...step);
      return length === 0 ? undefined : [step[0] / length, step[1] / length, step[2] / length];
    },
    destroy() {
      abort.abort();
      cancelAnimationFrame(frame);
      resize.disconnect();
      prefetcher?.stop();
      bitmap.element.remove();
    },
  };
}
