import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReviewDraft } from '../../src/review/types.ts';
import { withLength } from '../../viewer/review/axis.ts';
import { accept, add, comment, edit, know, reject, remove, undecide } from '../../viewer/review/draft.ts';
import { createHistory } from '../../viewer/review/history.ts';
import { mergeDrafts, sameDraft } from '../../viewer/review/merge.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';

const [found] = boxDocument(makeBoxSeries({ name: 'draft' }), { name: 'draft' }).findings;
const uids = ['2.25.1', '2.25.2', '2.25.3'];
const draft: ReviewDraft = {
  findings: uids.map((trackingUID) => ({ trackingUID, origin: 'ai', verdict: 'undecided', edited: [], finding: { ...found!, trackingUID } })),
  patient: { ageYears: 65 }, impression: '', language: 'en',
};
const change = fc.record({ uid: fc.constantFrom(...uids), kind: fc.constantFrom('accept', 'reject', 'comment', 'axis', 'type'), value: fc.integer({ min: 5, max: 40 }) });
type Change = { readonly uid: string; readonly kind: string; readonly value: number };

function apply(before: ReviewDraft, { uid, kind, value }: Change): ReviewDraft {
  switch (kind) {
    case 'accept': return accept(before, uid);
    case 'reject': return reject(before, uid, 'vessel');
    case 'comment': return comment(before, uid, `note ${value}`);
    case 'axis': return edit(before, uid, { longAxisMm: value, longAxisWorld: withLength(found!.longAxisWorld, value) }, found);
    default: return edit(before, uid, { type: value > 20 ? 'part-solid' : 'solid' }, found);
  }
}

describe('changes of a draft', () => {
  test('a reason belongs to a rejected finding only', () => {
    const rejected = reject(draft, '2.25.2', 'scar');
    expect(rejected.findings[1]).toMatchObject({ verdict: 'rejected', rejectReason: 'scar' });
    expect(accept(rejected, '2.25.2').findings[1]).not.toHaveProperty('rejectReason');
    expect(undecide(rejected, '2.25.2')).toEqual(draft);
  });

  test('findings of the AI stay; one\'s own can go', () => {
    const own = { ...draft.findings[0]!, trackingUID: '2.25.9', origin: 'reader' as const };
    const added = add(draft, own);
    expect(added.findings.at(-1)?.verdict).toBe('accepted');
    expect(remove(added, '2.25.9')).toEqual(draft);
    expect(remove(added, '2.25.1')).toEqual(added);
  });

  test('an answer that is taken back is unknown again', () => {
    expect(know(know(draft, 'hasKnownCancer', false), 'hasKnownCancer', undefined)).toEqual(draft);
  });

  test('whatever is edited, the long axis is the longer one, the diameter their mean, and what equals the measured value is not the reader\'s', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (long, short) => {
      const { finding } = edit(draft, '2.25.1', {
        longAxisMm: long, longAxisWorld: withLength(found!.longAxisWorld, long), shortAxisMm: short, shortAxisWorld: withLength(found!.shortAxisWorld, short),
      }, found).findings[0]!;
      expect(finding.longAxisMm).toBeGreaterThanOrEqual(finding.shortAxisMm);
      expect(finding.diameterMm).toBeCloseTo((long + short) / 2, 2);
      const [from, to] = finding.longAxisWorld;
      expect(Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2])).toBeCloseTo(finding.longAxisMm, 6);
    }));
    const there = edit(draft, '2.25.1', { type: 'ground-glass' }, found);
    expect(there.findings[0]!.edited).toEqual(['type']);
    expect(edit(there, '2.25.1', { type: 'solid' }, found)).toEqual(draft);
  });
});

describe('steps back and forth', () => {
  test('undo of everything is the beginning, redo of everything the end', () => {
    fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const history = createHistory<ReviewDraft>();
      let present = draft;
      for (const each of changes) {
        history.record(present);
        present = apply(present, each);
      }
      const end = present;
      for (let before = history.undo(present); before !== undefined; before = history.undo(present)) present = before;
      expect(present).toEqual(draft);
      for (let next = history.redo(present); next !== undefined; next = history.redo(present)) present = next;
      expect(present).toEqual(end);
    }));
  });
});

describe('two drafts of one', () => {
  test('changes of different findings are both kept, in whatever order', () => {
    fc.assert(fc.property(fc.array(change), fc.array(change), (first, second) => {
      const mine = first.filter(({ uid }) => uid !== '2.25.3').reduce(apply, draft);
      const theirs = second.filter(({ uid }) => uid === '2.25.3').reduce(apply, draft);
      const there = mergeDrafts(draft, mine, theirs);
      const back = mergeDrafts(draft, theirs, mine);
      expect(there.clashes).toEqual([]);
      expect(sameDraft(there.draft, back.draft)).toBe(true);
      expect(there.draft.findings.slice(0, 2)).toEqual(mine.findings.slice(0, 2));
      expect(there.draft.findings[2]).toEqual(theirs.findings[2]);
    }));
  });

  test('a contradiction is named and never solved silently', () => {
    const { clashes, draft: merged } = mergeDrafts(draft, accept(draft, '2.25.2'), reject(draft, '2.25.2', 'vessel'));
    expect(clashes).toEqual(['2.25.2']);
    expect(merged.findings[1]!.verdict).toBe('accepted');
  });
});
