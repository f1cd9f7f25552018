/** Findings for the conclusions, with only what a case changes written down. */
import type { ComparedFinding, Examination } from '../../src/conclusions/compare-nodules.ts';
import type { ConcludedFinding } from '../../src/conclusions/conclude.ts';

export function concluded(change: Partial<ConcludedFinding> = {}): ConcludedFinding {
  const mm = change.longAxisMm ?? 7;
  return { trackingUID: '2.25.1', type: 'solid', longAxisMm: mm, shortAxisMm: mm, volumeMm3: (Math.PI / 6) * mm ** 3, lobe: 'right-upper', ...change };
}

export function compared(trackingUID: string, worldPoint: ComparedFinding['worldPoint'], mm: number, change: Partial<ComparedFinding> = {}): ComparedFinding {
  return { trackingUID, worldPoint, longAxisMm: mm, shortAxisMm: mm, volumeMm3: (Math.PI / 6) * mm ** 3, laterality: worldPoint[0] < 0 ? 'right' : 'left', ...change };
}

export const lungBox = [[-140, -110, -250], [140, 90, 0]] as const;

export function examination(date: string, findings: readonly ComparedFinding[], change: Partial<Examination> = {}): Examination {
  return {
    studyInstanceUID: `2.25.${date}`, date, findings, lungBox, coverageMm: [-280, 30], sliceThicknessMm: 1, method: 'model 1', ...change,
  };
}
