/** The key image of one finding: where it lies, and close up in three planes with outline, scale and orientation. */
import type { Finding } from '../findings/types.ts';
import { statesVolume } from '../findings/notes.ts';
import type { FindingViews } from '../inference/finding-views.ts';
import type { PlaneImage, PlaneName } from '../volume/reformat.ts';
import type { MaskBox, VolumeGeometry } from '../volume/types.ts';
import { createDrawing, dark as palette, paint, type Drawing, type Picture } from './drawing.ts';
import type { ResultInput } from './input.ts';
import { maskOutline } from './mask-outline.ts';
import type { SummaryContent } from './summary-content.ts';
import { percent, placeText, typeTexts } from './summary-text.ts';
import { solidPart, words } from './summary-words.ts';
import { wrap } from './typeface.ts';

const tile = 400;
const gap = 4;
const width = 2 * tile + gap;
const bannerHeight = 40;
const lungWindow = { low: -1350, width: 1500 };
const barMm = 10;

/** Letters at the left, right, upper and lower edge (PS3.3 C.7.6.1.1.1). */
const letters: Readonly<Record<PlaneName, readonly [string, string, string, string]>> = {
  axial: ['R', 'L', 'A', 'P'], coronal: ['R', 'L', 'H', 'F'], sagittal: ['A', 'P', 'H', 'F'],
};

function grey(hu: Int16Array): Uint8Array {
  return Uint8Array.from(hu, (value) => Math.min(255, Math.max(0, Math.round(((value - lungWindow.low) / lungWindow.width) * 255))));
}

function orientation(drawing: Drawing, plane: PlaneName, left: number, top: number): void {
  const [west, east, north, south] = letters[plane];
  const style = { size: 17, fill: palette.text, weight: 'bold', hasRim: true } as const;
  drawing.text(left + 8, top + tile / 2 + 6, west, style);
  drawing.text(left + tile - 8, top + tile / 2 + 6, east, { ...style, anchor: 'end' });
  drawing.text(left + tile / 2, top + 22, north, { ...style, anchor: 'middle' });
  drawing.text(left + tile / 2, top + tile - 10, south, { ...style, anchor: 'middle' });
}

function scaleBar(drawing: Drawing, mmPerPixel: number, left: number, top: number): void {
  const length = barMm / mmPerPixel;
  const [x, y] = [left + 14, top + tile - 16];
  for (const [stroke, strokeWidth] of [['#000', 5], [palette.text, 2]] as const) {
    drawing.line(x, y, x + length, y, stroke, strokeWidth);
    drawing.line(x, y - 6, x, y + 6, stroke, strokeWidth);
    drawing.line(x + length, y - 6, x + length, y + 6, stroke, strokeWidth);
  }
  drawing.text(x + length / 2, y - 10, `${barMm} mm`, { size: 15, fill: palette.text, anchor: 'middle', hasRim: true });
}

/** The square that the close-up shows. */
function closeUpFrame(drawing: Drawing, overview: PlaneImage, axial: PlaneImage, left: number, top: number): void {
  const scale = tile / overview.size;
  const at = (axis: 0 | 1): number => ((axial.origin[axis] - axial.spacingMm / 2 - overview.origin[axis]) / overview.spacingMm + 0.5) * scale;
  const side = ((axial.size * axial.spacingMm) / overview.spacingMm) * scale;
  drawing.rectangle(left + at(0), top + at(1), side, side, { stroke: palette.amber, strokeWidth: 2 });
}

interface PanelInput {
  readonly finding: Finding;
  readonly mask: MaskBox;
  readonly geometry: VolumeGeometry;
  readonly views: FindingViews;
  /** For the words and whose it is. */
  readonly content: SummaryContent;
}

function facts({ finding, content: { language } }: PanelInput): readonly string[] {
  const solid = finding.solidDiameterMm === undefined ? [] : [solidPart(finding.solidDiameterMm.toFixed(1))[language]];
  const volume = statesVolume(finding) ? [`${Math.round(finding.volumeMm3)} mm³`] : [];
  return [placeText(finding)[language], typeTexts[finding.type][language], ...solid, ...volume, `${words.detectionScore[language]} ${percent(finding.probability)}`];
}

/** One square after the other: level, axial; coronal, sagittal. */
async function drawPanel(input: PanelInput): Promise<Picture> {
  const { finding, mask, geometry, views, content } = input;
  const { language } = content;
  const identity = wrap(content.identification.filter((_, n) => n === 0 || n === 1 || n === 4).map(({ label, value }) => `${label}: ${value}`).join('  ·  '), 15, width - 24);
  const described = wrap(facts(input).join(', '), 18, width - 24);
  const headHeight = bannerHeight + 48 + described.length * 24 + identity.length * 20 + 14;
  const drawing = createDrawing(width, headHeight + 2 * tile + gap);
  drawing.rectangle(0, 0, width, bannerHeight, { fill: palette.amber });
  drawing.text(12, 28, content.banner, { size: 21, fill: palette.onAmber, weight: 'bold' });
  const size = `${finding.diameterMm.toFixed(1)} mm (${finding.longAxisMm.toFixed(1)} × ${finding.shortAxisMm.toFixed(1)} mm)`;
  drawing.text(12, bannerHeight + 38, `${finding.trackingIdentifier}   ${size}`, { size: 28, fill: palette.text, weight: 'bold' });
  described.forEach((line, n) => drawing.text(12, bannerHeight + 66 + n * 24, line, { size: 18, fill: palette.text }));
  identity.forEach((line, n) => drawing.text(12, bannerHeight + 64 + described.length * 24 + n * 20, line, { size: 15, fill: palette.quiet }));

  const tiles = [[views.overview, words.overview], [views.axial, words.axial], [views.coronal, words.coronal], [views.sagittal, words.sagittal]] as const;
  const images = tiles.map(([view, name], n) => {
    const [left, top] = [(n % 2) * (tile + gap), headHeight + Math.floor(n / 2) * (tile + gap)];
    const scale = tile / view.size;
    const isOverview = view === views.overview;
    if (isOverview) closeUpFrame(drawing, view, views.axial, left, top);
    else {
      // From pixel centres to the tile's own corner.
      for (const polygon of maskOutline(geometry, mask, view)) drawing.polygon(polygon.map((value, axis) => (axis % 2 === 0 ? left : top) + (value + 0.5) * scale), palette.amber, 1.5);
      scaleBar(drawing, view.spacingMm / scale, left, top);
    }
    drawing.text(left + 8, top + 22, name[language], { size: 17, fill: palette.text, hasRim: true });
    orientation(drawing, view.name, left, top);
    return { left, top, size: tile, pixels: view.size, grey: grey(view.hu) };
  });
  return paint(drawing, palette.background, images);
}

/** Of each finding that has views, one picture at a time. */
export async function* keyPanels({ findings: { findings }, masks, volume, views = [] }: ResultInput, content: SummaryContent): AsyncGenerator<Picture & { readonly finding: Finding }> {
  for (const [n, view] of views.entries()) {
    const [finding, mask] = [findings[n], masks[n]];
    if (finding === undefined || mask === undefined || volume === undefined) continue;
    yield { ...await drawPanel({ finding, mask, geometry: volume.geometry, views: view, content }), finding };
  }
}
