/** Key images for people without a DICOM viewer: the whole slice beside an enlarged detail with the outline, as PNG. */
import sharp from 'sharp';

import { decodeFrame } from '../dicom/codec.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { AppError } from '../errors.ts';
import type { Finding } from '../findings/types.ts';
import { frameHeaders } from '../volume/frame-header.ts';
import { storedToHU } from '../volume/hounsfield.ts';
import { createDrawing, type Drawing } from './drawing.ts';

export interface KeyImage {
  /** Index of the finding. */
  readonly finding: number;
  readonly png: Uint8Array;
}

export interface KeySlice {
  readonly rows: number;
  readonly columns: number;
  /** Hounsfield units, row by row. */
  readonly hu: Int16Array;
  /** mm between rows and between columns. */
  readonly pixelSpacing: readonly [number, number];
}

const panelPixels = 512;
const lungWindow = { low: -1350, width: 1500 };
const outlineColour = '#f5a623';

function windowed(hu: Int16Array): Buffer {
  const out = Buffer.alloc(hu.length);
  for (let at = 0; at < hu.length; at += 1) {
    out[at] = Math.min(255, Math.max(0, Math.round((((hu[at] ?? 0) - lungWindow.low) / lungWindow.width) * 255)));
  }
  return out;
}

/** A rectangle of pixels: left and top edge (corner coordinates), width and height. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where a panel's pixels lie on the slice, whatever the aspect ratio of the pixels. */
interface Panel {
  readonly region: Region;
  readonly width: number;
  readonly height: number;
}

function panel(region: Region, slice: KeySlice): Panel {
  const widthMm = region.width * slice.pixelSpacing[1];
  const heightMm = region.height * slice.pixelSpacing[0];
  const scale = panelPixels / Math.max(widthMm, heightMm);
  return { region, width: Math.max(1, Math.round(widthMm * scale)), height: Math.max(1, Math.round(heightMm * scale)) };
}

/** The square of twice the outline's size, at least 40 mm, cut at the image's edge. */
function detailRegion(polygons: readonly (readonly number[])[], slice: KeySlice): Region {
  const columns = polygons.flatMap((polygon) => polygon.filter((_value, at) => at % 2 === 0));
  const rows = polygons.flatMap((polygon) => polygon.filter((_value, at) => at % 2 === 1));
  const box = (values: readonly number[], spacing: number, limit: number): readonly [number, number] => {
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
    const half = Math.max(high - low, 20 / spacing);
    const start = Math.max(0, Math.floor((low + high) / 2 - half));
    return [start, Math.min(limit, Math.ceil((low + high) / 2 + half) + 1) - start];
  };
  const [left, width] = box(columns, slice.pixelSpacing[1], slice.columns);
  const [top, height] = box(rows, slice.pixelSpacing[0], slice.rows);
  return { left, top, width, height };
}

function drawPaths(drawing: Drawing, polygons: readonly (readonly number[])[], { region, width, height }: Panel): void {
  for (const polygon of polygons) {
    // Pixel centres are whole numbers: half a pixel to the corner.
    drawing.polygon(polygon.map((value, at) => (at % 2 === 0
      ? ((value + 0.5 - region.left) / region.width) * width
      : ((value + 0.5 - region.top) / region.height) * height)), outlineColour, 1.5);
  }
}

function drawRegion(drawing: Drawing, region: Region, { region: whole, width, height }: Panel): void {
  const x = ((region.left - whole.left) / whole.width) * width;
  const y = ((region.top - whole.top) / whole.height) * height;
  drawing.rectangle(x, y, (region.width / whole.width) * width, (region.height / whole.height) * height, { stroke: outlineColour });
}

function caption(drawing: Drawing, text: string): void {
  drawing.text(8, drawing.height - 10, text, { size: 15, fill: outlineColour, hasRim: true });
}

/** Pictures that only go into another one are not worth the time of compressing them. */
const inBetween = { compressionLevel: 0 } as const;
/** Several at a time, since each waits for the threads of the picture library; not all, which hold their slices meanwhile. */
const renderedAtOnce = 4;

async function paint(grey: Buffer, slice: KeySlice, { region, width, height }: Panel, draw: (drawing: Drawing) => void): Promise<Buffer> {
  const drawing = createDrawing(width, height);
  draw(drawing);
  const scaled = await sharp(grey, { raw: { width: slice.columns, height: slice.rows, channels: 1 } })
    .extract(region).resize(width, height, { fit: 'fill', kernel: 'cubic' }).toColourspace('srgb').png(inBetween).toBuffer();
  return sharp(scaled).composite([{ input: Buffer.from(drawing.svg()) }]).png(inBetween).toBuffer();
}

/** Both panels of a finding side by side, 1024 pixels wide at most. `polygons` are those of the key slice. */
export async function renderKeyImage(finding: Finding, polygons: readonly (readonly number[])[], slice: KeySlice): Promise<Uint8Array> {
  const grey = windowed(slice.hu);
  const whole = panel({ left: 0, top: 0, width: slice.columns, height: slice.rows }, slice);
  const detail = panel(detailRegion(polygons, slice), slice);
  const label = `${finding.trackingIdentifier}  ${finding.diameterMm.toFixed(1)} mm`;
  const [left, right] = await Promise.all([
    paint(grey, slice, whole, (drawing) => {
      drawRegion(drawing, detail.region, whole);
      caption(drawing, 'AI result, not verified');
    }),
    paint(grey, slice, detail, (drawing) => {
      drawPaths(drawing, polygons, detail);
      caption(drawing, label);
    }),
  ]);
  const background = { width: whole.width + detail.width, height: Math.max(whole.height, detail.height), channels: 3 as const, background: '#000000' };
  return sharp({ create: background }).composite([{ input: left, left: 0, top: 0 }, { input: right, left: whole.width, top: 0 }]).png().toBuffer();
}

async function readSlice(bytes: Uint8Array, frameNumber: number): Promise<KeySlice> {
  const parsed = parsePart10(bytes);
  const header = frameHeaders(parsed.dataset, 0)[frameNumber - 1];
  if (header === undefined) throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'the key image has no such frame');
  const decoded = await decodeFrame(bytes, parsed, frameNumber - 1);
  const hu = new Int16Array(decoded.samples.length);
  storedToHU(decoded.samples, { slope: header.slope ?? 1, intercept: header.intercept ?? 0, ...(header.padding && { padding: header.padding }) }, hu);
  return { rows: decoded.rows, columns: decoded.columns, hu, pixelSpacing: header.pixelSpacing ?? [1, 1] };
}

/**
 * One PNG for each finding that has an outline on its key image, best first as the findings are.
 * `read` gives the whole Part 10 file of an instance. @throws AppError of the parser and the decoders.
 */
export async function renderKeyImages(findings: readonly Finding[], read: (sopInstanceUID: string) => Promise<Uint8Array>): Promise<readonly KeyImage[]> {
  const render = async (index: number, finding: Finding): Promise<KeyImage | undefined> => {
    const outline = finding.outlines.find(({ sopInstanceUID, frameNumber }) => sopInstanceUID === finding.sliceInstanceUID && frameNumber === finding.sliceFrameNumber);
    const polygons = (outline?.polygons ?? []).filter((polygon) => polygon.length >= 6);
    if (polygons.length === 0) return undefined;
    const slice = await readSlice(await read(finding.sliceInstanceUID), finding.sliceFrameNumber ?? 1);
    return { finding: index, png: await renderKeyImage(finding, polygons, slice) };
  };
  const images: KeyImage[] = [];
  for (let first = 0; first < findings.length; first += renderedAtOnce) {
    const some = await Promise.all(findings.slice(first, first + renderedAtOnce).map((finding, n) => render(first + n, finding)));
    images.push(...some.filter((image) => image !== undefined));
  }
  return images;
}
