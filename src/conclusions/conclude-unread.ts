import type { FindingsDocument } from '../findings/types.ts';
import { conclude } from './conclude.ts';
import type { Conclusions, PatientContext } from './types.ts';

/** Of all findings of an analysis that nobody has read or compared. */
export function concludeUnread({ findings, quality }: Pick<FindingsDocument, 'findings' | 'quality'>, patient: PatientContext): Conclusions {
  const thickness = quality['sliceThicknessMm'];
  return conclude({ findings, patient, comparisons: [], ...(typeof thickness === 'number' ? { sliceThicknessMm: thickness } : {}) });
}
