import type { Window } from '../types.ts';

/** Hounsfield units for a pixel of the mouse's way. */
const unitsPerPixel = 4;

/** Right widens, down raises the centre: as OHIF does it. */
export function dragged({ width, centre }: Window, dx: number, dy: number): Window {
  return { width: Math.max(1, width + dx * unitsPerPixel), centre: centre + dy * unitsPerPixel };
}
