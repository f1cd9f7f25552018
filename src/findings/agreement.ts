/** Two results of one study side by side: which nodules both models found, and which only one. */
import { distance } from '../volume/vec3.ts';
import type { Finding, FindingsDocument } from './types.ts';

/** Centres this close are one nodule whatever its size, mm; of larger nodules, the radius. */
const leastMm = 5;

export interface AgreementPair {
  readonly trackingUID: string;
  readonly otherTrackingUID: string;
  readonly awayMm: number;
}

export type Agreement =
  | { readonly kind: 'compared'; readonly both: readonly AgreementPair[]; readonly onlyFirst: readonly string[]; readonly onlySecond: readonly string[] }
  /** `why`: one of them was not analysed, they read other images, or another series. */
  | { readonly kind: 'not-comparable'; readonly why: 'first-not-analysed' | 'second-not-analysed' | 'other-input' | 'other-series' };

function isSame(a: Finding, b: Finding, awayMm: number): boolean {
  return awayMm <= Math.max(leastMm, a.diameterMm / 2, b.diameterMm / 2);
}

/** Pairs nodules one to one, the nearest first. Symmetric, and independent of the order of the findings. */
export function compareFindings(first: FindingsDocument, second: FindingsDocument): Agreement {
  if (first.status !== 'analysed') return { kind: 'not-comparable', why: 'first-not-analysed' };
  if (second.status !== 'analysed') return { kind: 'not-comparable', why: 'second-not-analysed' };
  if (first.inputHash !== second.inputHash) return { kind: 'not-comparable', why: 'other-input' };
  if (first.seriesInstanceUID !== second.seriesInstanceUID || first.frameOfReferenceUID !== second.frameOfReferenceUID) return { kind: 'not-comparable', why: 'other-series' };
  const near = first.findings.flatMap((a) => second.findings.flatMap((b) => {
    const awayMm = distance(a.worldPoint, b.worldPoint);
    return isSame(a, b, awayMm) ? [{ a, b, awayMm }] : [];
  }));
  // Ties in an order that is the same when the two change places.
  const keyOf = (pair: { readonly a: Finding; readonly b: Finding }): string => [pair.a.trackingUID, pair.b.trackingUID].sort().join('\n');
  near.sort((p, q) => p.awayMm - q.awayMm || (keyOf(p) < keyOf(q) ? -1 : 1));
  const taken = new Set<Finding>();
  const both: AgreementPair[] = [];
  for (const { a, b, awayMm } of near) {
    if (taken.has(a) || taken.has(b)) continue;
    taken.add(a).add(b);
    both.push({ trackingUID: a.trackingUID, otherTrackingUID: b.trackingUID, awayMm: Math.round(awayMm * 100) / 100 });
  }
  const rest = (findings: readonly Finding[]): readonly string[] => findings.filter((finding) => !taken.has(finding)).map(({ trackingUID }) => trackingUID);
  return { kind: 'compared', both, onlyFirst: rest(first.findings), onlySecond: rest(second.findings) };
}
