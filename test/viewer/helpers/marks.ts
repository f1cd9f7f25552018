/** What is on the screen, measured: the marks from their SVG, the image from a screenshot. */
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { boxSeries } from './box-series.ts';
import { eventually } from './eventually.ts';

/** -900 HU in the lung window 1500 / -600. */
const airGrey = (boxSeries.airHU + 1350) / 1500 * 255;

export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Bounding box of a finding's outline, in CSS pixels of the viewport. */
export async function outlineBounds(page: Page, finding: number): Promise<Bounds> {
  const points = await page.locator(`.overlay [data-finding="${finding}"] polygon`).first().getAttribute('points');
  const numbers = points!.split(/[ ,]/).map(Number);
  const xs = numbers.filter((_, at) => at % 2 === 0);
  const ys = numbers.filter((_, at) => at % 2 === 1);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** How far from `from` the values stay above `threshold` when walking by `step`, to a fraction of a pixel. */
function edge(values: readonly number[], from: number, step: 1 | -1, threshold: number): number {
  let at = from;
  while (values[at] !== undefined && values[at]! >= threshold) at += step;
  const outside = values[at];
  if (outside === undefined) throw new Error('the box runs out of the viewport');
  const inside = values[at - step]!;
  // Sample i of a screenshot is the centre of CSS pixel i, hence half a pixel further.
  return at - step * (threshold - outside) / (inside - outside) + 0.5;
}

/** Edges of the white box, measured from (x, y) outwards, in CSS pixels of the viewport. */
export async function brightBounds(viewport: Locator, x: number, y: number): Promise<Bounds> {
  const { data, info } = await sharp(await viewport.screenshot()).greyscale().raw().toBuffer({ resolveWithObject: true });
  const at = (column: number, row: number): number => data[row * info.width + column]!;
  const [column, row] = [Math.round(x), Math.round(y)];
  if (at(column, row) < 250) throw new Error(`there is no box at ${column}, ${row}: ${at(column, row)}`);
  const alongX = Array.from({ length: info.width }, (_, each) => at(each, row));
  const alongY = Array.from({ length: info.height }, (_, each) => at(column, each));
  // Half way between the white of the box and the grey of the air in the lung window.
  const threshold = (255 + airGrey) / 2;
  return {
    left: edge(alongX, column, -1, threshold), right: edge(alongX, column, 1, threshold),
    top: edge(alongY, row, -1, threshold), bottom: edge(alongY, row, 1, threshold),
  };
}

/** How far the mark of the box is from its edges, in pixels of the image. */
async function deviation(page: Page): Promise<number> {
  const outline = page.locator('.overlay [data-finding="1"] polygon');
  await outline.waitFor();
  const marks = await outlineBounds(page, 1);
  await page.keyboard.press('o');
  await outline.waitFor({ state: 'detached' });
  const pixels = await brightBounds(page.locator('.viewport'), (marks.left + marks.right) / 2, (marks.top + marks.bottom) / 2);
  await page.keyboard.press('o');
  // The box is ten pixels wide.
  const pixel = (marks.right - marks.left) / 10;
  return Math.max(...(['left', 'right', 'top', 'bottom'] as const).map((side) => Math.abs(marks[side] - pixels[side]))) / pixel;
}

/** Half a pixel would be seen. The view may still be moving at the first look. */
export async function expectMarksOnPixels(page: Page): Promise<void> {
  await eventually(() => deviation(page)).toBeLessThan(0.15);
}
