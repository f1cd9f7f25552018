/** Whether a series can be analysed, why not, and how well it suits: from headers alone. */
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import type { Reason } from '../findings/types.ts';
import { checkExtent, isTooLarge } from './assess-extent.ts';
import { ctClasses, type FrameHeader, type SeriesHeader } from './frame-header.ts';
import { reason } from './reasons.ts';
import { classifyKernel, scoreSeries } from './score-series.ts';
import { fewestImages, type SeriesLimits } from './series-limits.ts';
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
  if (isTooLarge(slices, rows, columns)) refusals.push(reason('too-large', { slices, rows, columns }));
}

/** Thickness that matters: what the images say, or the distance between slices where that is larger. */
export function effectiveThicknessMm(stack: Stack): number {
  const said = Math.max(0, ...stack.frames.map((frame) => frame.sliceThicknessMm ?? 0));
  return Math.max(said, stack.plan?.geometry.spacingMm[2] ?? 0);
}

function checkKernel(kernel: string, { kernels }: SeriesLimits, refusals: Reason[], warnings: Reason[]): void {
  const kind = classifyKernel(kernel);
  const rule = kernels?.[kind] ?? 'allow';
  const details = { kernel: kernel.slice(0, 32), kind };
  if (rule === 'refuse') refusals.push(reason('kernel-refused', details));
  else if (rule === 'warn') warnings.push(reason('kernel-warning', details));
}

function checkPatient(series: SeriesHeader, kernel: string, limits: SeriesLimits, isPETStudy: boolean, isCompressedWithLoss: boolean, refusals: Reason[], warnings: Reason[]): void {
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
  checkKernel(kernel, limits, refusals, warnings);
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
  if (stack.plan) checkExtent(stack.plan.geometry, effectiveThicknessMm(stack), series.reconstructionDiameterMm, limits, refusals, warnings);
  checkPatient(series, first.kernel ?? '', limits, isPETStudy, [...transferSyntaxUIDs].some((uid) => alwaysLossy.has(uid)), refusals, warnings);
  const distinct = refusals.filter((refusal, n) => refusals.findIndex(({ code }) => code === refusal.code) === n);
  return { series, stack, eligible: distinct.length === 0, score: scoreSeries(series, stack, limits), refusals: distinct, warnings };
}
