/** The pictures of a bench report: curves of all models, and reliability of each. */
import type { Calibration } from '../evaluation/calibration.ts';
import { axes, colour, drawnRates, frame, path, size } from '../evaluation/froc-axes.ts';
import { interpolate } from '../evaluation/froc.ts';
import { escapeMarkup } from '../evaluation/markup.ts';
import type { ModelFigures } from './figures.ts';

/** Told apart also without colour: the dashes differ. */
const lines = [['#0b5fa5', ''], ['#c2410c', '9 5'], ['#15803d', '3 4'], ['#7e22ce', '14 4 3 4'], ['#334155', '1 3'], ['#be123c', '6 3 2 3']] as const;

const font = `font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="14" fill="${colour.text}"`;

/** FROC of every model on one pair of axes; models without a nodule to be found have no curve. */
export function frocOverlay(models: readonly ModelFigures[]): string {
  const scored = models.flatMap((figures) => (figures.evaluation.score === undefined ? [] : [{ figures, score: figures.evaluation.score }]));
  const curves = scored.map(({ score }, n) => {
    const [stroke, dash] = lines[n % lines.length]!;
    const shown = new Float64Array(drawnRates.length);
    interpolate(score.curve, drawnRates, shown);
    return `<polyline points="${path(drawnRates, shown)}" fill="none" stroke="${stroke}" stroke-width="2.5" stroke-dasharray="${dash}" stroke-linejoin="round"/>`;
  });
  const height = size.height + 24 * scored.length;
  const legend = scored.map(({ figures: { model }, score }, n) => {
    const [stroke, dash] = lines[n % lines.length]!;
    const y = size.height + 8 + 24 * n;
    return `<line x1="${frame.left}" x2="${frame.left + 46}" y1="${y - 5}" y2="${y - 5}" stroke="${stroke}" stroke-width="2.5" stroke-dasharray="${dash}"/>`
      + `<text x="${frame.left + 58}" y="${y}">${escapeMarkup(model.id)} ${escapeMarkup(model.version)}: CPM ${score.cpm.toFixed(3)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" role="img" ${font}>`,
    `<title>FROC curves of ${scored.map(({ figures: { model } }) => escapeMarkup(model.id)).join(', ')}</title>`,
    `<rect width="${size.width}" height="${height}" fill="#fff"/>`, `<text x="${frame.left}" y="34" font-size="18" font-weight="600">FROC</text>`,
    axes(), ...curves, ...legend, '</svg>',
  ].join('\n');
}

const side = 300;
const left = 54;
const top = 18;

/** Stated against observed; the area of a dot is as the logarithm of its marks. */
export function reliabilityPlot(name: string, { bins }: Calibration): string {
  const x = (value: number): number => left + side * value;
  const y = (value: number): number => top + side * (1 - value);
  const grid = Array.from({ length: 6 }, (_, n) => n / 5).map((value) => (
    `<line x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${top + side}" stroke="${colour.grid}"/><line x1="${left}" x2="${left + side}" y1="${y(value)}" y2="${y(value)}" stroke="${colour.grid}"/>`
    + `<text x="${x(value)}" y="${top + side + 20}" text-anchor="middle">${value.toFixed(1)}</text><text x="${left - 8}" y="${y(value) + 5}" text-anchor="end">${value.toFixed(1)}</text>`
  ));
  const filled = bins.flatMap(({ meanProbability, observed, marks }) => (meanProbability === null || observed === null ? [] : [{ meanProbability, observed, marks }]));
  const dots = filled.map(({ meanProbability, observed, marks }) => `<circle cx="${x(meanProbability).toFixed(1)}" cy="${y(observed).toFixed(1)}" r="${(3 + 1.6 * Math.log10(marks)).toFixed(1)}" fill="${colour.curve}" fill-opacity="0.75"><title>${marks} marks</title></circle>`);
  const line = filled.map(({ meanProbability, observed }) => `${x(meanProbability).toFixed(1)},${y(observed).toFixed(1)}`).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + side + 20} ${top + side + 54}" role="img" style="max-width:400px" ${font}>`,
    `<title>Reliability of ${escapeMarkup(name)}</title>`, ...grid,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="${colour.axis}" stroke-dasharray="5 5"/>`,
    `<polyline points="${line}" fill="none" stroke="${colour.curve}" stroke-width="1.6"/>`, ...dots,
    `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="${colour.axis}"/>`,
    `<text x="${left + side / 2}" y="${top + side + 44}" text-anchor="middle">stated probability</text>`,
    `<text x="14" y="${top + side / 2}" text-anchor="middle" transform="rotate(-90 14 ${top + side / 2})">part that are nodules</text>`, '</svg>',
  ].join('\n');
}
