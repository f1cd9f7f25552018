/** Raw network values to probabilities, and the calibration of a manifest. */
import { AppError } from '../errors.ts';
import type { Calibration } from './manifest.ts';

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The raw value at which a probability lies, to compare without computing a sigmoid for every cell. */
export function inverse(probability: number, activation: 'none' | 'sigmoid'): number {
  return activation === 'none' ? probability : Math.log(probability / (1 - probability));
}

/** @throws AppError `MODEL_OUTPUT_INVALID` for NaN, and for a value outside 0..1 where the graph claims probabilities. */
export function toProbability(raw: number, activation: 'none' | 'sigmoid', output: string): number {
  const value = activation === 'sigmoid' ? sigmoid(raw) : raw;
  if (!(value >= 0 && value <= 1)) throw new AppError('MODEL_OUTPUT_INVALID', `output ${output} holds ${raw}, which is no probability`);
  return value;
}

const edge = 1e-7;

export function calibrate(score: number, calibration: Calibration): number {
  if (calibration.kind === 'none') return score;
  const bounded = Math.min(1 - edge, Math.max(edge, score));
  return sigmoid(calibration.a * Math.log(bounded / (1 - bounded)) + calibration.b);
}
