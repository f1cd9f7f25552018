/** The FROC curve as a picture. */
import type { Bootstrap, FrocBand } from './bootstrap.ts';
import type { Score } from './evaluate.ts';
import { interpolate, operatingRates } from './froc.ts';
import { escapeMarkup } from './markup.ts';

const size = { width: 880, height: 560 };
const frame = { left: 74, right: 26, top: 66, bottom: 70 };
const inner = { width: size.width - frame.left - frame.right, height: size.height - frame.top - frame.bottom };
const colour = { curve: '#0b5fa5', band: '#9cc7ea', grid: '#dfe4e8', axis: '#4a545c', text: '#1d252b' };
const firstRate = operatingRates[0];
const lastRate = operatingRates.at(-1)!;
/** Points of the drawn curve, evenly spaced on the logarithmic axis. */
const drawnPoints = 481;

const drawnRates = Float64Array.from({ length: drawnPoints }, (_, at) => (
  at === drawnPoints - 1 ? lastRate : firstRate * (lastRate / firstRate) ** (at / (drawnPoints - 1))
));

function xOf(rate: number): number {
  return frame.left + inner.width * Math.log2(rate / firstRate) / Math.log2(lastRate / firstRate);
}

function yOf(sensitivity: number): number {
  return frame.top + inner.height * (1 - sensitivity);
}

function path(rates: ArrayLike<number>, values: ArrayLike<number>): string {
  return Array.from(rates, (rate, at) => `${xOf(rate).toFixed(1)},${yOf(values[at]!).toFixed(1)}`).join(' ');
}

/** The values of the band at the drawn rates: its grid is much finer. */
function atDrawnRates(band: FrocBand, values: Float32Array): Float64Array {
  const drawn = new Float64Array(drawnPoints);
  interpolate({ fps: band.rates, sens: Float64Array.from(values) }, drawnRates, drawn);
  return drawn;
}

function bandShape({ band }: Bootstrap): string {
  const high = path(drawnRates, atDrawnRates(band, band.high));
  const low = path(drawnRates.toReversed(), atDrawnRates(band, band.low).toReversed());
  return `<polygon points="${high} ${low}" fill="${colour.band}" fill-opacity="0.55"/>`;
}

const rateLabels = ['1/8', '1/4', '1/2', '1', '2', '4', '8'] as const;

function axes(): string {
  const vertical = operatingRates.map((rate, at) => {
    const x = xOf(rate).toFixed(1);
    return `<line x1="${x}" y1="${frame.top}" x2="${x}" y2="${frame.top + inner.height}" stroke="${colour.grid}"/>`
      + `<text x="${x}" y="${frame.top + inner.height + 24}" text-anchor="middle">${rateLabels[at]}</text>`;
  });
  const horizontal = Array.from({ length: 11 }, (_, step) => {
    const y = yOf(step / 10);
    return `<line x1="${frame.left}" y1="${y.toFixed(1)}" x2="${frame.left + inner.width}" y2="${y.toFixed(1)}" stroke="${colour.grid}"/>`
      + `<text x="${frame.left - 12}" y="${(y + 5).toFixed(1)}" text-anchor="end">${(step / 10).toFixed(1)}</text>`;
  });
  const middle = frame.top + inner.height / 2;
  return [
    ...vertical, ...horizontal,
    `<rect x="${frame.left}" y="${frame.top}" width="${inner.width}" height="${inner.height}" fill="none" stroke="${colour.axis}"/>`,
    `<text x="${frame.left + inner.width / 2}" y="${size.height - 18}" text-anchor="middle">false positives per scan (logarithmic)</text>`,
    `<text x="20" y="${middle}" text-anchor="middle" transform="rotate(-90 20 ${middle})">sensitivity</text>`,
  ].join('\n');
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
  const shown = new Float64Array(drawnPoints);
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
