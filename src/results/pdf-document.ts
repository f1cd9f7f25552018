/** The summary as a PDF: the layout of the pictures on white paper, text that can be selected, then the key images. */
import PDFDocument from 'pdfkit';
import { paper, toJpeg, type Canvas, type Picture } from './drawing.ts';
import type { SummaryContent } from './summary-content.ts';
import { layOutSummary, pageWidth } from './summary-page.ts';
import { drawable, fontFeatures, fontPath, textWidth, type Weight } from './typeface.ts';

/** A4 in points of 1/72 inch. */
const a4 = { width: 595.28, height: 841.89 } as const;
const scale = a4.width / pageWidth;
const margin = 40;

/** The layout takes switches too, although its types know only a list. */
const features = fontFeatures as unknown as PDFKit.Mixins.OpenTypeFeatures[];

function canvasOf(document: PDFKit.PDFDocument): Canvas {
  return {
    width: pageWidth, height: a4.height / scale, theme: paper,
    text(x, y, text, { size, fill, weight = 'regular', anchor = 'start' }) {
      const shift = anchor === 'start' ? 0 : textWidth(text, size, weight) * (anchor === 'middle' ? 0.5 : 1);
      document.font(weight).fontSize(size).fillColor(fill).text(drawable(text), x - shift, y, { lineBreak: false, baseline: 'alphabetic', features });
    },
    rectangle(x, y, width, height, { fill, stroke, strokeWidth = 1, radius = 0 }) {
      document.roundedRect(x, y, width, height, radius);
      if (stroke !== undefined) document.lineWidth(strokeWidth);
      if (fill !== undefined && stroke !== undefined) document.fillAndStroke(fill, stroke);
      else if (fill !== undefined) document.fill(fill);
      else if (stroke !== undefined) document.stroke(stroke);
    },
    line(x1, y1, x2, y2, stroke, strokeWidth) {
      document.lineWidth(strokeWidth).moveTo(x1, y1).lineTo(x2, y2).stroke(stroke);
    },
  };
}

function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}

/**
 * The same content and moment give the same bytes.
 *
 * @param pictures key images, drawn one at a time
 */
export async function writePdf(content: SummaryContent, createdAt: Date, pictures: AsyncIterable<Picture>): Promise<Uint8Array> {
  const document = new PDFDocument({
    size: [a4.width, a4.height], margin: 0, autoFirstPage: false, lang: content.language, displayTitle: true,
    info: { Title: `${content.title}. ${content.banner}`, Creator: 'Phoi', Producer: 'Phoi', CreationDate: createdAt, ModDate: createdAt },
  });
  const done = collect(document);
  // Waited for only after the pictures, which may take long or fail.
  done.catch(() => undefined);
  for (const weight of ['regular', 'bold'] as const satisfies readonly Weight[]) document.registerFont(weight, fontPath(weight));
  for (const draw of layOutSummary(content, a4.height / scale)) {
    document.addPage();
    document.save().scale(scale);
    draw(canvasOf(document));
    document.restore();
  }
  for await (const picture of pictures) {
    document.addPage();
    const width = a4.width - 2 * margin;
    document.image(Buffer.from(await toJpeg(picture)), margin, margin, { width: Math.min(width, (picture.width / picture.height) * (a4.height - 2 * margin)) });
  }
  document.end();
  return done;
}
