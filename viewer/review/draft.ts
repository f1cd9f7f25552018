/** What a reader does to a draft, as functions of the draft alone: nothing here is ever changed in place. */
import type {
  EditableField, NoduleFeatures, PatientContext, RejectReason, ReviewDraft, ReviewedFinding,
} from '../api/review.ts';
import { without } from './without.ts';

type Values = ReviewedFinding['finding'];

function change(draft: ReviewDraft, trackingUID: string, apply: (item: ReviewedFinding) => ReviewedFinding): ReviewDraft {
  return { ...draft, findings: draft.findings.map((item) => (item.trackingUID === trackingUID ? apply(item) : item)) };
}

function withoutReason(item: ReviewedFinding): ReviewedFinding {
  return without(item, 'rejectReason');
}

export function accept(draft: ReviewDraft, trackingUID: string): ReviewDraft {
  return change(draft, trackingUID, (item) => ({ ...withoutReason(item), verdict: 'accepted' }));
}

export function reject(draft: ReviewDraft, trackingUID: string, rejectReason: RejectReason): ReviewDraft {
  return change(draft, trackingUID, (item) => ({ ...item, verdict: 'rejected', rejectReason }));
}

export function undecide(draft: ReviewDraft, trackingUID: string): ReviewDraft {
  return change(draft, trackingUID, (item) => ({ ...withoutReason(item), verdict: 'undecided' }));
}

export function comment(draft: ReviewDraft, trackingUID: string, text: string): ReviewDraft {
  return change(draft, trackingUID, (item) => {
    const words = text.trim();
    return words === '' ? without(item, 'comment') : { ...item, comment: words };
  });
}

export function describe(draft: ReviewDraft, trackingUID: string, features: NoduleFeatures): ReviewDraft {
  return change(draft, trackingUID, (item) => (Object.keys(features).length === 0 ? without(item, 'features') : { ...item, features }));
}

/** Values that a reader sets; the diameter follows from the axes, and a solid part exists in part-solid nodules only. */
export type Edit = Partial<Pick<Values, 'type' | 'longAxisMm' | 'shortAxisMm' | 'solidDiameterMm' | 'laterality' | 'longAxisWorld' | 'shortAxisWorld' | 'sliceInstanceUID'>>
  & { readonly lobe?: Values['lobe'] | undefined; readonly sliceFrameNumber?: number | undefined };

function mean(longAxisMm: number, shortAxisMm: number): number {
  return Math.round((longAxisMm + shortAxisMm) * 50) / 100;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Which values differ from what was measured; without the measured ones, what had been edited stays edited. */
function editedFields(next: Values, measured: Values | undefined, touched: readonly EditableField[], before: readonly EditableField[]): readonly EditableField[] {
  const candidates = [...new Set([...before, ...touched])];
  if (measured === undefined) return candidates;
  const along: Readonly<Partial<Record<EditableField, 'longAxisWorld' | 'shortAxisWorld'>>> = { longAxisMm: 'longAxisWorld', shortAxisMm: 'shortAxisWorld' };
  return candidates.filter((field) => {
    const world = along[field];
    return !same(next[field], measured[field]) || (world !== undefined && !same(next[world], measured[world]));
  });
}

/** `measured`: what the AI or the server found, to tell whether a value is the reader's. */
export function edit(draft: ReviewDraft, trackingUID: string, values: Edit, measured: Values | undefined): ReviewDraft {
  return change(draft, trackingUID, (item) => {
    const merged = { ...item.finding, ...values };
    const { solidDiameterMm, lobe, sliceFrameNumber, ...rest } = merged;
    const long = Math.max(rest.longAxisMm, rest.shortAxisMm);
    const swapped = rest.shortAxisMm > rest.longAxisMm;
    const finding: Values = {
      ...rest,
      ...(swapped ? { longAxisMm: long, shortAxisMm: rest.longAxisMm, longAxisWorld: rest.shortAxisWorld, shortAxisWorld: rest.longAxisWorld } : {}),
      ...(values.longAxisMm === undefined && values.shortAxisMm === undefined ? {} : { diameterMm: mean(rest.longAxisMm, rest.shortAxisMm) }),
      ...((rest.type === 'part-solid' || values.type === undefined) && solidDiameterMm !== undefined
        ? { solidDiameterMm: values.solidDiameterMm === undefined && values.longAxisMm === undefined ? solidDiameterMm : Math.min(solidDiameterMm, long) } : {}),
      ...(lobe === undefined || (rest.laterality !== 'unknown' && !lobe.startsWith(rest.laterality)) ? {} : { lobe }),
      ...(sliceFrameNumber === undefined ? {} : { sliceFrameNumber }),
    };
    const touched: EditableField[] = [];
    for (const field of ['type', 'longAxisMm', 'shortAxisMm', 'solidDiameterMm', 'laterality', 'lobe'] as const) {
      if (!same(finding[field], item.finding[field])) touched.push(field);
    }
    if (swapped || !same(finding.longAxisWorld, item.finding.longAxisWorld)) touched.push('longAxisMm');
    if (swapped || !same(finding.shortAxisWorld, item.finding.shortAxisWorld)) touched.push('shortAxisMm');
    return { ...item, finding, edited: editedFields(finding, measured, touched, item.edited) };
  });
}

/** Back to what was measured. */
export function restore(draft: ReviewDraft, trackingUID: string, measured: Values): ReviewDraft {
  return change(draft, trackingUID, (item) => ({ ...item, finding: measured, edited: [] }));
}

/** A finding of the reader's own stands by itself: it is one that the reader has accepted. */
export function add(draft: ReviewDraft, item: ReviewedFinding): ReviewDraft {
  return { ...draft, findings: [...draft.findings, { ...item, verdict: 'accepted' }] };
}

/** Takes a finding of the reader's own away; the AI's can only be rejected. */
export function remove(draft: ReviewDraft, trackingUID: string): ReviewDraft {
  return { ...draft, findings: draft.findings.filter((item) => item.trackingUID !== trackingUID || item.origin !== 'reader') };
}

/** `undefined` takes an answer back: it is unknown again, which no guideline takes for "no". */
export function know<K extends keyof PatientContext>(draft: ReviewDraft, field: K, value: PatientContext[K] | undefined): ReviewDraft {
  return { ...draft, patient: value === undefined ? without(draft.patient, field) : { ...draft.patient, [field]: value } };
}

export function undecidedOf(draft: ReviewDraft): readonly ReviewedFinding[] {
  return draft.findings.filter((item) => item.verdict === 'undecided');
}

/** Whether the marks of the AI are still to be withheld: the reader looks first. */
export function hidesAi(draft: ReviewDraft | undefined): boolean {
  return draft?.aiSecond !== undefined && draft.aiSecond.revealedAt === undefined;
}
