/** Whether a series can be analysed, why not, and how well it suits: from headers alone. */
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import type { Reason } from '../findings/types.ts';
import { ctClasses, type FrameHeader, type SeriesHeader } from './frame-header.ts';
import { reason } from './reasons.ts';
import { scoreSeries } from './score-series.ts';
import { fewestImages, maxMatrix, maxSlices, maxVolumeBytes, type SeriesLimits } from './series-limits.ts';
import type { Stack } from './stack.ts';

/** JPEG baseline and extended, JPEG-LS near-lossless: lossy whatever the header says. */
const alwaysLossy: ReadonlySet<string> = new Set(['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51', '1.2.840.10008.1.2.4.81']);

/** One way to make a volume of a series, judged. */
export interface AssessedStack {
  readonly series: SeriesHeader;
  readonly stack: Stack;
  readonly eligible: boolean;
  readonly score: number;
  /** Refusals first, then warnings. */
  readonly refusals: readonly Reason[];
  readonly warnings: readonly Reason[];
}

/** Values of ImageType, or words of the description, of images that were computed from others. */
const derivedTokens = /\b(?:MIP|MINIP|MPR|CPR|SCREEN|SCREEN ?SAVE|DOSE|PROJECTION IMAGE|VRT|SSD|3D|REFORMATTED|AVERAGE|COMPOSED|SUBTRACT\w*|IODINE|PERFUSION|BATCHLOG|SMARTPREP|BOLUS ?TRACK\w*|PREMONITORING|MONITORING)\b/iu;

function checkImageType(frame: FrameHeader, series: SeriesHeader, refusals: Reason[], warnings: Reason[]): void {
  const [origin = '', kind = ''] = frame.imageType;
  if (frame.imageType.includes('LOCALIZER') || /\b(?:scout|topogram|localizer|surview)\b/iu.test(series.description)) {
    refusals.push(reason('localizer'));
    return;
  }
  const token = derivedTokens.exec(frame.imageType.slice(2).join(' '))?.[0] ?? /\b(?:MIP|MINIP|MPR)\b/iu.exec(series.description)?.[0];
  if (kind === 'SECONDARY' || series.burnedIn || token !== undefined) {
    refusals.push(reason('derived-secondary', { imageType: frame.imageType.slice(0, 4).join('/') }));
  } else if (origin === 'DERIVED') warnings.push(reason('derived-primary'));
}

function checkPixels(stack: Stack, refusals: Reason[]): void {
  const { frames } = stack;
  const wrong = (problem: string): void => void refusals.push(reason('hu-implausible', { problem }));
  if (frames.some(({ slope, intercept }) => slope === undefined || intercept === undefined)) wrong('rescale slope or intercept missing');
  else if (frames.some(({ rescaleType }) => rescaleType !== undefined && rescaleType !== 'HU' && rescaleType !== 'US')) wrong('rescale type is not HU');
  if (frames.some(({ format }) => format.samplesPerPixel !== 1 || format.bitsAllocated < 12)) refusals.push(reason('derived-secondary', { problem: 'not gray-scale of at least 12 bits' }));
  const [first] = frames;
  const slices = stack.plan?.slices.length ?? frames.length;
  const { rows = 0, columns = 0 } = first?.format ?? {};
  if (slices > maxSlices || Math.max(rows, columns) > maxMatrix || slices * rows * columns * 2 > maxVolumeBytes) refusals.push(reason('too-large', { slices, rows, columns }));
}

/** Thickness that matters: what the images say, or the distance between slices where that is larger. */
export function effectiveThicknessMm(stack: Stack): number {
  const said = Math.max(0, ...stack.frames.map((frame) => frame.sliceThicknessMm ?? 0));
  return Math.max(said, stack.plan?.geometry.spacingMm[2] ?? 0);
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

function checkExtent(stack: Stack, series: SeriesHeader, limits: SeriesLimits, refusals: Reason[], warnings: Reason[]): void {
  if (!stack.plan) return;
  const { spacingMm, slices, rows, columns } = stack.plan.geometry;
  if (slices < limits.minSlices) refusals.push(reason('few-slices', { slices, least: limits.minSlices }));
  const coverageMm = (slices - 1) * spacingMm[2];
  if (coverageMm < limits.minCoverageMm) refusals.push(reason('short-coverage', { coverageMm: rounded(coverageMm), leastMm: limits.minCoverageMm }));
  const thicknessMm = effectiveThicknessMm(stack);
  if (thicknessMm > limits.maxSliceThicknessMm + 0.01) refusals.push(reason('thick-slices', { thicknessMm: rounded(thicknessMm), mostMm: limits.maxSliceThicknessMm }));
  else if (thicknessMm > (limits.warnSliceThicknessMm ?? 1.5) + 0.01) warnings.push(reason('thick-slices-warning', { thicknessMm: rounded(thicknessMm) }));
  const pixelMm = Math.max(spacingMm[0], spacingMm[1]);
  if (pixelMm > (limits.maxPixelSpacingMm ?? 2)) refusals.push(reason('coarse-pixels', { pixelMm: rounded(pixelMm) }));
  else if (pixelMm > (limits.warnPixelSpacingMm ?? 1)) warnings.push(reason('coarse-pixels', { pixelMm: rounded(pixelMm) }));
  const fieldMm = Math.min(series.reconstructionDiameterMm ?? Infinity, spacingMm[0] * columns, spacingMm[1] * rows);
  if (fieldMm < (limits.minFieldOfViewMm ?? 200)) refusals.push(reason('fov', { fieldMm: rounded(fieldMm) }));
}

function checkPatient(series: SeriesHeader, limits: SeriesLimits, isPETStudy: boolean, isCompressedWithLoss: boolean, refusals: Reason[], warnings: Reason[]): void {
  const policy = (code: 'contrast' | 'lossy', rule: 'allow' | 'warn' | 'refuse'): void => {
    if (rule === 'refuse') refusals.push(reason(code));
    else if (rule === 'warn') warnings.push(reason(code));
  };
  if (series.contrastAgent) policy('contrast', limits.contrast ?? 'allow');
  if (series.lossy || isCompressedWithLoss) policy('lossy', limits.lossy ?? 'refuse');
  if (limits.minAgeYears !== undefined) {
    if (series.ageYears === undefined) warnings.push(reason('age-unknown'));
    else if (series.ageYears < limits.minAgeYears) refusals.push(reason('pediatric', { ageYears: Math.floor(series.ageYears) }));
  }
  if (/^[HF]FP$/u.test(series.patientPosition)) warnings.push(reason('prone'));
  if (isPETStudy) warnings.push(reason('pet-attenuation'));
}

/** Judges one stack of a series. `isPETStudy`: the study holds PET images too. */
export function assessStack(series: SeriesHeader, stack: Stack, transferSyntaxUIDs: ReadonlySet<string>, limits: SeriesLimits, isPETStudy: boolean): AssessedStack {
  const refusals: Reason[] = [];
  const warnings: Reason[] = [];
  const [first] = stack.frames;
  const isCT = series.modality === 'CT' && stack.frames.every((frame) => ctClasses.has(frame.sopClassUID));
  if (!isCT || !first) {
    refusals.push(reason('not-ct', { modality: series.modality.slice(0, 16) || 'unknown' }));
    return { series, stack, eligible: false, score: 0, refusals, warnings };
  }
  checkImageType(first, series, refusals, warnings);
  if (stack.frames.length < fewestImages && !refusals.some(({ code }) => code === 'localizer')) refusals.push(reason('few-slices', { slices: stack.frames.length, least: limits.minSlices }));
  else refusals.push(...stack.refusals);
  warnings.push(...stack.warnings);
  checkPixels(stack, refusals);
  const unsupported = [...transferSyntaxUIDs].find((uid) => transferSyntax(uid).codec === 'unsupported');
  if (unsupported !== undefined) refusals.push(reason('undecodable', { transferSyntaxUID: unsupported }));
  checkExtent(stack, series, limits, refusals, warnings);
  checkPatient(series, limits, isPETStudy, [...transferSyntaxUIDs].some((uid) => alwaysLossy.has(uid)), refusals, warnings);
  const distinct = refusals.filter((refusal, n) => refusals.findIndex(({ code }) => code === refusal.code) === n);
  return { series, stack, eligible: distinct.length === 0, score: scoreSeries(series, stack, limits), refusals: distinct, warnings };
}
