/** The frame of a FROC plot: rates of false positives on a logarithmic axis from 1/8 to 8, sensitivity from 0 to 1. */
import { operatingRates } from './froc.ts';

export const size = { width: 880, height: 560 };
export const frame = { left: 74, right: 26, top: 66, bottom: 70 };
const inner = { width: size.width - frame.left - frame.right, height: size.height - frame.top - frame.bottom };
export const colour = { curve: '#0b5fa5', band: '#9cc7ea', grid: '#dfe4e8', axis: '#4a545c', text: '#1d252b' };
const firstRate = operatingRates[0];
const lastRate = operatingRates.at(-1)!;
/** Points of the drawn curve, evenly spaced on the logarithmic axis. */
const drawnPoints = 481;

export const drawnRates = Float64Array.from({ length: drawnPoints }, (_, at) => (
  at === drawnPoints - 1 ? lastRate : firstRate * (lastRate / firstRate) ** (at / (drawnPoints - 1))
));

export function xOf(rate: number): number {
  return frame.left + inner.width * Math.log2(rate / firstRate) / Math.log2(lastRate / firstRate);
}

export function yOf(sensitivity: number): number {
  return frame.top + inner.height * (1 - sensitivity);
}

export function path(rates: ArrayLike<number>, values: ArrayLike<number>): string {
  return Array.from(rates, (rate, at) => `${xOf(rate).toFixed(1)},${yOf(values[at]!).toFixed(1)}`).join(' ');
}

const rateLabels = ['1/8', '1/4', '1/2', '1', '2', '4', '8'] as const;

export function axes(): string {
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

