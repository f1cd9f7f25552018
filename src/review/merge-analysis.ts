/**
 * A newer analysis meets a draft: nothing of the reader's work is lost, and nothing of the AI's is hidden. A finding
 * that the reader has not touched takes the newer values; one that was decided, edited or commented stays as it is;
 * what is new is undecided. A finding that the newer analysis no longer has stays too: a person takes it away.
 */
import type { Finding, WorldPoint } from '../findings/types.ts';
import { undecided } from './draft.ts';
import type { ReviewedFinding } from './types.ts';

/** Two marks nearer than this are of one nodule, however small it is, mm. */
const leastReachMm = 3;

function distanceMm(a: WorldPoint, b: WorldPoint): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function isUntouched({ origin, verdict, edited, comment, features }: ReviewedFinding): boolean {
  return origin === 'ai' && verdict === 'undecided' && edited.length === 0 && (comment ?? '') === '' && features === undefined;
}

/** Pairs of a known and a new finding that are of one nodule, nearest first, each in one pair at most. */
function pair(known: readonly ReviewedFinding[], found: readonly Finding[]): ReadonlyMap<string, Finding> {
  const pairs = new Map<string, Finding>();
  const taken = new Set<string>();
  for (const { trackingUID } of known) {
    const same = found.find((finding) => finding.trackingUID === trackingUID);
    if (same === undefined) continue;
    pairs.set(trackingUID, same);
    taken.add(same.trackingUID);
  }
  const near = known.flatMap((item) => found.map((finding) => ({ item, finding, awayMm: distanceMm(item.finding.worldPoint, finding.worldPoint) })))
    .filter(({ item, finding, awayMm }) => awayMm <= Math.max(leastReachMm, item.finding.diameterMm / 2, finding.diameterMm / 2))
    .sort((a, b) => a.awayMm - b.awayMm);
  for (const { item, finding } of near) {
    if (pairs.has(item.trackingUID) || taken.has(finding.trackingUID)) continue;
    pairs.set(item.trackingUID, finding);
    taken.add(finding.trackingUID);
  }
  return pairs;
}

export function mergeAnalysis(known: readonly ReviewedFinding[], found: readonly Finding[]): readonly ReviewedFinding[] {
  const pairs = pair(known, found);
  const paired = new Set([...pairs.values()].map(({ trackingUID }) => trackingUID));
  return [
    ...known.map((item) => {
      const newer = pairs.get(item.trackingUID);
      return newer !== undefined && isUntouched(item) ? undecided(newer) : item;
    }),
    ...found.filter(({ trackingUID }) => !paired.has(trackingUID)).map(undecided),
  ];
}
