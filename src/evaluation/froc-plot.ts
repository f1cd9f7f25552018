/** The FROC curve as a picture. */
import type { Bootstrap, FrocBand } from './bootstrap.ts';
import type { Score } from './evaluate.ts';
import { axes, colour, drawnRates, frame, path, size, xOf, yOf } from './froc-axes.ts';
import { interpolate, operatingRates } from './froc.ts';
import { escapeMarkup } from './markup.ts';

/** The values of the band at the drawn rates: its grid is much finer. */
function atDrawnRates(band: FrocBand, values: Float32Array): Float64Array {
  const drawn = new Float64Array(drawnRates.length);
  interpolate({ fps: band.rates, sens: Float64Array.from(values) }, drawnRates, drawn);
  return drawn;
}

function bandShape({ band }: Bootstrap): string {
  const high = path(drawnRates, atDrawnRates(band, band.high));
  const low = path(drawnRates.toReversed(), atDrawnRates(band, band.low).toReversed());
  return `<polygon points="${high} ${low}" fill="${colour.band}" fill-opacity="0.55"/>`;
}

/** A label above its point; where there is no room above, below. */
function points(score: Score): string {
  return operatingRates.map((rate, at) => {
    const value = score.sensitivities[at]!;
    const x = xOf(rate);
    const anchor = at === 0 ? 'start' : at === operatingRates.length - 1 ? 'end' : 'middle';
    const shift = at === 0 ? 8 : at === operatingRates.length - 1 ? -8 : 0;
    const room = score.bootstrap === undefined ? value : score.bootstrap.sensitivities[at]![1];
    const y = room > 0.93 ? yOf(score.bootstrap?.sensitivities[at]![0] ?? value) + 26 : yOf(room) - 11;
    return `<circle cx="${x.toFixed(1)}" cy="${yOf(value).toFixed(1)}" r="4.5" fill="#fff" stroke="${colour.curve}" stroke-width="2.5"/>`
      + `<text x="${(x + shift).toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="600" fill="${colour.curve}" stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${value.toFixed(3)}</text>`;
  }).join('\n');
}

/** A standalone SVG of 880 × 560; `score` is absent where sensitivity is undefined, and the picture then says so. */
export function frocPlot(name: string, score: Score | undefined): string {
  const shown = new Float64Array(drawnRates.length);
  if (score !== undefined) interpolate(score.curve, drawnRates, shown);
  const bootstrap = score?.bootstrap;
  const heading = score === undefined
    ? 'sensitivity is undefined: no nodule to be found'
    : `CPM ${score.cpm.toFixed(3)}${bootstrap === undefined ? '' : ` (95 % interval ${bootstrap.cpm[0].toFixed(3)} to ${bootstrap.cpm[1].toFixed(3)}, ${bootstrap.resamples} resamples of scans)`}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="14" fill="${colour.text}">`,
    `<title>FROC curve of ${escapeMarkup(name)}: ${heading}</title>`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${frame.left}" y="28" font-size="18" font-weight="600">FROC: ${escapeMarkup(name.length > 70 ? `${name.slice(0, 67)}…` : name)}</text>`,
    `<text x="${frame.left}" y="50" fill="${colour.axis}">${heading}</text>`,
    axes(),
    ...(score === undefined ? [] : [
      bootstrap === undefined ? '' : bandShape(bootstrap),
      `<polyline points="${path(drawnRates, shown)}" fill="none" stroke="${colour.curve}" stroke-width="2.5" stroke-linejoin="round"/>`,
      points(score),
    ]),
    '</svg>',
  ].join('\n');
}
