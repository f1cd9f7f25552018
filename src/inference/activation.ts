/** Raw network values to probabilities, and the calibration of a manifest. */
import { AppError } from '../errors.ts';
import type { Calibration } from './manifest/common.ts';
import type { Probability } from './manifest/output.ts';

type Activation = Probability['activation'];

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The raw value at which a probability lies, to compare without computing a sigmoid for every cell; -Infinity where that cannot be said. */
export function inverse(probability: number, activation: Activation): number {
  if (activation === 'none') return probability;
  return activation === 'sigmoid' ? Math.log(probability / (1 - probability)) : -Infinity;
}

function checked(value: number, raw: number, output: string): number {
  if (!(value >= 0 && value <= 1)) throw new AppError('MODEL_OUTPUT_INVALID', `output ${output} holds ${raw}, which is no probability`);
  return value;
}

/** @throws AppError `MODEL_OUTPUT_INVALID` for NaN, and for a value outside 0..1 where the graph claims probabilities. */
export function toProbability(raw: number, activation: 'none' | 'sigmoid', output: string): number {
  return checked(activation === 'sigmoid' ? sigmoid(raw) : raw, raw, output);
}

export function softmax(logits: readonly number[]): readonly number[] {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The probability of one class of several. `at(channel)` is the raw value of a channel.
 * @throws AppError as `toProbability`.
 */
export function classProbability(at: (channel: number) => number, { name, activation, channels = 1, channel = 0 }: Probability): number {
  const raw = at(channel);
  if (activation !== 'softmax') return toProbability(raw, activation, name);
  let highest = -Infinity;
  for (let c = 0; c < channels; c++) highest = Math.max(highest, at(c));
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += Math.exp(at(c) - highest);
  return checked(Math.exp(raw - highest) / sum, raw, name);
}

const edge = 1e-7;

export function calibrate(score: number, calibration: Calibration): number {
  if (calibration.kind === 'none') return score;
  if (calibration.kind === 'platt') {
    const bounded = Math.min(1 - edge, Math.max(edge, score));
    return sigmoid(calibration.a * Math.log(bounded / (1 - bounded)) + calibration.b);
  }
  const { points } = calibration;
  const after = points.findIndex(([at]) => at >= score);
  if (after < 0) return points.at(-1)?.[1] ?? score;
  const [x1, y1] = points[after] ?? [score, score];
  const [x0, y0] = points[after - 1] ?? [x1, y1];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (score - x0)) / (x1 - x0);
}
