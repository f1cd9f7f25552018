import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDrawing } from '../../src/results/drawing.ts';
import { drawable, isPrintable, layOut, textWidth, wrap } from '../../src/results/typeface.ts';

describe('letters', () => {
  it('hold every letter of Vietnamese and every sign that the pages use', () => {
    const vowels = 'aăâeêioôơuưy';
    const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];
    const all = Array.from(vowels).flatMap((vowel) => tones.map((tone) => `${vowel}${tone}`)).join('') + 'đĐ';
    const signs = '×³–·,.()%°';
    for (const weight of ['regular', 'bold'] as const) {
      for (const text of [all, all.toUpperCase(), signs]) {
        const { glyphs } = layOut(text, weight);
        // Glyph 0 is the box for a missing letter; a composed letter is one glyph.
        expect(glyphs.map(({ key }) => key.slice(1))).not.toContain('0');
        expect(glyphs).toHaveLength(Array.from(drawable(text)).length);
      }
    }
  });

  it.each([
    ['Nguyễn Thị Hồng Ánh', true], ['Đặng Văn Ưởng'.normalize('NFD'), true], ['Διονυσίου Άννα', true], ['Люксембург Роза', true], ['Wałęsa Łucja', true],
    ['สมชาย ใจดี', false], ['قباني لنزار', false], ['שרון', false], ['王小东', false], ['홍길동', false], ['やまだ', false],
  ])('can be told to be there or not: %s', (text, expected) => {
    expect(isPrintable(text)).toBe(expected);
    expect(layOut(text, 'bold').glyphs.some(({ key }) => key.slice(1) === '0')).toBe(!expected);
  });

  it('are drawn for any text at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const drawing = createDrawing(100, 100);
      drawing.text(0, 10, text, { size: 10, fill: '#fff' });
      expect(drawing.svg()).not.toMatch(/NaN|undefined/u);
    }), { numRuns: 200 });
  });

  it('are broken into lines that fit and that together are the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), fc.integer({ min: 30, max: 300 }), (text, width) => {
      const lines = wrap(text, 12, width);
      expect(lines.join('').replaceAll(' ', '')).toBe(drawable(text).replaceAll(' ', ''));
      for (const line of lines) expect(Array.from(line).length <= 1 || textWidth(line, 12) <= width + 1e-6).toBe(true);
    }), { numRuns: 200 });
  });
});
