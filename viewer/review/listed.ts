/** The findings as the list and the marks show them: the AI's, with what the reader made of them, and the reader's own. */
import type { ReviewDraft, ReviewedFinding } from '../api/review.ts';
import type { FindingsDocument, Study } from '../api/types.ts';
import { hidesAi } from './draft.ts';

export interface ListedFinding {
  readonly trackingUID: string;
  readonly origin: ReviewedFinding['origin'];
  /** "1" for the AI's, "R1" for the reader's own. */
  readonly label: string;
  readonly finding: ReviewedFinding['finding'];
  /** As the AI measured it; undefined for the reader's own. */
  readonly measured: ReviewedFinding['finding'] | undefined;
  /** Undefined before the review is there. */
  readonly reviewed: ReviewedFinding | undefined;
}

export interface ListSource {
  readonly study: Study | undefined;
  readonly findings: FindingsDocument | undefined;
  readonly draft: ReviewDraft | undefined;
  /** The reader looks first, and it is not known yet whether that is done. */
  readonly withholdsAi: boolean;
}

export const listFields = ['study', 'findings', 'draft', 'withholdsAi'] as const;

/** The number that the report uses too ("Nodule 7"), or the next free one; the reader's own carry an R. */
function labelOf({ origin, finding }: Pick<ReviewedFinding, 'origin' | 'finding'>, taken: Set<string>): string {
  const prefix = origin === 'ai' ? '' : 'R';
  let number = Number(/(\d+)$/.exec(finding.trackingIdentifier)?.[1] ?? 1);
  while (taken.has(`${prefix}${String(number)}`)) number += 1;
  const label = `${prefix}${String(number)}`;
  taken.add(label);
  return label;
}

function make({ study, findings, draft, withholdsAi }: ListSource): readonly ListedFinding[] {
  const found = findings?.status === 'analysed' ? findings.findings : [];
  if (draft === undefined) {
    if (withholdsAi) return [];
    const taken = new Set<string>();
    return found.map((finding) => ({ trackingUID: finding.trackingUID, origin: 'ai', label: labelOf({ origin: 'ai', finding }, taken), finding, measured: finding, reviewed: undefined }));
  }
  const ofAi = new Map([...(study?.earlierAnalyses ?? []).toReversed().flatMap((analysis) => analysis.findings.findings), ...found].map((finding) => [finding.trackingUID, finding]));
  const taken = new Set<string>();
  const listed = draft.findings.map((reviewed): ListedFinding => {
    const { trackingUID, origin, finding } = reviewed;
    return { trackingUID, origin, finding, reviewed, measured: origin === 'ai' ? ofAi.get(trackingUID) : undefined, label: labelOf(reviewed, taken) };
  });
  return withholdsAi || hidesAi(draft) ? listed.filter(({ origin }) => origin === 'reader') : listed;
}

let last: { readonly source: ListSource; readonly listed: readonly ListedFinding[] } | undefined;

/** The same array for the same source, so that it can be asked for in every frame. */
export function listFindings(source: ListSource): readonly ListedFinding[] {
  if (last !== undefined && listFields.every((field) => last?.source[field] === source[field])) return last.listed;
  last = { source, listed: make(source) };
  return last.listed;
}

/** True while the AI's result must not show anywhere on the page. */
export function isAiHidden({ draft, withholdsAi }: Pick<ListSource, 'draft' | 'withholdsAi'>): boolean {
  return withholdsAi || hidesAi(draft);
}

/** "AI 1", "R1". */
export function markName(listed: Pick<ListedFinding, 'origin' | 'label'>): string {
  return listed.origin === 'ai' ? `AI ${listed.label}` : listed.label;
}
