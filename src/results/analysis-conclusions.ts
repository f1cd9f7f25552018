/** What the guidelines say of an analysis that nobody has read: proposals, as far as the images tell enough. */
import { concludeUnread } from '../conclusions/conclude-unread.ts';
import { patientContextOf } from '../conclusions/patient-context.ts';
import type { Conclusions } from '../conclusions/types.ts';
import type { ResultInput } from './input.ts';

/**
 * Undefined when nothing was analysed. From the findings, and age and sex in the header; nothing else is known, so
 * that Lung-RADS never has a category here and Fleischner no recommendation: they say what a reader has to add.
 */
export function conclusionsOf({ findings, sourceHeaders: { header } }: Pick<ResultInput, 'findings' | 'sourceHeaders'>): Conclusions | undefined {
  return findings.status === 'analysed' ? concludeUnread(findings, patientContextOf(header)) : undefined;
}
