/** The graphics of a presentation state (PS3.3 C.10.5), as shapes in the pixels of the images they refer to. */
import { itemsOf, numberOf, numbersOf, textOf, type JsonDataset } from '../dicom-json.ts';

/** Column and row; (0,0) is the centre of the top-left pixel. */
export type Position = readonly [column: number, row: number];

export type Shape =
  | { readonly kind: 'line'; readonly points: readonly Position[] }
  | { readonly kind: 'point'; readonly at: Position }
  | { readonly kind: 'circle'; readonly centre: Position; readonly onCircle: Position }
  | { readonly kind: 'ellipse'; readonly major: readonly [Position, Position]; readonly minor: readonly [Position, Position] }
  | { readonly kind: 'text'; readonly at: Position; readonly text: string };

export interface PresentationGraphics {
  readonly sopInstanceUID: string;
  /** Shapes for an image of that size; positions in units of the display need it. */
  readonly shapesFor: (image: { readonly sopInstanceUID: string; readonly frameNumber?: number; readonly rows: number; readonly columns: number }) => readonly Shape[];
}

type Size = { readonly rows: number; readonly columns: number };

/** PIXEL counts from the corner of the first pixel, DISPLAY in shares of the area, MATRIX is for tiled images only. */
function positionsOf(data: readonly number[], units: string | undefined, { rows, columns }: Size): readonly Position[] {
  const scale: Position = units === 'DISPLAY' ? [columns, rows] : [1, 1];
  const out: Position[] = [];
  for (let at = 0; at + 1 < data.length; at += 2) out.push([(data[at] ?? 0) * scale[0] - 0.5, (data[at + 1] ?? 0) * scale[1] - 0.5]);
  return out;
}

/** A smooth line through the points: what INTERPOLATED asks for (PS3.3 C.10.5.1.2). */
function smoothed(points: readonly Position[]): readonly Position[] {
  if (points.length < 3) return points;
  const at = (index: number): Position => points[Math.min(points.length - 1, Math.max(0, index))] ?? [0, 0];
  const out: Position[] = [];
  for (let index = 0; index + 1 < points.length; index++) {
    const [p0, p1, p2, p3] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    for (let step = 0; step < 8; step++) {
      const u = step / 8;
      const blend = (axis: 0 | 1): number => 0.5 * (2 * p1[axis] + (p2[axis] - p0[axis]) * u + (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * u ** 2 + (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * u ** 3);
      out.push([blend(0), blend(1)]);
    }
  }
  return [...out, at(points.length - 1)];
}

function graphicShapes(item: JsonDataset, size: Size): readonly Shape[] {
  const points = positionsOf(numbersOf(item, '00700022'), textOf(item, '00700005'), size);
  const [a, b, c, d] = points;
  switch (textOf(item, '00700023')) {
    case 'POINT': return a === undefined ? [] : [{ kind: 'point', at: a }];
    case 'CIRCLE': return a === undefined || b === undefined ? [] : [{ kind: 'circle', centre: a, onCircle: b }];
    case 'ELLIPSE': return a === undefined || b === undefined || c === undefined || d === undefined ? [] : [{ kind: 'ellipse', major: [a, b], minor: [c, d] }];
    case 'INTERPOLATED': return [{ kind: 'line', points: smoothed(points) }];
    default: return points.length < 2 ? [] : [{ kind: 'line', points }];
  }
}

function textShapes(item: JsonDataset, size: Size): readonly Shape[] {
  const text = textOf(item, '00700006');
  const [box] = positionsOf(numbersOf(item, '00700010'), textOf(item, '00700003'), size);
  const [anchor] = positionsOf(numbersOf(item, '00700014'), textOf(item, '00700004'), size);
  const at = box ?? anchor;
  if (text === undefined || at === undefined) return [];
  const leader: readonly Shape[] = box !== undefined && anchor !== undefined && textOf(item, '00700015') === 'Y' ? [{ kind: 'line', points: [box, anchor] }] : [];
  return [...leader, { kind: 'text', at, text }];
}

/** Without a reference an annotation is for every image that the state refers to. */
function refersTo(annotation: JsonDataset, image: { readonly sopInstanceUID: string; readonly frameNumber?: number }): boolean {
  const references = itemsOf(annotation, '00081140');
  return references.length === 0 || references.some((reference) => {
    const frames = numbersOf(reference, '00081160');
    return textOf(reference, '00081155') === image.sopInstanceUID && (frames.length === 0 || frames.includes(image.frameNumber ?? 1));
  });
}

export function readPresentation(dataset: JsonDataset): PresentationGraphics {
  const layers = itemsOf(dataset, '00700060').toSorted((a, b) => (numberOf(a, '00700062') ?? 0) - (numberOf(b, '00700062') ?? 0)).map((layer) => textOf(layer, '00700002'));
  const order = (annotation: JsonDataset): number => layers.indexOf(textOf(annotation, '00700002'));
  const annotations = itemsOf(dataset, '00700001').toSorted((a, b) => order(a) - order(b));
  const all = itemsOf(dataset, '00081115').flatMap((series) => itemsOf(series, '00081140')).map((reference) => textOf(reference, '00081155'));
  return {
    sopInstanceUID: textOf(dataset, '00080018') ?? '',
    shapesFor: (image) => (all.length > 0 && !all.includes(image.sopInstanceUID) ? [] : annotations.filter((annotation) => refersTo(annotation, image)).flatMap((annotation) => [
      ...itemsOf(annotation, '00700009').flatMap((item) => graphicShapes(item, image)), ...itemsOf(annotation, '00700008').flatMap((item) => textShapes(item, image)),
    ])),
  };
}
