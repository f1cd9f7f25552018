import type { Slab } from './slab-slices.ts';
import type { Point3 } from './slice-images.ts';
import type { Window } from './types.ts';

export type ReformatPlane = 'coronal' | 'sagittal';
export const reformatPlanes: readonly ReformatPlane[] = ['coronal', 'sagittal'];

/** A coronal or sagittal plane through the series, cut at the cursor. */
export interface ReformatView {
  /** Moves the plane so that it goes through the point (LPS mm). */
  readonly cutAt: (world: Point3) => void;
  /** Brings the point to the middle where the view was magnified or moved; otherwise all of it is in sight. */
  readonly bringIntoSight: (world: Point3) => void;
  readonly setWindow: (window: Window) => void;
  /** A thick plane; undefined for a thin one. */
  readonly setSlab: (slab: Slab | undefined) => void;
  readonly toCanvas: (world: Point3) => readonly [number, number];
  readonly toWorld: (x: number, y: number) => Point3;
  /** A point of the plane that is shown. */
  readonly planePoint: () => Point3;
  readonly resize: () => void;
}

export interface ReformatViews {
  readonly views: Readonly<Record<ReformatPlane, ReformatView>>;
  readonly destroy: () => void;
}
