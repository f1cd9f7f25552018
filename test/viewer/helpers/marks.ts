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

/** Bounding box of what the mask of a segment paints, in CSS pixels of the viewport. */
export function maskBounds(page: Page, segment = 1): Promise<Bounds> {
  return page.evaluate<Bounds>(`(() => {
    const canvas = document.querySelector('.segment-mask[data-segment="${segment}"]');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const at = []; for (let i = 3; i < data.length; i += 4) if (data[i] > 0) at.push([(i - 3) / 4 % canvas.width, Math.floor((i - 3) / 4 / canvas.width)]);
    const xs = at.map((p) => p[0]), ys = at.map((p) => p[1]);
    const matrix = new DOMMatrix(canvas.style.transform);
    const a = matrix.transformPoint(new DOMPoint(Math.min(...xs), Math.min(...ys)));
    const b = matrix.transformPoint(new DOMPoint(Math.max(...xs) + 1, Math.max(...ys) + 1));
    return { left: a.x, right: b.x, top: a.y, bottom: b.y };
  })()`);
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

interface Levels {
  /** Grey that is inside for certain. */
  readonly inside: number;
  /** Half way between inside and outside. */
  readonly edge: number;
}

/** The white of the box and the grey of the air in the lung window. */
const boxLevels: Levels = { inside: 250, edge: (255 + airGrey) / 2 };

/** Edges of the white box, or of what is as bright as `levels` say, measured from (x, y) outwards, in CSS pixels of the viewport. */
export async function brightBounds(viewport: Locator, x: number, y: number, levels = boxLevels): Promise<Bounds> {
  const { data, info } = await sharp(await viewport.screenshot()).greyscale().raw().toBuffer({ resolveWithObject: true });
  const at = (column: number, row: number): number => data[row * info.width + column]!;
  const [column, row] = [Math.round(x), Math.round(y)];
  if (at(column, row) < levels.inside) throw new Error(`there is no box at ${column}, ${row}: ${at(column, row)}`);
  const alongX = Array.from({ length: info.width }, (_, each) => at(each, row));
  const alongY = Array.from({ length: info.height }, (_, each) => at(column, each));
  const threshold = levels.edge;
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

type Corner = readonly [x: number, y: number];

/** Where the outline's edges cross the horizontal and the vertical line through (x, y), nearest first outwards. */
function crossings(outline: readonly Corner[], x: number, y: number): Bounds {
  const on = (axis: 0 | 1, at: number): readonly number[] => outline.flatMap((from, index) => {
    const to = outline[(index + 1) % outline.length]!;
    return from[axis] > at === to[axis] > at ? [] : [from[1 - axis]! + (to[1 - axis]! - from[1 - axis]!) * (at - from[axis]) / (to[axis] - from[axis])];
  });
  const [along, up] = [on(1, y), on(0, x)];
  return {
    left: Math.max(...along.filter((each) => each < x)), right: Math.min(...along.filter((each) => each > x)),
    top: Math.max(...up.filter((each) => each < y)), bottom: Math.min(...up.filter((each) => each > y)),
  };
}

/** How far an outline is from the edges of what it encloses, to the sides and up and down; CSS pixels. `beside`: from its middle, where no line is drawn. */
export async function outlineDeviation(page: Page, area: Locator, outline: Locator, levels: Levels, beside: Corner = [0, 0]): Promise<{ readonly across: number; readonly upright: number }> {
  const numbers = (await outline.getAttribute('points'))!.split(/[ ,]/).map(Number);
  const corners = Array.from({ length: numbers.length / 2 }, (_, at): Corner => [numbers[at * 2]!, numbers[at * 2 + 1]!]);
  const middle = (axis: 0 | 1): number => (Math.min(...corners.map((each) => each[axis])) + Math.max(...corners.map((each) => each[axis]))) / 2;
  const [x, y] = [Math.round(middle(0) + beside[0]), Math.round(middle(1) + beside[1])];
  await page.keyboard.press('o');
  await outline.waitFor({ state: 'detached' });
  const pixels = await brightBounds(area, x, y, levels);
  await page.keyboard.press('o');
  await outline.waitFor({ state: 'attached' });
  const marks = crossings(corners, x + 0.5, y + 0.5);
  const apart = (side: keyof Bounds): number => Math.abs(marks[side] - pixels[side]);
  return { across: Math.max(apart('left'), apart('right')), upright: Math.max(apart('top'), apart('bottom')) };
}

/** How far the outline of the box in a plane across the slices is from its edges there, mm. */
async function sectionDeviationMm(page: Page, plane: Locator): Promise<number> {
  const polygon = plane.locator('.mark polygon');
  await polygon.waitFor({ state: 'attached' });
  const numbers = (await polygon.getAttribute('points'))!.split(/[ ,]/).map(Number);
  const outline = Array.from({ length: numbers.length / 2 }, (_, at): Corner => [numbers[at * 2]!, numbers[at * 2 + 1]!]);
  const middle = (axis: 0 | 1): number => (Math.min(...outline.map((each) => each[axis])) + Math.max(...outline.map((each) => each[axis]))) / 2;
  // Beside the lines through the cursor, which is on a slice below the middle.
  const [x, y] = [Math.round(middle(0) + 6), Math.round(middle(1) - 5)];
  await page.keyboard.press('o');
  await polygon.waitFor({ state: 'detached' });
  const pixels = await brightBounds(plane, x, y);
  await page.keyboard.press('o');
  const marks = crossings(outline, x + 0.5, y + 0.5);
  // Whatever the tilt, the box is twenty millimetres along the one edge and less along the other.
  const pixelsPerMm = Math.max(...outline.map(([ax, ay], at) => Math.hypot(outline[(at + 1) % outline.length]![0] - ax, outline[(at + 1) % outline.length]![1] - ay))) / 20;
  return Math.max(...(['left', 'right', 'top', 'bottom'] as const).map((side) => Math.abs(marks[side] - pixels[side]))) / pixelsPerMm;
}

/** Within half a pixel of the image in both planes, if no more is allowed: the corners of a tilted box are blurred. */
export async function expectSectionsOnPixels(page: Page, pixels = 0.5): Promise<void> {
  for (const name of ['coronal', 'sagittal']) {
    await eventually(() => sectionDeviationMm(page, page.locator(`.plane[data-plane="${name}"]`)), `${name}: distance in mm, a pixel has ${boxSeries.spacingMm}`).toBeLessThan(boxSeries.spacingMm * pixels);
  }
}
