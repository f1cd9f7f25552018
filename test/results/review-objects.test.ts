import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { items, text, texts } from '../../src/dicom/access.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import type { ResultObject } from '../../src/results/build-result-objects.ts';
import { describeSr, type SrNode } from '../../src/results/describe-sr.ts';
import { personName } from '../../src/results/person-name.ts';
import { buildReviewObjects, type ReviewObjectsInput } from '../../src/results/review-objects.ts';
import { reviewDisclaimer } from '../../src/results/review-text.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { outline } from './outline.ts';
import { dciodvfy, dsrdump, python } from './peers.ts';
import { addendum, aiReport, mixedReading, readingWithoutAI, reviewed, signedReview } from './review-sample.ts';

async function objectsOf(input: ReviewObjectsInput): Promise<Readonly<Partial<Record<string, ResultObject>>>> {
  return Object.fromEntries((await buildReviewObjects(input)).map((object) => [object.role, object]));
}

async function reportOf(input: ReviewObjectsInput): Promise<Dataset> {
  const { sr } = await objectsOf(input);
  if (sr === undefined) throw new Error('no report');
  return parsePart10(sr.part10).dataset;
}

function all(node: SrNode): readonly SrNode[] {
  return [node, ...node.children.flatMap(all)];
}

const named = (nodes: readonly SrNode[], meaning: string): readonly SrNode[] => nodes.filter(({ name }) => name?.meaning === meaning);

const cases: readonly (readonly [string, () => ReviewObjectsInput, readonly string[]])[] = [
  ['review-mixed', mixedReading, ['seg', 'sr', 'ko']],
  ['review-addendum', addendum, ['sr']],
  ['review-without-ai', readingWithoutAI, ['sr']],
];

describe('a signed report', () => {
  it.each(cases)('%s is as written down', async (name, input, roles) => {
    const objects = await buildReviewObjects(input());
    expect(objects.map(({ role }) => role)).toEqual(roles);
    const report = describeSr(await reportOf(input()));
    await expect(outline(report)).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${name}.txt`));
  });

  it.runIf(hasPrograms('dciodvfy', 'dsrdump'))('and what goes with it is valid', async () => {
    for (const [, input] of cases) {
      for (const { role, part10 } of await buildReviewObjects(input())) {
        expect([role, dciodvfy(part10).errors]).toEqual([role, []]);
        if (role !== 'seg') expect(dsrdump(part10)).toContain('not a certified medical device');
      }
    }
    const { sr } = await objectsOf(mixedReading());
    const dump = dsrdump(sr?.part10 ?? new Uint8Array());
    expect(dump).toContain('Verification Flag   : VERIFIED');
    expect(dump).toContain('Trần');
  });

  it('is verified by the person who signed, in the time of the images, and names what it follows', async () => {
    const dataset = await reportOf(addendum());
    expect(['CompletionFlag', 'VerificationFlag', 'PreliminaryFlag'].map((keyword) => text(dataset, keyword as 'CompletionFlag'))).toEqual(['COMPLETE', 'VERIFIED', 'FINAL']);
    const [observer] = items(dataset, 'VerifyingObserverSequence');
    expect(text(observer ?? {}, 'VerifyingObserverName')).toBe('Trần^Thị Hoa');
    expect(text(observer ?? {}, 'VerifyingOrganization')).toBe('Bệnh viện Phổi');
    expect(text(observer ?? {}, 'VerificationDateTime')).toBe('20260305080203');
    expect(items(dataset, 'AuthorObserverSequence').map((author) => text(author, 'ObserverType'))).toEqual(['PSN', 'DEV']);
    expect(describeSr(dataset).predecessors).toEqual([aiReport.sopInstanceUID, '2.25.701']);
    expect(text(dataset, 'PatientName')).toBe('Nguyễn^Thị Hồng');
  });

  it('tells the values of the reader from those of the software', async () => {
    const nodes = all(describeSr(await reportOf(mixedReading())).content);
    const long = named(nodes, 'Long axis').map(({ number, children }) => [number, named(children, 'Who the value comes from')[0]?.code?.meaning, named(children, 'Value of the software before the edit')[0]?.number]);
    expect(long[0]).toEqual([11, 'Value of the reader', 10]);
    expect(long.slice(1).every(([, source, before]) => source === undefined && before === undefined)).toBe(true);
    const [short] = named(nodes, 'Short axis');
    expect(named(short?.children ?? [], 'Who the value comes from')).toEqual([]);
    const [volume] = named(nodes, 'Volume');
    expect(named(volume?.children ?? [], 'Who the value comes from')[0]?.code?.meaning).toBe('Value of the software');
    // The end points belong to the length before the edit.
    expect(named(named(nodes, 'Long axis')[0]?.children ?? [], 'Path')).toEqual([]);
    expect(named(short?.children ?? [], 'Path')).toHaveLength(1);
  });

  it('never states a rejected finding as a nodule', async () => {
    const { content } = describeSr(await reportOf(mixedReading()));
    const measured = named(content.children, 'Imaging Measurements').flatMap(all);
    expect(measured.some(({ text: value }) => value === '2.25.501')).toBe(false);
    const rejected = named(content.children, 'Findings of the AI rejected by the reader').flatMap(all);
    expect(rejected.some(({ text: value }) => value === '2.25.501')).toBe(true);
    expect(named(rejected, 'Finding')).toEqual([]);
    expect(named(rejected, 'Why the reader rejected the finding')[0]?.code?.meaning).toBe('Vessel');
    expect(named(all(content), 'Number of nodules reported')[0]?.number).toBe(3);
  });

  it('names no algorithm and no score for what the reader added', async () => {
    const { content } = describeSr(await reportOf(mixedReading()));
    const groups = named(named(content.children, 'Imaging Measurements').flatMap(all), 'Measurement Group');
    const added = groups.filter((group) => named(group.children, 'Tracking Unique Identifier')[0]?.text === '2.25.900');
    expect(added).toHaveLength(2);
    for (const group of added) {
      expect(named(group.children, 'Algorithm Name')).toEqual([]);
      expect(named(group.children, 'Certainty of Finding')).toEqual([]);
    }
    expect(named(added.flatMap(all), 'Verdict of the reader')[0]?.code?.meaning).toBe('Added by the reader');
  });

  it('refers to nothing that it does not list as evidence', async () => {
    for (const [, input] of cases) {
      const dataset = await reportOf(input());
      const evidence = items(items(dataset, 'CurrentRequestedProcedureEvidenceSequence')[0] ?? {}, 'ReferencedSeriesSequence');
      const listed = new Set(evidence.flatMap((series) => items(series, 'ReferencedSOPSequence').map((reference) => text(reference, 'ReferencedSOPInstanceUID'))));
      for (const node of all(describeSr(dataset).content)) for (const reference of node.references ?? []) expect(listed).toContain(reference.sopInstanceUID);
    }
  });

  it('carries the disclaimer in both languages', async () => {
    for (const [, input] of cases) {
      const summaries = named(all(describeSr(await reportOf(input())).content), 'Summary').map((node) => node.text ?? '');
      expect(summaries[0]).toContain(reviewDisclaimer.en);
      expect(summaries[1]).toContain(reviewDisclaimer.vi);
      expect(summaries.join('')).not.toMatch(/undefined|NaN|\[object/u);
    }
  });

  it('has one segment for each mask of a reported finding', async () => {
    const { seg } = await objectsOf(mixedReading());
    const dataset = parsePart10(seg?.part10 ?? new Uint8Array()).dataset;
    const segments = items(dataset, 'SegmentSequence');
    expect(segments.map((segment) => [text(segment, 'TrackingUID'), text(segment, 'SegmentAlgorithmType')])).toEqual([['2.25.500', 'AUTOMATIC'], ['2.25.900', 'SEMIAUTOMATIC']]);
    expect(text(dataset, 'ContentCreatorName')).toBe('Trần^Thị Hoa');
    const nodes = all(describeSr(await reportOf(mixedReading())).content);
    expect(named(nodes, 'Referenced Segment').map(({ references }) => [references?.[0]?.sopInstanceUID, references?.[0]?.segments])).toEqual([[seg?.sopInstanceUID, [1]], [seg?.sopInstanceUID, [2]]]);
  });

  it.runIf(hasDebianPython())('is read by pydicom', async () => {
    const { sr } = await objectsOf(mixedReading());
    const read = python(sr?.part10 ?? new Uint8Array(), `
import sys, json, pydicom
d = pydicom.dcmread(sys.argv[1])
print(json.dumps([d.VerificationFlag, str(d.VerifyingObserverSequence[0].VerifyingObserverName), d.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID]))
`);
    expect(read).toEqual(['VERIFIED', 'Trần^Thị Hoa', aiReport.sopInstanceUID]);
  });
});

describe('the same signature', () => {
  it('gives the same bytes, and any other content other UIDs', async () => {
    const once = await buildReviewObjects(mixedReading());
    const twice = await buildReviewObjects(mixedReading());
    expect(twice.map(({ part10 }) => Buffer.from(part10).toString('base64'))).toEqual(once.map(({ part10 }) => Buffer.from(part10).toString('base64')));
    const base = mixedReading();
    const changed: readonly ReviewObjectsInput[] = [
      { ...base, review: { ...base.review, signedAt: '2026-03-05T01:02:04.000Z' } },
      { ...base, review: { ...base.review, draft: { ...base.review.draft, impression: 'Other' } } },
      { ...base, predecessors: [] },
      { ...base, masks: base.masks.map((mask, index) => (index === 3 ? undefined : mask)) },
    ];
    const known = new Set(once.map(({ sopInstanceUID }) => sopInstanceUID));
    for (const input of changed) for (const { sopInstanceUID } of await buildReviewObjects(input)) expect(known).not.toContain(sopInstanceUID);
  });

  it('is refused while a finding is undecided or masks do not match', async () => {
    const base = mixedReading();
    const [first] = base.analysis?.findings ?? [];
    if (first === undefined) throw new Error('a finding is expected');
    await expect(buildReviewObjects({ ...base, masks: [undefined], review: signedReview([reviewed(first, { verdict: 'undecided' })]) })).rejects.toThrow('undecided');
    await expect(buildReviewObjects({ ...base, masks: [] })).rejects.toThrow('one mask');
  });
});

describe('names of people', () => {
  it.each([
    ['Trần^Thị Hoa', 'Trần^Thị Hoa'], ['BS. Nguyễn Văn An', 'BS. Nguyễn Văn An'], ['a\\b=c\u0007d', 'a b c d'], ['  ', 'login'],
    ['x'.repeat(80), 'x'.repeat(64)], ['a^b^c^d^e^f', 'a^b^c^d^e'],
  ])('%s', (name, expected) => {
    expect(personName(name, 'login')).toBe(expected);
  });

  it('become values that DICOM takes', async () => {
    const dataset = await reportOf(readingWithoutAI());
    expect(texts(items(dataset, 'VerifyingObserverSequence')[0] ?? {}, 'VerifyingObserverName')).toEqual(['BS. Nguyễn Văn An x']);
  });
});
