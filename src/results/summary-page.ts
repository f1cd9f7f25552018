/** The summary as pictures: dark, as the rooms where they are read. As many pages as it takes. */
import { createDrawing, paint, type Canvas, type Picture, type TextStyle, type Theme } from './drawing.ts';
import type { Labelled, SummaryContent, SummaryRow } from './summary-content.ts';
import { pageText, words } from './summary-words.ts';
import { wrap, type Weight } from './typeface.ts';

export const pageWidth = 1024;
const pictureHeight = 1280;
const margin = 40;
const innerWidth = pageWidth - 2 * margin;
const bannerHeight = 84;
const footerHeight = 92;

/** A part of a page that is not torn apart. */
interface Block {
  readonly height: number;
  draw(canvas: Canvas, top: number): void;
}

interface Font {
  readonly size: number;
  readonly ink: keyof Theme;
  readonly weight?: Weight;
}

function style({ theme }: Canvas, { size, ink, weight }: Font): TextStyle {
  return { size, fill: theme[ink], ...(weight === undefined ? {} : { weight }) };
}

function paragraph(text: string, font: Font, gap: number, indent = 0, maxWidth = innerWidth - indent): Block {
  const lines = wrap(text, font.size, maxWidth, font.weight);
  const lead = font.size * 1.35;
  return {
    height: lines.length * lead + gap,
    draw(canvas, top) { lines.forEach((line, n) => canvas.text(margin + indent, top + font.size + n * lead, line, style(canvas, font))); },
  };
}

function heading(text: string): Block {
  return {
    height: 44,
    draw(canvas, top) {
      canvas.text(margin, top + 32, text, { size: 19, fill: canvas.theme.quiet, weight: 'bold' });
    },
  };
}

/** Two columns of labels and values. */
function pairs(entries: readonly Labelled[], columns: number, gap: number): readonly Block[] {
  const width = innerWidth / columns;
  const lead = 23;
  const rows = Array.from({ length: Math.ceil(entries.length / columns) }, (_, n) => entries.slice(n * columns, (n + 1) * columns));
  return rows.map((row, n) => {
    const cells = row.map(({ label, value }) => ({ label, lines: wrap(value, 18, width - 16, 'bold') }));
    return {
      height: 24 + Math.max(...cells.map(({ lines }) => lines.length)) * lead + (n === rows.length - 1 ? gap : 8),
      draw(canvas, top) {
        cells.forEach(({ label, lines }, column) => {
          const x = margin + column * width;
          canvas.text(x, top + 15, label, { size: 14, fill: canvas.theme.quiet });
          lines.forEach((line, at) => canvas.text(x, top + 38 + at * lead, line, { size: 18, fill: canvas.theme.text, weight: 'bold' }));
        });
      },
    };
  });
}

const tones = { found: 'amber', none: 'text', refused: 'red' } as const;
const toneLetters = { found: 'warning', none: 'text', refused: 'red' } as const;

function headline({ tone, headline: text, detail }: SummaryContent): Block {
  const inner = innerWidth - 48;
  const lines = wrap(text, 34, inner, 'bold');
  const details = detail.flatMap((sentence) => wrap(sentence, 19, inner));
  const boxHeight = 30 + lines.length * 46 + details.length * 27;
  return {
    height: boxHeight + 22,
    draw(canvas, top) {
      canvas.rectangle(margin, top, innerWidth, boxHeight, { fill: canvas.theme.panel, stroke: canvas.theme[tones[tone]], strokeWidth: tone === 'refused' ? 4 : 2, radius: 6 });
      lines.forEach((line, n) => canvas.text(margin + 24, top + 50 + n * 46, line, { size: 34, fill: canvas.theme[toneLetters[tone]], weight: 'bold' }));
      details.forEach((line, n) => canvas.text(margin + 24, top + 36 + lines.length * 46 + n * 27, line, { size: 19, fill: canvas.theme.text }));
    },
  };
}

/** Shares of the width: nodule, place, type, diameter, volume, score, image. */
const shares = [0.13, 0.2, 0.16, 0.2, 0.13, 0.1, 0.08] as const;

function cells(row: readonly string[], font: Font, lead: number): { readonly height: number; draw(canvas: Canvas, top: number): void } {
  let x = margin;
  const placed = row.map((cell, n) => {
    const width = (shares[n] ?? 0.1) * innerWidth;
    const at = { x: x + 8, lines: wrap(cell, font.size, width - 14, font.weight) };
    x += width;
    return at;
  });
  return {
    height: Math.max(...placed.map(({ lines }) => lines.length)) * lead,
    draw(canvas, top) { placed.forEach((cell) => cell.lines.forEach((line, n) => canvas.text(cell.x, top + font.size + n * lead, line, style(canvas, font)))); },
  };
}

function tableHead(columns: readonly string[]): Block {
  const titles = cells(columns, { size: 14, ink: 'quiet', weight: 'bold' }, 18);
  return {
    height: titles.height + 12,
    draw(canvas, top) {
      titles.draw(canvas, top);
      canvas.line(margin, top + titles.height + 8, margin + innerWidth, top + titles.height + 8, canvas.theme.quiet, 1.5);
    },
  };
}

function tableRow({ cells: values, notes }: SummaryRow): Block {
  const line = cells(values, { size: 18, ink: 'text' }, 23);
  const remarks = notes.flatMap((note) => wrap(note, 15, innerWidth - 24));
  const height = line.height + remarks.length * 20 + (remarks.length > 0 ? 22 : 16);
  return {
    height,
    draw(canvas, top) {
      line.draw(canvas, top + 6);
      remarks.forEach((remark, n) => canvas.text(margin + 8, top + line.height + 25 + n * 20, remark, { size: 15, fill: canvas.theme.warning }));
      canvas.line(margin, top + height - 1, margin + innerWidth, top + height - 1, canvas.theme.rule, 1);
    },
  };
}

/** Everything but what stands on each page. A heading stays with what follows it. */
function blocksOf(content: SummaryContent): readonly (readonly Block[])[] {
  const { table, conclusions, limitations, technical, language } = content;
  const body: Font = { size: 18, ink: 'text' };
  const section = (title: string, blocks: readonly Block[]): readonly (readonly Block[])[] => {
    const [first, ...rest] = blocks;
    return first === undefined ? [] : [[heading(title), first], ...rest.map((block) => [block])];
  };
  return [
    [headline(content)],
    ...(table === undefined ? [] : table.rows.map((row, n) => (n === 0 ? [tableHead(table.columns), tableRow(row)] : [tableRow(row)]))),
    ...section(words.conclusions[language], conclusions.map((sentence) => paragraph(sentence, body, 6))),
    ...section(words.limitations[language], limitations.map((sentence) => paragraph(sentence, { ...body, ink: 'warning' }, 6))),
    ...section(words.technical[language], pairs(technical, 2, 12)),
  ];
}

/** Whose it is; on every page, for a page may be seen alone. */
function identityBlocks(content: SummaryContent): readonly Block[] {
  return [paragraph(content.title, { size: 26, ink: 'text', weight: 'bold' }, 10), ...pairs(content.identification, 2, 16)];
}

const heightOf = (blocks: readonly Block[]): number => blocks.reduce((sum, block) => sum + block.height, 0);

/** Banner and disclaimer of every page. */
function drawFrame(canvas: Canvas, content: SummaryContent, number: number, of: number): void {
  const { theme } = canvas;
  const refused = content.tone === 'refused';
  const letters = refused ? theme.onRed : theme.onAmber;
  canvas.rectangle(0, 0, pageWidth, bannerHeight, { fill: refused ? theme.red : theme.amber });
  canvas.text(margin, 40, content.banner, { size: 30, fill: letters, weight: 'bold' });
  canvas.text(margin, 69, content.bannerDetail, { size: 18, fill: letters });
  const footer = canvas.height - footerHeight;
  canvas.line(margin, footer, pageWidth - margin, footer, theme.rule, 1);
  wrap(content.disclaimer, 15, innerWidth - 130).forEach((line, n) => canvas.text(margin, footer + 24 + n * 20, line, { size: 15, fill: theme.quiet }));
  canvas.text(pageWidth - margin, footer + 24, pageText(number, of)[content.language], { size: 15, fill: theme.quiet, anchor: 'end' });
}

/** Groups of blocks onto pages; the head of the table stands again on a page that the table runs on to. */
function paginate(content: SummaryContent, room: number): readonly (readonly Block[])[] {
  const pages: Block[][] = [[]];
  let left = room;
  let rows = content.table?.rows.length ?? 0;
  blocksOf(content).forEach((group, n) => {
    const height = heightOf(group);
    const isRow = n > 0 && rows-- > 0;
    if (height > left && pages.at(-1)?.length !== 0) {
      const again = isRow && n > 1 && content.table !== undefined ? [tableHead(content.table.columns)] : [];
      pages.push(again);
      left = room - heightOf(again);
    }
    pages.at(-1)?.push(...group);
    left -= height;
  });
  return pages;
}

/** The pages in order, each to be drawn on a canvas of `pageWidth` and the height given; each says whose it is and that it is no diagnosis. */
export function layOutSummary(content: SummaryContent, height: number): readonly ((canvas: Canvas) => void)[] {
  const head = identityBlocks(content);
  const top = bannerHeight + 20;
  const pages = paginate(content, height - footerHeight - top - heightOf(head) - 8);
  return pages.map((blocks, n) => (canvas) => {
    drawFrame(canvas, content, n + 1, pages.length);
    let at = top;
    for (const block of [...head, ...blocks]) {
      block.draw(canvas, at);
      at += block.height;
    }
  });
}

/** As pictures. */
export async function drawSummary(content: SummaryContent): Promise<readonly Picture[]> {
  return Promise.all(layOutSummary(content, pictureHeight).map((draw) => {
    const drawing = createDrawing(pageWidth, pictureHeight);
    draw(drawing);
    return paint(drawing, drawing.theme.background);
  }));
}
