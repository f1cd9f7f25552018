import { ontoPlane, pixelToWorld, worldToPixel, type SliceImage } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { el, fill, svg } from '../ui/dom.ts';
import type { Store } from '../ui/store.ts';
import type { ObjectOverlays } from './overlays.ts';
import type { Position, Shape } from './presentation.ts';
import { framesOn, type Segmentation, type SegmentFrame } from './segmentation.ts';

type CanvasPoint = readonly [x: number, y: number];
/** Distinct from the AI's marks and from the reader's own measures. RGB. */
const colours: readonly (readonly [number, number, number])[] = [[255, 120, 200], [255, 170, 90], [150, 140, 255], [120, 230, 130], [230, 230, 120]];
const maskOpacity = 90;

/** What the layer needs of the reader. */
export interface ShownImage {
  readonly images: readonly SliceImage[];
  readonly shown: number;
  readonly frame: number;
}

function maskCanvas(segmentation: Segmentation, { frame, segmentNumber, value }: SegmentFrame): HTMLCanvasElement {
  const { rows, columns, masks } = segmentation;
  const canvas = el('canvas', { class: 'segment-mask', data: { segment: segmentNumber } });
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const data = context.createImageData(columns, rows);
  const [red, green, blue] = colours[(segmentNumber - 1) % colours.length] ?? [255, 255, 255];
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    if (masks[frame * rows * columns + pixel] === value) data.data.set([red, green, blue, maskOpacity], pixel * 4);
  }
  context.putImageData(data, 0, 0);
  return canvas;
}

/** Where a pixel of the segmentation's own grid lies on the canvas. */
function place(view: StackView, image: SliceImage, frame: SegmentFrame, column: number, row: number): CanvasPoint | undefined {
  if (frame.plane === undefined || image.plane === undefined) return view.toCanvas(column, row);
  return view.toCanvas(...worldToPixel(image.plane, ontoPlane(image.plane, pixelToWorld(frame.plane, column, row))));
}

function placed(view: StackView, image: SliceImage, segmentation: Segmentation, frame: SegmentFrame): HTMLElement | undefined {
  const [origin, right, down] = [place(view, image, frame, -0.5, -0.5), place(view, image, frame, segmentation.columns - 0.5, -0.5), place(view, image, frame, -0.5, segmentation.rows - 0.5)];
  if (origin === undefined || right === undefined || down === undefined) return undefined;
  const canvas = maskCanvas(segmentation, frame);
  const { columns, rows } = segmentation;
  const matrix = [(right[0] - origin[0]) / columns, (right[1] - origin[1]) / columns, (down[0] - origin[0]) / rows, (down[1] - origin[1]) / rows, origin[0], origin[1]];
  canvas.style.transform = `matrix(${matrix.join(',')})`;
  return canvas;
}

function drawShape(view: StackView, shape: Shape): SVGElement | undefined {
  const on = ([column, row]: Position): CanvasPoint | undefined => view.toCanvas(column, row);
  switch (shape.kind) {
    case 'line': {
      const points = shape.points.map(on).filter((point) => point !== undefined);
      return svg('polyline', { class: 'state-line', points: points.map((point) => point.join(',')).join(' ') });
    }
    case 'point': {
      const at = on(shape.at);
      return at === undefined ? undefined : svg('circle', { class: 'state-point', cx: at[0], cy: at[1], r: 3 });
    }
    case 'circle': {
      const [centre, edge] = [on(shape.centre), on(shape.onCircle)];
      return centre === undefined || edge === undefined ? undefined : svg('circle', { class: 'state-line', cx: centre[0], cy: centre[1], r: Math.hypot(edge[0] - centre[0], edge[1] - centre[1]) });
    }
    case 'ellipse': {
      const [a, b, c, d] = [...shape.major, ...shape.minor].map(on);
      if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
      const angle = Math.atan2(b[1] - a[1], b[0] - a[0]) * 180 / Math.PI;
      const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      return svg('ellipse', {
        class: 'state-line', cx: x, cy: y, rx: Math.hypot(b[0] - a[0], b[1] - a[1]) / 2, ry: Math.hypot(d[0] - c[0], d[1] - c[1]) / 2, transform: `rotate(${String(angle)} ${String(x)} ${String(y)})`,
      });
    }
    case 'text': {
      const at = on(shape.at);
      return at === undefined ? undefined : svg('text', { class: 'state-text', x: at[0], y: at[1] }, shape.text);
    }
  }
}

/** The usual distance to the next slice, for segmentations that are placed in space alone. */
function spacingOf(images: readonly SliceImage[]): number {
  const [a, b] = [images[0]?.plane?.position, images[1]?.plane?.position];
  return a === undefined || b === undefined ? 1 : Math.max(0.1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
}

/** Masks and graphics of other makers' objects over the slice. */
export function objectLayer(view: () => StackView | undefined, store: Store<ShownImage>, overlays: Store<ObjectOverlays>): { readonly element: HTMLElement; readonly stop: () => void } {
  const masks = el('div', { class: 'masks' });
  const graphics = svg('svg', { 'class': 'graphics', 'aria-hidden': 'true' });
  const element = el('div', { class: 'objects', aria: { hidden: true } }, masks, graphics);

  function draw(): void {
    const { images, shown } = store.get();
    const { segmentations, presentations } = overlays.get();
    const image = images[shown];
    const current = view();
    if (image === undefined || current === undefined || segmentations.length + presentations.length === 0) {
      if (element.querySelector('canvas, polyline, circle, ellipse, text') !== null) { fill(masks); graphics.replaceChildren(); }
      return;
    }
    fill(masks, segmentations.flatMap((segmentation) => framesOn(segmentation, image, spacingOf(images)).map((frame) => placed(current, image, segmentation, frame))));
    graphics.replaceChildren(...presentations.flatMap((each) => each.shapesFor(image).map((shape) => drawShape(current, shape)).filter((shape) => shape !== undefined)));
  }
  const stops = [store.watch(['frame', 'shown', 'images'], draw), overlays.watch(['segmentations', 'presentations'], draw)];
  return { element, stop: () => { for (const stop of stops) stop(); } };
}
