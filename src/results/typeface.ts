/**
 * The letters of pages and pictures, as outlines: what is written looks the same on a machine without any fonts, in
 * every language, and gives the same bytes everywhere. Noto Sans (SIL Open Font License).
 */
import { createRequire } from 'node:module';
import * as fontkit from 'fontkit';

export type Weight = 'regular' | 'bold';

const require = createRequire(import.meta.url);
const files = {
  regular: '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf',
} as const satisfies Record<Weight, string>;
const opened = new Map<Weight, fontkit.Font>();

/** The font file, for writers that embed it. */
export function fontPath(weight: Weight): string {
  return require.resolve(files[weight]);
}

function fontOf(weight: Weight): fontkit.Font {
  const known = opened.get(weight);
  if (known !== undefined) return known;
  const font = fontkit.openSync(fontPath(weight)) as fontkit.Font;
  opened.set(weight, font);
  return font;
}

/** What can be drawn: composed letters, no control characters. */
export function drawable(text: string): string {
  return text.normalize('NFC').replace(/\p{Cc}+/gu, ' ');
}

/** Whether the font has every letter of it; one that it lacks would be an empty box. */
export function isPrintable(text: string): boolean {
  const font = fontOf('regular');
  return Array.from(drawable(text)).every((letter) => font.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0));
}

/**
 * Letters stay as they are composed: the font would take ị apart into i and a dot, and whoever copies text from a
 * document would get that letter for each i.
 */
export const fontFeatures: Readonly<Record<string, boolean>> = { ccmp: false };

export interface PlacedGlyph {
  readonly key: string;
  /** Path data in font units, y up. */
  readonly path: string;
  /** Font units from the start of the line. */
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly glyphs: readonly PlacedGlyph[];
  /** Font units. */
  readonly width: number;
  readonly unitsPerEm: number;
}

/** One line of text as glyphs. A letter that the font lacks is drawn as an empty box, never left out. */
export function layOut(text: string, weight: Weight): Line {
  const font = fontOf(weight);
  const run = font.layout(drawable(text), fontFeatures);
  let at = 0;
  const glyphs = run.glyphs.map((glyph, n): PlacedGlyph => {
    const position = run.positions[n];
    const placed = { key: `${weight === 'bold' ? 'b' : 'r'}${glyph.id}`, path: glyph.path.toSVG(), x: at + (position?.xOffset ?? 0), y: position?.yOffset ?? 0 };
    at += position?.xAdvance ?? 0;
    return placed;
  });
  return { glyphs, width: at, unitsPerEm: font.unitsPerEm };
}

/** Width of a line in the unit of `size`. */
export function textWidth(text: string, size: number, weight: Weight = 'regular'): number {
  const { width, unitsPerEm } = layOut(text, weight);
  return (width / unitsPerEm) * size;
}

/** Cuts a word that is wider than a line into pieces that are not. */
function pieces(word: string, size: number, weight: Weight, maxWidth: number): readonly string[] {
  const cut: string[] = [];
  let piece = '';
  for (const letter of word) {
    if (piece !== '' && textWidth(piece + letter, size, weight) > maxWidth) {
      cut.push(piece);
      piece = '';
    }
    piece += letter;
  }
  return [...cut, piece];
}

/** Lines no wider than `maxWidth`, broken at spaces; nothing is cut off. */
export function wrap(text: string, size: number, maxWidth: number, weight: Weight = 'regular'): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const words = drawable(text).split(/ +/u).flatMap((word) => (textWidth(word, size, weight) > maxWidth ? pieces(word, size, weight, maxWidth) : [word]));
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer, size, weight) > maxWidth) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
