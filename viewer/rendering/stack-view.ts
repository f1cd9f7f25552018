import type { Slab } from './slab-slices.ts';
import type { Point3, SliceImage } from './slice-images.ts';
import type { PrimaryTool, Probe, Window } from './types.ts';

export interface ViewListeners {
  /** Another slice is shown, or the same one with another window, zoom or position. */
  readonly rendered: () => void;
  /** The slice that is asked for, before its pixels are there. */
  readonly slice: (index: number) => void;
  /** `rests`: nothing of the series is under way any more. */
  readonly loaded: (count: number, rests: boolean) => void;
  readonly failed: (index: number, error: unknown) => void;
}

/** Where things are on the canvas, for the slice whose pixels are shown. Everything is undefined before the first. */
export interface ViewGeometry {
  /** Canvas position (CSS pixels) of a pixel, (0,0) being the centre of the top-left one. */
  readonly toCanvas: (column: number, row: number) => readonly [number, number] | undefined;
  /** Column and row at a canvas position, in fractions of a pixel. */
  readonly toPixel: (x: number, y: number) => readonly [column: number, row: number] | undefined;
  /** The pixel under a canvas position and its value; undefined beside the image. */
  readonly probe: (x: number, y: number) => Probe | undefined;
  /** Patient direction (LPS, unit vector) of a step on the canvas, x to the right and y down. */
  readonly canvasDirection: (x: number, y: number) => Point3 | undefined;
}

/** What of the patient is in sight, so that another examination can be shown alike. */
export interface Viewpoint {
  /** In the middle of the canvas, LPS mm. */
  readonly centre: Point3;
  readonly pixelsPerMm: number;
  /** Clockwise, degrees; before the flips. */
  readonly rotation: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
}

/** A stack of slices in an element of the page, whatever draws it. */
export interface StackView extends ViewGeometry {
  /** Shows a series from this slice on. */
  show(images: readonly SliceImage[], index: number): Promise<void>;
  /** The slice whose pixels are on the screen. */
  shownIndex(): number;
  goTo(index: number): void;
  window(): Window | undefined;
  setWindow(window: Window): void;
  invert(): void;
  zoomBy(factor: number): void;
  rotate(degrees: number): void;
  flip(axis: 'horizontal' | 'vertical'): void;
  reset(): void;
  setTool(tool: PrimaryTool): void;
  /** Thick slices instead of single ones; undefined for the slices as they came. */
  setSlab(slab: Slab | undefined): Promise<void>;
  /** Brings a pixel of the shown slice to the middle, magnified at least so much. */
  centreOn(column: number, row: number, zoomAtLeast: number): void;
  /** Undefined before the first slice, and where slices have no place in the patient. */
  viewpoint(): Viewpoint | undefined;
  setViewpoint(viewpoint: Viewpoint): void;
  destroy(): void;
}

export interface StackViewOptions {
  /** One of its own for every view of the page. */
  readonly viewportId: string;
  /** How much of the kept pixels this view may fill with slices around the shown one. */
  readonly cacheShare: number;
}

export const mainView: StackViewOptions = { viewportId: 'axial', cacheShare: 1 };
