/** A picture being drawn: SVG with letters as outlines, then pixels. Lengths are pixels, y downwards. */
import sharp from 'sharp';
import { layOut, type Weight } from './typeface.ts';

export interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly weight?: Weight;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A dark rim that keeps letters readable over an image. */
  readonly hasRim?: boolean;
}

/** Inks of a page. */
export interface Theme {
  readonly background: string;
  readonly panel: string;
  readonly rule: string;
  readonly text: string;
  readonly quiet: string;
  readonly amber: string;
  readonly onAmber: string;
  readonly red: string;
  readonly onRed: string;
  /** Warnings in running text. */
  readonly warning: string;
}

/** For pictures, which are looked at in dark rooms. */
export const dark: Theme = {
  background: '#0b0e12', panel: '#141a21', rule: '#2b3540', text: '#e8edf2', quiet: '#9aa8b5', amber: '#f5a623', onAmber: '#1b1200', red: '#ff6b5e', onRed: '#2a0805', warning: '#f5a623',
};

/** For documents, which are printed. */
export const paper: Theme = {
  background: '#ffffff', panel: '#f4f6f8', rule: '#c6ced6', text: '#14191f', quiet: '#55616d', amber: '#f5a623', onAmber: '#1b1200', red: '#c62a1c', onRed: '#ffffff', warning: '#8a4b00',
};

/** What pages are drawn on: pictures here, documents elsewhere. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** `y` is the baseline. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  rectangle(x: number, y: number, width: number, height: number, style: { readonly fill?: string; readonly stroke?: string; readonly strokeWidth?: number; readonly radius?: number }): void;
  line(x1: number, y1: number, x2: number, y2: number, stroke: string, strokeWidth: number): void;
}

export interface Drawing extends Canvas {
  /** Flat list x, y, x, y …; closed. */
  polygon(points: readonly number[], stroke: string, strokeWidth: number): void;
  svg(): string;
}

const number = (value: number): string => String(Math.round(value * 100) / 100);

export function createDrawing(width: number, height: number): Drawing {
  const glyphs = new Map<string, string>();
  const shapes: string[] = [];
  return {
    width, height, theme: dark,
    text(x, y, text, { size, fill, weight = 'regular', anchor = 'start', hasRim = false }) {
      const line = layOut(text, weight);
      const scale = size / line.unitsPerEm;
      const shift = { start: 0, middle: 0.5, end: 1 }[anchor] * line.width;
      const used = line.glyphs.filter(({ path }) => path !== '');
      for (const { key, path } of used) glyphs.set(key, path);
      const rim = hasRim ? ` stroke="#000" stroke-width="${number(4 / scale)}" stroke-linejoin="round" paint-order="stroke"` : '';
      shapes.push(`<g transform="translate(${number(x)},${number(y)}) scale(${scale},${-scale})" fill="${fill}"${rim}>${
        used.map((glyph) => `<use href="#${glyph.key}" x="${number(glyph.x - shift)}" y="${number(glyph.y)}"/>`).join('')}</g>`);
    },
    rectangle(x, y, w, h, { fill = 'none', stroke, strokeWidth = 1, radius = 0 }) {
      shapes.push(`<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" rx="${radius}" fill="${fill}"${stroke === undefined ? '' : ` stroke="${stroke}" stroke-width="${strokeWidth}"`}/>`);
    },
    line(x1, y1, x2, y2, stroke, strokeWidth) {
      shapes.push(`<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" stroke="${stroke}" stroke-width="${strokeWidth}"/>`);
    },
    polygon(points, stroke, strokeWidth) {
      const pairs = Array.from({ length: points.length / 2 }, (_, n) => `${number(points[2 * n] ?? 0)},${number(points[2 * n + 1] ?? 0)}`).join(' ');
      shapes.push(`<polygon points="${pairs}" fill="none" stroke="${stroke}" stroke-width="${strokeWidth}" stroke-linejoin="round"/>`);
    },
    svg() {
      const definitions = [...glyphs].map(([key, path]) => `<path id="${key}" d="${path}"/>`).join('');
      return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs>${definitions}</defs>${shapes.join('')}</svg>`;
    },
  };
}

/** A finished picture, 8 bits for red, green and blue of each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** @param images grey-scale squares (one byte a pixel) that lie under the drawing */
export async function paint(drawing: Drawing, background: string, images: readonly { readonly left: number; readonly top: number; readonly size: number; readonly grey: Uint8Array; readonly pixels: number }[] = []): Promise<Picture> {
  const { width, height } = drawing;
  const tiles = await Promise.all(images.map(async ({ left, top, size, grey, pixels }) => ({
    left, top,
    input: await sharp(grey, { raw: { width: pixels, height: pixels, channels: 1 } }).resize(size, size, { kernel: 'cubic' }).toColourspace('srgb').png({ compressionLevel: 1 }).toBuffer(),
  })));
  const { data } = await sharp({ create: { width, height, channels: 3, background } })
    .composite([...tiles, { input: Buffer.from(drawing.svg()), left: 0, top: 0 }]).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width, height, rgb: data };
}

/** As a file, for people and for documents. */
export async function toPng({ width, height, rgb }: Picture): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

/** For documents that hold many. */
export async function toJpeg({ width, height, rgb }: Picture): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } }).jpeg({ quality: 88, chromaSubsampling: '4:4:4' }).toBuffer();
}
