/** The same nodules in two examinations: laid over each other, then paired one to one by distance and size. */
import type { WorldPoint } from '../findings/types.ts';
import { after, alignLungs, type Alignment, shiftBy } from './align-lungs.ts';
import { assign } from './assignment.ts';
import type { ComparedFinding, Examination } from './examination.ts';

/** Nodules further apart than this are not the same; more for large ones. */
const nearMm = 10;
const nearDiameters = 1.5;
/** How far the nodules together may move the alignment by the lungs: breath and posture. */
const breathMm = 25;
/** Added where the lobes differ: near a fissure either may be wrong. */
const otherLobeCost = 0.5;

export interface Matches {
  readonly alignment: Alignment;
  /** Indices of the present and the earlier finding. */
  readonly pairs: readonly (readonly [current: number, prior: number])[];
  /** Present findings without a pair that an earlier one without a pair may still be. */
  readonly doubtful: ReadonlySet<number>;
}

export function meanDiameterMm({ longAxisMm, shortAxisMm }: Pick<ComparedFinding, 'longAxisMm' | 'shortAxisMm'>): number {
  return (longAxisMm + shortAxisMm) / 2;
}

function minus(a: WorldPoint, b: WorldPoint): WorldPoint {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function lengthOf([x, y, z]: WorldPoint): number {
  return Math.hypot(x, y, z);
}

function areOnOneSide(a: ComparedFinding, b: ComparedFinding): boolean {
  return a.laterality === 'unknown' || b.laterality === 'unknown' || a.laterality === b.laterality;
}

function distanceMm(current: ComparedFinding, prior: ComparedFinding, { toCurrent }: Alignment): number {
  return lengthOf(minus(current.worldPoint, toCurrent(prior.worldPoint)));
}

/** How unlike two findings are, 0 to a few; undefined when they cannot be the same. */
function unlikeness(current: ComparedFinding, prior: ComparedFinding, alignment: Alignment): number | undefined {
  if (!areOnOneSide(current, prior)) return undefined;
  const [now, before] = [meanDiameterMm(current), meanDiameterMm(prior)];
  const toleranceMm = Math.max(nearMm, ...[now, before].filter(Number.isFinite).map((diameter) => nearDiameters * diameter));
  const apartMm = distanceMm(current, prior, alignment);
  if (!(apartMm <= toleranceMm)) return undefined;
  const size = now > 0 && before > 0 ? Math.abs(Math.log(now / before)) : 1;
  const lobe = current.lobe !== undefined && prior.lobe !== undefined && current.lobe !== prior.lobe ? otherLobeCost : 0;
  return apartMm / toleranceMm + Math.min(size, 2) + lobe;
}

interface Candidate extends Pick<Matches, 'alignment' | 'pairs'> {
  readonly cost: number;
  /** How far from the alignment by the lungs. */
  readonly awayMm: number;
}

function matchUnder(alignment: Alignment, awayMm: number, current: Examination, prior: Examination): Candidate {
  const costs = current.findings.map((now) => prior.findings.map((before) => unlikeness(now, before, alignment)));
  const pairs = assign(costs);
  return { alignment, pairs, awayMm, cost: pairs.reduce((sum, [i, j]) => sum + (costs[i]?.[j] ?? 0), 0) };
}

/** More pairs, then more alike, then nearer to the alignment by the lungs. */
function better(a: Candidate, b: Candidate): Candidate {
  const difference = b.pairs.length - a.pairs.length || a.cost - b.cost || a.awayMm - b.awayMm;
  return difference > 0 ? b : a;
}

/** By the nodules: every shift that lays one on another, as far as two or more agree on it. */
function candidatesOfNodules(base: Alignment, largestMm: number, current: Examination, prior: Examination): readonly Candidate[] {
  return current.findings
    .flatMap((now) => prior.findings.filter((before) => areOnOneSide(now, before)).map((before) => minus(now.worldPoint, base.toCurrent(before.worldPoint))))
    .filter((shift) => lengthOf(shift) <= largestMm)
    .map((shift) => matchUnder(after(base, shiftBy(shift)), lengthOf(shift), current, prior))
    .filter(({ pairs }) => pairs.length >= 2);
}

function doubtfulOf({ alignment, pairs }: Candidate, current: Examination, prior: Examination): ReadonlySet<number> {
  const [found, used] = [new Set(pairs.map(([i]) => i)), new Set(pairs.map(([, j]) => j))];
  return new Set(current.findings.flatMap((now, index) => {
    const mayBe = prior.findings.some((before, at) => !used.has(at) && areOnOneSide(now, before) && distanceMm(now, before, alignment) <= breathMm);
    return !found.has(index) && mayBe ? [index] : [];
  }));
}

/**
 * Undefined when the two cannot be laid over each other. By the lungs; nodules together may correct that. Without
 * the lungs of both, the nodules alone must agree: two at least, and half of the smaller set, since any one nodule
 * lies on any other under some shift.
 */
export function matchNodules(current: Examination, prior: Examination): Matches | undefined {
  const lungs = alignLungs(current, prior);
  const base = lungs ?? shiftBy([0, 0, 0]);
  const byNodules = candidatesOfNodules(base, lungs === undefined ? Infinity : breathMm, current, prior);
  const smaller = Math.min(current.findings.length, prior.findings.length);
  const candidates = lungs === undefined
    ? byNodules.filter(({ pairs }) => 2 * pairs.length >= smaller)
    : [matchUnder(lungs, 0, current, prior), ...byNodules];
  const [first, ...rest] = candidates;
  if (first === undefined) return undefined;
  const best = rest.reduce(better, first);
  return { alignment: best.alignment, pairs: best.pairs, doubtful: doubtfulOf(best, current, prior) };
}
