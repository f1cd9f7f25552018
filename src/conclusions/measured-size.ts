/** Which measurement of a finding a guideline may use. */
import { noteText, statesVolume } from '../findings/notes.ts';
import { reason } from '../guidelines/answer.ts';
import type { NoduleSize } from '../guidelines/size.ts';
import type { GuidelineReason } from '../guidelines/types.ts';
import type { ConcludedFinding } from './input.ts';

function isLength(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

/**
 * The axes; where they are unusable, the volume, unless a note says that nobody measured one. The axes come first
 * because a reader edits them and the volume stays that of the AI's outline.
 */
export function sizeOf(finding: ConcludedFinding): NoduleSize | undefined {
  const { longAxisMm, shortAxisMm, volumeMm3 } = finding;
  if (isLength(longAxisMm) && isLength(shortAxisMm)) return { by: 'axes', longAxisMm, shortAxisMm };
  return isLength(volumeMm3) && statesVolume(finding) ? { by: 'volume', volumeMm3 } : undefined;
}

/** What is wrong with the measurement that an answer rests on. */
export function measurementCaveats({ notes }: Pick<ConcludedFinding, 'notes'>): readonly GuidelineReason[] {
  return (notes ?? []).map((note) => {
    const { en, vi } = noteText(note);
    return reason(`measurement-${note}`, en, vi);
  });
}
