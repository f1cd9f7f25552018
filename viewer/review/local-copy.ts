/**
 * Changes that the server does not have yet, kept in this browser: written before every request and taken away only
 * when the server has answered. A closed tab, a crash or a lost connection loses none of them.
 */
import type { Reader, ReviewDraft } from '../api/review.ts';
import { dropStored, readStored, store } from '../ui/browser-storage.ts';

export interface LocalCopy {
  readonly reader: Reader;
  /** The server's revision and draft that it was made from. */
  readonly revision: number;
  readonly base: ReviewDraft;
  readonly draft: ReviewDraft;
  /** Study Instance UID of the earlier CT that was chosen to compare with. */
  readonly compareWith?: string;
}

const prefix = 'phoi.review.';

/** Outlines are large and never the reader's: they come back from the server's draft. */
function light(draft: ReviewDraft, known: ReadonlySet<string>): ReviewDraft {
  return { ...draft, findings: draft.findings.map((item) => (known.has(item.trackingUID) ? { ...item, finding: { ...item.finding, outlines: [] } } : item)) };
}

function uidsOf(draft: ReviewDraft): ReadonlySet<string> {
  return new Set(draft.findings.map((item) => item.trackingUID));
}

/** False when the browser has no room or forbids it: then only the open page holds the changes. */
export function keepLocally(studyInstanceUID: string, copy: LocalCopy): boolean {
  const known = uidsOf(copy.base);
  return store(prefix + studyInstanceUID, JSON.stringify({ ...copy, base: light(copy.base, known), draft: light(copy.draft, known) }));
}

export function dropLocally(studyInstanceUID: string): void {
  dropStored(prefix + studyInstanceUID);
}

function withOutlines(draft: ReviewDraft, from: ReviewDraft): ReviewDraft {
  const outlines = new Map(from.findings.map((item) => [item.trackingUID, item.finding.outlines]));
  return { ...draft, findings: draft.findings.map((item) => ({ ...item, finding: { ...item.finding, outlines: item.finding.outlines.length > 0 ? item.finding.outlines : outlines.get(item.trackingUID) ?? [] } })) };
}

/** Whatever wrote it: only what has the form of a copy is one. */
function parsed(text: string): LocalCopy | undefined {
  try {
    const copy = JSON.parse(text) as Partial<LocalCopy> | null;
    return Array.isArray(copy?.draft?.findings) && Array.isArray(copy.base?.findings) && typeof copy.reader?.id === 'string' ? copy as LocalCopy : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What was kept of this study; `server` gives the outlines back. What cannot be read is taken away. */
export function keptLocally(studyInstanceUID: string, server: ReviewDraft): LocalCopy | undefined {
  const text = readStored(prefix + studyInstanceUID);
  if (text === undefined) return undefined;
  const copy = parsed(text);
  if (copy === undefined) {
    dropLocally(studyInstanceUID);
    return undefined;
  }
  return { ...copy, base: withOutlines(copy.base, server), draft: withOutlines(copy.draft, server) };
}
