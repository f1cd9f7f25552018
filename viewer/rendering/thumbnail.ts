import { worldToPixel, type Point3, type SliceImage } from './slice-images.ts';
import { slices, sliceSource } from './slices.ts';
import type { Window } from './types.ts';

/** Side of the square that is cut out, mm: a nodule of 30 mm and what is around it. */
const leastSideMm = 40;

/**
 * Draws the surroundings of a point into a square canvas, straight from the pixels of its slice: the same values that
 * the viewport shows. False while the slice is not loaded.
 */
export function drawThumbnail(canvas: HTMLCanvasElement, slice: SliceImage, world: Point3, diameterMm: number, window: Window): boolean {
  const pixels = slices.get(slice.imageId);
  const context = canvas.getContext('2d');
  if (pixels?.kind !== 'grey' || slice.plane === undefined || context === null) return false;
  const { values, rows, columns } = pixels;
  const [centreColumn, centreRow] = worldToPixel(slice.plane, world);
  const sideMm = Math.max(leastSideMm, diameterMm * 2);
  const [columnStep, rowStep] = [sideMm / slice.plane.columnSpacingMm / canvas.width, sideMm / slice.plane.rowSpacingMm / canvas.height];
  const lower = window.centre - window.width / 2;
  const value = (column: number, row: number): number => (
    column >= 0 && row >= 0 && column < columns && row < rows ? values[row * columns + column] ?? lower : lower);
  const out = context.createImageData(canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const column = centreColumn + (x + 0.5 - canvas.width / 2) * columnStep;
      const row = centreRow + (y + 0.5 - canvas.height / 2) * rowStep;
      const [c, r] = [Math.floor(column), Math.floor(row)];
      const [dc, dr] = [column - c, row - r];
      const hu = (value(c, r) * (1 - dc) + value(c + 1, r) * dc) * (1 - dr) + (value(c, r + 1) * (1 - dc) + value(c + 1, r + 1) * dc) * dr;
      const grey = Math.min(255, Math.max(0, ((hu - lower) / window.width) * 255));
      const at = (y * canvas.width + x) * 4;
      out.data[at] = grey;
      out.data[at + 1] = grey;
      out.data[at + 2] = grey;
      out.data[at + 3] = 255;
    }
  }
  context.putImageData(out, 0, 0);
  return true;
}

/** Loads a slice in the background; false when it could not be had, which is said where the slice itself is shown. */
export async function fetchSlice(slice: SliceImage): Promise<boolean> {
  return slices.load(sliceSource(slice, true)).then(() => true, () => false);
}
