/** What the model marked below its operating point: shown on request only, never a finding. */
import type { Finding, WeakCandidate } from '../findings/types.ts';
import { distance } from '../volume/vec3.ts';
import { roundPoint } from './build-finding.ts';
import type { ScoredCandidate } from './find-nodules.ts';
import { round } from './round.ts';

/** Below this a mark says nothing; beyond so many nobody looks. */
const leastProbability = 0.01;
const most = 50;
const unknownDiameterMm = 5;
/** A mark nearer to a finding than this is of the same nodule, mm; more for large ones. */
const nearMm = 4;

/** Most probable first. `candidates` as the model gives them, best first. */
export function weakCandidates(candidates: readonly ScoredCandidate[], findings: readonly Finding[], operatingPoint: number): readonly WeakCandidate[] {
  const kept: ScoredCandidate[] = [];
  for (const candidate of candidates) {
    if (candidate.probability >= operatingPoint || candidate.probability < leastProbability) continue;
    const isOf = (worldPoint: Finding['worldPoint'], diameterMm = 0): boolean => distance(worldPoint, candidate.worldPoint) < Math.max(nearMm, diameterMm / 2);
    if (findings.some((finding) => isOf(finding.worldPoint, finding.longAxisMm)) || kept.some(({ worldPoint }) => isOf(worldPoint))) continue;
    kept.push(candidate);
    if (kept.length === most) break;
  }
  return kept.map(({ worldPoint, probability, diameterMm }) => ({
    worldPoint: roundPoint(worldPoint), probability: round(probability, 4), diameterMm: round(diameterMm ?? unknownDiameterMm, 1),
  }));
}
