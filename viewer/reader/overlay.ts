import { t } from '../i18n/index.ts';
import type { SliceImage } from '../rendering/slice-images.ts';
import { worldToPixel } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { isAiHidden, listFindings, markName, type ListedFinding } from '../review/listed.ts';
import { svg } from '../ui/dom.ts';
import { decimal } from '../ui/format.ts';
import { drawnAxes } from './axes-layer.ts';
import { candidateMarks } from './candidate-marks.ts';
import { scaleBarLength } from './orientation.ts';
import type { ReaderState } from './state.ts';

type CanvasPoint = readonly [number, number];
type Values = ListedFinding['finding'];

function pointsOf(view: StackView, polygon: readonly number[]): readonly CanvasPoint[] {
  const points: CanvasPoint[] = [];
  for (let at = 0; at + 1 < polygon.length; at += 2) {
    const point = view.toCanvas(polygon[at] ?? 0, polygon[at + 1] ?? 0);
    if (point !== undefined) points.push(point);
  }
  return points;
}

function isOn(image: SliceImage, reference: { readonly sopInstanceUID: string; readonly frameNumber?: number }): boolean {
  return reference.sopInstanceUID === image.sopInstanceUID && reference.frameNumber === image.frameNumber;
}

/** Whether the slice is the one on which the axes lie. */
export function isKeySlice(image: SliceImage, finding: Values): boolean {
  return isOn(image, { sopInstanceUID: finding.sliceInstanceUID, ...(finding.sliceFrameNumber === undefined ? {} : { frameNumber: finding.sliceFrameNumber }) });
}

/** A circle of the finding's diameter for a slice without an outline of its own. */
function circleOf(view: StackView, image: SliceImage, finding: Values): SVGElement | undefined {
  if (image.plane === undefined) return undefined;
  const [column, row] = worldToPixel(image.plane, finding.worldPoint);
  const centre = view.toCanvas(column, row);
  const edge = view.toCanvas(column + finding.diameterMm / 2 / image.plane.columnSpacingMm, row);
  if (centre === undefined || edge === undefined) return undefined;
  const radius = Math.max(8, Math.hypot(edge[0] - centre[0], edge[1] - centre[1]) + 4);
  return svg('circle', { class: 'mark-outline', cx: centre[0], cy: centre[1], r: radius });
}

function axes(view: StackView, image: SliceImage, { finding, origin, reviewed }: ListedFinding): readonly SVGElement[] {
  const plane = image.plane;
  if (plane === undefined) return [];
  const edited = reviewed?.edited ?? [];
  return ([['longAxisMm', finding.longAxisWorld], ['shortAxisMm', finding.shortAxisWorld]] as const).flatMap(([name, [from, to]]) => {
    const a = view.toCanvas(...worldToPixel(plane, from));
    const b = view.toCanvas(...worldToPixel(plane, to));
    const isReaders = origin === 'reader' || edited.includes(name);
    return a === undefined || b === undefined ? [] : [svg('line', { class: isReaders ? 'mark-axis mark-axis-reader' : 'mark-axis', x1: a[0], y1: a[1], x2: b[0], y2: b[1] })];
  });
}

/** The label stands off the outline with a leader, so that it never hides the lesion. */
function label(points: readonly CanvasPoint[], text: string, width: number): readonly SVGElement[] {
  const right = Math.max(...points.map((point) => point[0]));
  const left = Math.min(...points.map((point) => point[0]));
  const top = Math.min(...points.map((point) => point[1]));
  const room = text.length * 6.9 + 14;
  const toRight = right + 16 + room < width;
  // Above the outline, so that in a narrow pane the label may reach over its width and still hide nothing.
  const x = toRight ? right + 16 : Math.max(4, left - 16 - room);
  const y = Math.max(20, top - 10);
  return [
    svg('line', { class: 'mark-leader', x1: toRight ? right + 2 : left - 2, y1: top, x2: toRight ? x : Math.min(x + room, left - 4), y2: y }),
    svg('rect', { class: 'mark-plate', x, y: y - 11, width: room, height: 20, rx: 4 }),
    svg('text', { class: 'mark-text', x: x + 7, y: y + 3.5 }, text),
  ];
}

const verdictSigns = { undecided: '', accepted: '✓ ', rejected: '✕ ' } as const;

function markOf(view: StackView, image: SliceImage, listed: ListedFinding, selected: boolean, width: number): SVGElement | undefined {
  const { finding, origin, reviewed } = listed;
  const outlines = finding.outlines.filter((outline) => isOn(image, outline)).flatMap((outline) => outline.polygons);
  const key = isKeySlice(image, finding);
  if (outlines.length === 0 && !key) return undefined;
  const polygons = outlines.map((polygon) => pointsOf(view, polygon));
  const shapes = polygons.map((points) => svg('polygon', { class: 'mark-outline', points: points.map((point) => point.join(',')).join(' ') }));
  const circle = shapes.length === 0 ? circleOf(view, image, finding) : undefined;
  const anchor = view.toCanvas(...(image.plane === undefined ? [0, 0] as const : worldToPixel(image.plane, finding.worldPoint)));
  const around = polygons.flat().length > 0 ? polygons.flat()
    : anchor === undefined ? [] : [[anchor[0] - 10, anchor[1] - 10], [anchor[0] + 10, anchor[1] + 10]] as const;
  if (around.length === 0) return undefined;
  const verdict = reviewed?.verdict ?? 'undecided';
  const name = `${origin === 'ai' ? verdictSigns[verdict] : ''}${markName(listed)}`;
  const text = key && verdict !== 'rejected' ? t('mark.withSize', { mark: name, size: decimal(finding.diameterMm, 1) }) : name;
  return svg(
    'g', { 'class': `mark mark-${origin} mark-${verdict}${selected ? ' mark-selected' : ''}`, 'data-finding': listed.label },
    ...shapes, ...(circle === undefined ? [] : [circle]),
    ...(key && selected && verdict !== 'rejected' ? axes(view, image, listed) : []),
    ...label(around, text, width),
  );
}

function scaleBar(view: StackView, image: SliceImage, width: number, height: number): SVGElement | undefined {
  const a = view.toCanvas(0, 0);
  const b = view.toCanvas(100, 0);
  if (a === undefined || b === undefined || image.plane === undefined) return undefined;
  const pixelsPerMm = Math.hypot(b[0] - a[0], b[1] - a[1]) / (100 * image.plane.columnSpacingMm);
  const lengthMm = scaleBarLength(pixelsPerMm, Math.min(180, width / 3));
  const length = lengthMm * pixelsPerMm;
  const x = width - length - 18;
  const y = height - 16;
  return svg(
    'g', { class: 'scale-bar' },
    svg('path', { d: `M${String(x)} ${String(y - 5)}v10M${String(x)} ${String(y)}h${String(length)}M${String(x + length)} ${String(y - 5)}v10` }),
    svg('text', { x: x + length / 2, y: y - 7, 'text-anchor': 'middle' }, lengthMm >= 10 ? `${String(lengthMm / 10)} cm` : `${String(lengthMm)} mm`),
  );
}

/** Where the coronal and the sagittal plane cut the slice. */
function planeLines(view: StackView, image: SliceImage, state: ReaderState, width: number, height: number): readonly SVGElement[] {
  if (!state.planes || state.cursor === undefined || image.plane === undefined) return [];
  const at = view.toCanvas(...worldToPixel(image.plane, state.cursor));
  if (at === undefined) return [];
  return [
    svg('line', { class: 'plane-line', x1: 0, y1: at[1], x2: width, y2: at[1] }),
    svg('line', { class: 'plane-line', x1: at[0], y1: 0, x2: at[0], y2: height }),
  ];
}

/** Where a finding of the reader's own would be put, or its axis would end. */
function placingCross(view: StackView, { placing, axes, measureCross }: ReaderState): SVGElement | undefined {
  const here = placing ?? axes?.cross ?? measureCross?.at;
  const at = here === undefined ? undefined : view.toCanvas(...here);
  if (at === undefined) return undefined;
  const [x, y] = at;
  const arm = (dx: number, dy: number): string => `M${String(x + dx * 5)} ${String(y + dy * 5)}L${String(x + dx * 22)} ${String(y + dy * 22)}`;
  return svg('path', { class: 'placing-cross', d: `${arm(1, 0)}${arm(-1, 0)}${arm(0, 1)}${arm(0, -1)}` });
}

/** Draws the marks and the scale bar of the shown slice into `layer`, in CSS pixels of the viewport. */
export function drawOverlay(layer: SVGElement, view: StackView, state: ReaderState): void {
  const { width, height } = layer.getBoundingClientRect();
  const image = state.images[state.shown];
  if (image === undefined || width === 0) {
    layer.replaceChildren();
    return;
  }
  const listed = state.overlayVisible ? listFindings(state) : [];
  const marks = listed.map((each) => markOf(view, image, each, each.trackingUID === state.selected, width)).filter((mark) => mark !== undefined);
  const candidates = state.overlayVisible && !isAiHidden(state) ? candidateMarks(view, image, state) : [];
  const group = svg('g', { class: 'marks', opacity: state.overlayOpacity }, ...candidates, ...marks);
  const extras = [scaleBar(view, image, width, height), placingCross(view, state)].filter((each) => each !== undefined);
  const drawn = state.axes === undefined ? [] : drawnAxes(view, image, state.axes);
  layer.replaceChildren(...planeLines(view, image, state, width, height), group, ...drawn, ...extras);
}
