/** How well a series suits a lung model: the highest score among the eligible ones is analysed. */
import type { SeriesHeader } from './frame-header.ts';
import type { SeriesLimits } from './series-limits.ts';
import type { Stack } from './stack.ts';

export type Kernel = 'soft' | 'sharp' | 'unknown';

/** Kernel names of Siemens (B/Br/Bl/I + number), GE, Philips and Canon (FC + number). */
export function classifyKernel(name: string): Kernel {
  const kernel = name.trim().toUpperCase();
  if (kernel === '') return 'unknown';
  const siemens = /^(?:B|BR|BF|BL|BV|I|QR|HR|H|T|J)(\d{2})/u.exec(kernel);
  if (siemens) return Number(siemens[1]) >= 55 ? 'sharp' : 'soft';
  const canon = /^FC(\d{2})/u.exec(kernel);
  if (canon) return Number(canon[1]) >= 30 ? 'sharp' : 'soft';
  if (/^(?:LUNG|BONE|EDGE|ULTRA|CHEST|DETAIL|YB|YC|YD|L|D|E)\b/u.test(kernel)) return 'sharp';
  if (/^(?:STANDARD|STND|SOFT|SMOOTH|A|B|C|BODY)\b/u.test(kernel)) return 'soft';
  return 'unknown';
}

function thicknessPoints(thicknessMm: number): number {
  if (thicknessMm >= 1 && thicknessMm <= 1.25) return 40;
  if (thicknessMm >= 0.5 && thicknessMm < 1) return 35;
  if (thicknessMm > 1.25 && thicknessMm <= 1.5) return 30;
  if (thicknessMm > 1.5 && thicknessMm <= 2) return 20;
  return thicknessMm > 2 && thicknessMm <= 2.5 ? 10 : 0;
}

function kernelPoints(kernel: string, preferred: SeriesLimits['preferredKernel']): number {
  const kind = classifyKernel(kernel);
  if (kind === 'unknown') return 10;
  if (preferred === 'any') return 15;
  return kind === (preferred ?? 'soft') ? 20 : 5;
}

/** Points for thickness, kernel, original images, absence of contrast, inspiration, supine position and coverage. */
export function scoreSeries(series: SeriesHeader, stack: Stack, limits: SeriesLimits): number {
  const [first] = stack.frames;
  const { spacingMm, slices } = stack.plan?.geometry ?? { spacingMm: [0, 0, 0] as const, slices: 0 };
  const thicknessMm = Math.max(first?.sliceThicknessMm ?? 0, spacingMm[2]);
  let score = thicknessPoints(Math.round(thicknessMm * 100) / 100) + kernelPoints(first?.kernel ?? '', limits.preferredKernel);
  if (first?.imageType[0] === 'ORIGINAL' && first.imageType[1] === 'PRIMARY') score += 20;
  if (!series.contrastAgent) score += 5;
  if (/\bEXP(?:IR\w*)?\b/iu.test(series.description)) score -= 30;
  if (/^[HF]FP$/u.test(series.patientPosition)) score -= 20;
  if (/^(?:HEAD|BRAIN|SKULL|NECK|PELVIS|LSPINE|KNEE|FOOT|ANKLE|HIP|HAND|WRIST)/iu.test(series.bodyPart)) score -= 20;
  if (/^(?:CHEST|THORAX|LUNG)/iu.test(series.bodyPart)) score += 5;
  const coverageMm = Math.max(0, slices - 1) * spacingMm[2];
  return score + Math.round(Math.min(40, Math.max(0, coverageMm - 200) / 2));
}
