/**
 * Sizes of nodules as the guidelines compare them. A diameter is compared with thresholds in mm and a volume with
 * thresholds in mm³; neither is ever converted into the other, since the thresholds of most guidelines are not the
 * volumes of spheres of the threshold diameter.
 */
import { derived, given, isUsable } from './answer.ts';
import type { GuidelineInput } from './types.ts';

/** Long and short axis lie in one plane, the short one perpendicular to the long one; all in mm or mm³. */
export type NoduleSize =
  | { readonly by: 'axes'; readonly longAxisMm: number; readonly shortAxisMm: number }
  | { readonly by: 'mean-diameter'; readonly meanDiameterMm: number }
  | { readonly by: 'volume'; readonly volumeMm3: number };

/** One threshold in both quantities. */
export interface Threshold {
  readonly mm: number;
  readonly mm3: number;
}

/** A size after rounding, as it is reported and compared. */
export interface ReportedSize {
  readonly quantity: 'diameter' | 'volume';
  readonly value: number;
  readonly inputs: readonly GuidelineInput[];
}

/** Absorbs binary representation of decimal halves; no scanner measures to a nanometre. */
const halfTolerance = 1e-9;

/** To a multiple of `1 / perUnit`; halves go up, towards more suspicion. */
export function roundTo(value: number, perUnit: 1 | 10): number {
  return Math.floor(value * perUnit + 0.5 + halfTolerance) / perUnit;
}

/**
 * The size to compare, or undefined when it is absent or not a positive finite number.
 * With `perMm` 10 each axis and their mean are given to 0.1 mm (Lung-RADS v2022), with 1 the mean alone is rounded to
 * the whole mm (Fleischner 2017). Volumes are rounded to the whole mm³. The raw values stay among the inputs.
 */
export function reportedSize(size: NoduleSize | undefined, perMm: 1 | 10, name = ''): ReportedSize | undefined {
  if (size === undefined) return undefined;
  const label = (quantity: string): string => name === '' ? quantity : `${name}.${quantity}`;
  if (size.by === 'volume') {
    if (!isUsable(size.volumeMm3)) return undefined;
    const value = roundTo(size.volumeMm3, 1);
    return {
      quantity: 'volume', value,
      inputs: [...given(label('volumeMm3'), size.volumeMm3, 'mm3'), derived(label('reportedVolumeMm3'), value, 'mm3')],
    };
  }
  const axes = size.by === 'axes' ? [size.longAxisMm, size.shortAxisMm] : [size.meanDiameterMm, size.meanDiameterMm];
  const [long, short] = axes as [number, number];
  if (!isUsable(long) || !isUsable(short)) return undefined;
  const mean = perMm === 10 ? (roundTo(long, 10) + roundTo(short, 10)) / 2 : (long + short) / 2;
  const value = roundTo(mean, perMm);
  const raw = size.by === 'axes'
    ? [...given(label('longAxisMm'), long, 'mm'), ...given(label('shortAxisMm'), short, 'mm')]
    : given(label('meanDiameterMm'), long, 'mm');
  return { quantity: 'diameter', value, inputs: [...raw, derived(label('reportedMeanDiameterMm'), value, 'mm')] };
}

export function isBelow(size: ReportedSize, threshold: Threshold): boolean {
  return size.value < thresholdFor(size, threshold);
}

/** The side of the threshold that is of the same quantity as the size. */
export function thresholdFor(size: ReportedSize, threshold: Threshold): number {
  return size.quantity === 'diameter' ? threshold.mm : threshold.mm3;
}

/** `6.0 mm` or `113 mm³`. */
export function sizeText(size: ReportedSize): string {
  return size.quantity === 'diameter' ? `${size.value} mm` : `${size.value} mm³`;
}
