/** Two drafts that grew from one: what each changed, put together where they do not contradict each other. */
import type { PatientContext, ReviewDraft, ReviewedFinding } from '../api/review.ts';

export interface Merged {
  readonly draft: ReviewDraft;
  /** Tracking UIDs and names of fields that both changed, each in its own way. `draft` holds mine there. */
  readonly clashes: readonly string[];
}

/** JSON with sorted names: the server may give them in another order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'object' && each !== null && !Array.isArray(each)
    ? Object.fromEntries(Object.entries(each).filter(([, field]) => field !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : each));
}

export function sameDraft(a: ReviewDraft, b: ReviewDraft): boolean {
  return canonical(a) === canonical(b);
}

function three<T>(base: T, mine: T, theirs: T, clash: () => void): T {
  const [b, m, t] = [canonical(base), canonical(mine), canonical(theirs)];
  if (m === t || t === b) return mine;
  if (m === b) return theirs;
  clash();
  return mine;
}

function byUID(findings: readonly ReviewedFinding[]): ReadonlyMap<string, ReviewedFinding> {
  return new Map(findings.map((item) => [item.trackingUID, item]));
}

/** `base`: what both started from. */
export function mergeDrafts(base: ReviewDraft, mine: ReviewDraft, theirs: ReviewDraft): Merged {
  const clashes: string[] = [];
  const [inBase, inMine, inTheirs] = [byUID(base.findings), byUID(mine.findings), byUID(theirs.findings)];
  // The server's order first: it knows of newer analyses.
  const uids = new Set([...inTheirs.keys(), ...inMine.keys()]);
  const findings = [...uids].flatMap((uid) => {
    const kept = three(inBase.get(uid), inMine.get(uid), inTheirs.get(uid), () => { clashes.push(uid); });
    return kept === undefined ? [] : [kept];
  });
  const field = <T>(name: string, pick: (draft: ReviewDraft) => T): T => three(pick(base), pick(mine), pick(theirs), () => { clashes.push(name); });
  const names = new Set([base, mine, theirs].flatMap(({ patient }) => Object.keys(patient))) as ReadonlySet<keyof PatientContext>;
  const patient = Object.fromEntries([...names].flatMap((name) => {
    const value = field(name, (draft) => draft.patient[name]);
    return value === undefined ? [] : [[name, value]];
  })) as PatientContext;
  const aiSecond = field('aiSecond', (draft) => draft.aiSecond);
  return {
    draft: {
      findings, patient, impression: field('impression', (draft) => draft.impression), language: field('language', (draft) => draft.language),
      ...(aiSecond === undefined ? {} : { aiSecond }),
    },
    clashes,
  };
}
