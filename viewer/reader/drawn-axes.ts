/** The axes of a finding that the reader draws where the server found no border: first the long one, then the short one. */
import type { SliceImage } from '../rendering/slice-images.ts';
import { lengthOf } from './measure-geometry.ts';
import type { PixelPoint, Segment } from './measures.ts';

export interface DrawnAxes {
  /** Why they are drawn: the code with which measuring ended. */
  readonly code: string;
  /** Where the pointer or the keys are. */
  readonly cross: PixelPoint;
  /** The first end of the axis that is being drawn. */
  readonly from?: PixelPoint;
  /** The slice of the axes that there are. */
  readonly slice?: Pick<SliceImage, 'sopInstanceUID' | 'frameNumber'>;
  readonly long?: Segment;
  readonly short?: Segment;
}

/** Shorter than this was a click, not an axis. */
const leastAxisMm = 1;

export function isOnSlice({ slice }: DrawnAxes, image: SliceImage): boolean {
  return slice !== undefined && slice.sopInstanceUID === image.sopInstanceUID && slice.frameNumber === image.frameNumber;
}

/** An axis begins here. On another slice, or with both axes there, the drawing begins anew. */
export function beginAxis(axes: DrawnAxes, image: SliceImage, at: PixelPoint): DrawnAxes {
  const keeps = isOnSlice(axes, image) && axes.short === undefined;
  const { code, long } = axes;
  return {
    code, cross: at, from: at, slice: { sopInstanceUID: image.sopInstanceUID, ...(image.frameNumber === undefined ? {} : { frameNumber: image.frameNumber }) },
    ...(keeps && long !== undefined ? { long } : {}),
  };
}

/** The axis ends at the cross; one that is too short is taken away. */
export function endAxis({ from, ...axes }: DrawnAxes, image: SliceImage): DrawnAxes {
  if (from === undefined || image.plane === undefined || !isOnSlice(axes, image)) return axes;
  const drawn: Segment = [from, axes.cross];
  if (lengthOf(drawn, { columnMm: image.plane.columnSpacingMm, rowMm: image.plane.rowSpacingMm }) < leastAxisMm) return axes;
  return axes.long === undefined ? { ...axes, long: drawn } : { ...axes, short: drawn };
}
