import { apply, fitted, inverse, matrixOf, moved, zoomed, type Matrix, type Placement, type Size } from '../placement.ts';
import { reformatPlanes, type ReformatPlane, type ReformatView, type ReformatViews } from '../reformat-view.ts';
import { coordinatesOf, planeFrame, pointOf, reslice, type SliceValues } from '../reslice.ts';
import type { Slab } from '../slab-slices.ts';
import { dot, gridOf, type SliceGrid } from '../slice-grid.ts';
import type { Point3, SliceImage } from '../slice-images.ts';
import type { GreyPixels } from '../slice-pixels.ts';
import { slices } from '../slices.ts';
import type { Window } from '../types.ts';
import { bitmapCanvas } from './bitmap-canvas.ts';
import { pointerTools } from './pointer-tools.ts';

/** While slices arrive the planes are cut anew at most this often. */
const refreshMs = 250;

interface CanvasPlane extends ReformatView {
  /** More slices have come. */
  readonly refresh: () => void;
  readonly destroy: () => void;
}

function canvasPlane(grid: SliceGrid, plane: ReformatPlane, valuesOf: SliceValues, isInverted: boolean, element: HTMLDivElement, changed: () => void): CanvasPlane {
  const bitmap = bitmapCanvas();
  element.append(bitmap.element);
  const abort = new AbortController();
  const frame = planeFrame(grid, plane);
  const pixels: GreyPixels = { kind: 'grey', rows: frame.bitmap.rows, columns: frame.bitmap.columns, values: new Float32Array(frame.bitmap.rows * frame.bitmap.columns), inverted: isInverted };
  const centre = (axis: 0 | 1 | 2): number => grid.origin[axis] + (grid.steps[0][axis] * (grid.columns - 1) + grid.steps[1][axis] * (grid.rows - 1) + grid.steps[2][axis] * (grid.slices - 1)) / 2;
  /** Where the plane lies along its normal, mm. */
  let across = dot([centre(0), centre(1), centre(2)], frame.normal);
  let slab: Slab | undefined;
  let window: Window | undefined;
  let placement: Placement = fitted(frame.bitmap);
  let size: Size = { width: element.clientWidth, height: element.clientHeight };
  let next = 0;
  let [needsCut, needsPaint] = [true, true];

  const matrix = (): Matrix => matrixOf(placement, frame.bitmap, size);
  const toWorld = (x: number, y: number): Point3 => pointOf(frame, across, ...apply(inverse(matrix()), x, y));

  function draw(): void {
    next = 0;
    if (window === undefined || size.width === 0 || size.height === 0) return;
    if (needsCut) reslice(grid, frame, across, slab, valuesOf, pixels.values as Float32Array);
    if (needsCut || needsPaint) bitmap.paint(pixels, window, false);
    [needsCut, needsPaint] = [false, false];
    bitmap.place(matrix());
    changed();
  }

  function redraw(what: 'cut' | 'paint' | 'place'): void {
    needsCut ||= what === 'cut';
    needsPaint ||= what === 'paint';
    if (next === 0) next = requestAnimationFrame(draw);
  }

  function cut(at: number): void {
    if (Math.abs(at - across) < 1e-6) {
      redraw('place');
      return;
    }
    across = at;
    redraw('cut');
  }

  pointerTools(element, () => undefined, {
    window: () => undefined,
    pan(dx, dy) {
      placement = moved(placement, dx, dy, frame.bitmap, size);
      redraw('place');
    },
    zoom(factor, at) {
      placement = zoomed(placement, factor, frame.bitmap, size, at);
      redraw('place');
    },
    scroll: (steps) => { cut(across + steps * frame.acrossMm); },
  }, abort.signal);

  return {
    cutAt: (world) => { cut(dot(world, frame.normal)); },
    bringIntoSight(world) {
      const whole = fitted(frame.bitmap);
      if (placement.zoom === whole.zoom && placement.centre[0] === whole.centre[0] && placement.centre[1] === whole.centre[1]) return;
      placement = { ...placement, centre: coordinatesOf(frame, world) };
      redraw('place');
    },
    setWindow(to) {
      window = to;
      redraw('paint');
    },
    setSlab(to) {
      slab = to;
      redraw('cut');
    },
    toCanvas: (world) => apply(matrix(), ...coordinatesOf(frame, world)),
    toWorld,
    planePoint: () => pointOf(frame, across, frame.bitmap.columns / 2, frame.bitmap.rows / 2),
    resize() {
      size = { width: element.clientWidth, height: element.clientHeight };
      redraw('place');
    },
    refresh: () => { redraw('cut'); },
    destroy() {
      abort.abort();
      cancelAnimationFrame(next);
      bitmap.element.remove();
    },
  };
}

/** Cuts two planes out of the loaded slices of the series; those that are still on their way appear as they come. */
export async function createReformatViews(
  images: readonly SliceImage[], elements: Readonly<Record<ReformatPlane, HTMLDivElement>>, changed: (plane: ReformatPlane) => void,
): Promise<ReformatViews> {
  const grid = gridOf(images);
  if (grid === undefined) throw new RangeError('the slices have no place in the patient');
  const own = new Set(images.map(({ imageId }) => imageId));
  const grey = (slice: number): GreyPixels | undefined => {
    const pixels = slices.get(images[slice]?.imageId ?? '');
    return pixels?.kind === 'grey' ? pixels : undefined;
  };
  const isInverted = images.some((_, slice) => grey(slice)?.inverted === true);
  const open = (plane: ReformatPlane): CanvasPlane => canvasPlane(grid, plane, (slice) => grey(slice)?.values, isInverted, elements[plane], () => { changed(plane); });
  const views = { coronal: open('coronal'), sagittal: open('sagittal') };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = slices.onLoaded((imageId) => {
    if (own.has(imageId)) timer ??= setTimeout(() => {
      timer = undefined;
      for (const plane of reformatPlanes) views[plane].refresh();
    }, refreshMs);
  });
  return {
    views,
    destroy() {
      stop();
      clearTimeout(timer);
      for (const plane of reformatPlanes) views[plane].destroy();
    },
  };
}
