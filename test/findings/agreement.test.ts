import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareFindings } from '../../src/findings/agreement.ts';
import { findingsSchemaVersion, type Finding, type FindingsDocument } from '../../src/findings/types.ts';

const finding = (trackingUID: string, worldPoint: Finding['worldPoint'], diameterMm: number): Finding => ({
  trackingUID, trackingIdentifier: trackingUID, probability: 0.9, worldPoint, diameterMm, longAxisMm: diameterMm, shortAxisMm: diameterMm, volumeMm3: 1, meanHU: 0, type: 'solid',
  laterality: 'left', sliceInstanceUID: '1.2', longAxisWorld: [worldPoint, worldPoint], shortAxisWorld: [worldPoint, worldPoint], outlines: [],
});
const document_ = (findings: readonly Finding[], change: Partial<FindingsDocument> = {}): FindingsDocument => ({
  schemaVersion: findingsSchemaVersion, studyInstanceUID: '1.2', seriesInstanceUID: '1.3', frameOfReferenceUID: '1.4', status: 'analysed', warnings: [], seriesAssessments: [],
  model: { id: 'm', version: '1.0.0', sha256: 'x', name: 'M' }, operatingPoint: 0.5, findings, quality: {}, timingsMs: {}, inputHash: 'h', ...change,
});

const list = (prefix: string) => fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 3, max: 30 })), { maxLength: 8 })
  .map((points) => points.map(([x, y, z, diameter], n) => finding(`${prefix}${n}`, [x, y, z], diameter)));

it('pairs nodules one to one, whichever comes first', () => {
  fc.assert(fc.property(list('a'), list('b'), (first, second) => {
    const there = compareFindings(document_(first), document_(second));
    const back = compareFindings(document_(second), document_(first));
    if (there.kind !== 'compared' || back.kind !== 'compared') throw new Error('these can be compared');
    expect(new Set(there.both.map(({ trackingUID }) => trackingUID)).size).toBe(there.both.length);
    expect([...there.both.map(({ trackingUID }) => trackingUID), ...there.onlyFirst].sort()).toEqual(first.map(({ trackingUID }) => trackingUID).sort());
    expect([...there.both.map(({ otherTrackingUID }) => otherTrackingUID), ...there.onlySecond].sort()).toEqual(second.map(({ trackingUID }) => trackingUID).sort());
    expect(back.both.length).toBe(there.both.length);
    const same = compareFindings(document_(first), document_(first));
    expect(same.kind === 'compared' && same.both.length).toBe(first.length);
  }));
});

it('counts a nodule within 5 mm or its radius as the same, and says what cannot be compared', () => {
  const far = compareFindings(document_([finding('a', [0, 0, 0], 4)]), document_([finding('b', [0, 0, 5.1], 4)]));
  expect(far).toEqual({ kind: 'compared', both: [], onlyFirst: ['a'], onlySecond: ['b'] });
  const large = compareFindings(document_([finding('a', [0, 0, 0], 20)]), document_([finding('b', [0, 0, 9], 4)]));
  expect(large).toEqual({ kind: 'compared', both: [{ trackingUID: 'a', otherTrackingUID: 'b', awayMm: 9 }], onlyFirst: [], onlySecond: [] });
  expect(compareFindings(document_([]), document_([], { status: 'not-analysed' }))).toEqual({ kind: 'not-comparable', why: 'second-not-analysed' });
  expect(compareFindings(document_([]), document_([], { inputHash: 'other' }))).toEqual({ kind: 'not-comparable', why: 'other-input' });
  expect(compareFindings(document_([]), document_([], { seriesInstanceUID: '9' }))).toEqual({ kind: 'not-comparable', why: 'other-series' });
});
