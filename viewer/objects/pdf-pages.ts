/** PDF pages as pictures. Nothing of the document runs: no scripts, no links, no forms, no network. */
import { getDocument, GlobalWorkerOptions } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { el } from '../ui/dom.ts';

/** More pages than this are not drawn at once: each is a picture in memory. */
const maxPages = 60;
const widthPixels = 900;

export interface PdfPages {
  readonly total: number;
  readonly pages: readonly HTMLCanvasElement[];
}

export async function drawPdf(bytes: ArrayBuffer): Promise<PdfPages> {
  GlobalWorkerOptions.workerSrc = workerUrl;
  const task = getDocument({ data: new Uint8Array(bytes), enableXfa: false, disableFontFace: true });
  try {
    const document = await task.promise;
    const pages: HTMLCanvasElement[] = [];
    for (let number = 1; number <= Math.min(document.numPages, maxPages); number++) {
      const page = await document.getPage(number);
      const viewport = page.getViewport({ scale: widthPixels / page.getViewport({ scale: 1 }).width });
      const canvas = el('canvas', { class: 'pdf-page', role: 'img' });
      canvas.width = Math.ceil(viewport.width);
      canvas.height = Math.ceil(viewport.height);
      await page.render({ canvas, viewport }).promise;
      pages.push(canvas);
    }
    return { total: document.numPages, pages };
  } finally {
    await task.destroy();
  }
}
