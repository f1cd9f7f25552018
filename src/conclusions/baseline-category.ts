/** What a worklist can say of an unread study: nobody has stated yet whether it is a screening, or the first one. */
import type { FindingsDocument } from '../findings/types.ts';
import { concludeUnread } from './conclude-unread.ts';
import { lungRadsCategory } from './lung-rads-category.ts';

/**
 * The Lung-RADS v2022 category of the AI's findings, if this is a first screening CT. Undefined where nothing was analysed
 * or found: that no nodule was marked is no category, which needs a reader.
 */
export function baselineCategory(document: FindingsDocument): string | undefined {
  if (document.status !== 'analysed' || document.findings.length === 0) return undefined;
  return lungRadsCategory(concludeUnread(document, { isScreening: true, prior: 'none' }));
}
