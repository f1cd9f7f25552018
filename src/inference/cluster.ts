/** Candidates of several members (models, or passes of one model) that mean the same place become one. */
import type { Vec3 } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';

export interface ClusterItem {
  readonly worldPoint: Vec3;
  readonly score: number;
  readonly diameterMm?: number;
}

export interface ClusterOptions {
  readonly radiusMm: number;
  readonly combine: 'mean' | 'max';
  /** A member that did not mark the place: counts as 0 in the mean, or not at all. */
  readonly absent: 'zero' | 'skip';
  /** One for each member. */
  readonly weights: readonly number[];
}

interface Cluster<T> {
  readonly seed: Vec3;
  readonly items: { readonly item: T; readonly member: number }[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Best score of each member that marked the place; undefined where one did not. */
function scoresOf<T extends ClusterItem>({ items }: Cluster<T>, members: number): readonly (number | undefined)[] {
  return Array.from({ length: members }, (_, member) => {
    const own = items.filter((entry) => entry.member === member).map(({ item }) => item.score);
    return own.length > 0 ? Math.max(...own) : undefined;
  });
}

function combined(scores: readonly (number | undefined)[], { combine, absent, weights }: ClusterOptions): number {
  if (combine === 'max') return Math.max(...scores.map((score) => score ?? 0));
  const counted = scores.map((score, member) => (score === undefined && absent === 'skip' ? 0 : weights[member] ?? 1));
  return sum(scores.map((score, member) => (score ?? 0) * (counted[member] ?? 0))) / sum(counted);
}

/** Mean of points or sizes, each counted by its score. */
function weighted<T extends ClusterItem>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  const known = items.flatMap((item) => {
    const at = value(item);
    return at === undefined ? [] : [{ at, weight: Math.max(item.score, 1e-6) }];
  });
  return known.length === 0 ? undefined : sum(known.map(({ at, weight }) => at * weight)) / sum(known.map(({ weight }) => weight));
}

/**
 * Each candidate joins the nearest cluster whose best candidate lies within the radius, best candidates first; the result
 * does not depend on the order of the input. What is not position, score or diameter comes from the best candidate.
 */
export function cluster<T extends ClusterItem>(members: readonly (readonly T[])[], options: ClusterOptions): readonly T[] {
  const all = members.flatMap((items, member) => items.map((item) => ({ item, member })));
  all.sort((a, b) => b.item.score - a.item.score || a.member - b.member || b.item.worldPoint[2] - a.item.worldPoint[2]
    || b.item.worldPoint[1] - a.item.worldPoint[1] || a.item.worldPoint[0] - b.item.worldPoint[0]);
  const clusters: Cluster<T>[] = [];
  for (const entry of all) {
    let nearest: Cluster<T> | undefined;
    let nearestMm = Infinity;
    for (const candidate of clusters) {
      const awayMm = distance(candidate.seed, entry.item.worldPoint);
      if (awayMm <= options.radiusMm && awayMm < nearestMm) [nearest, nearestMm] = [candidate, awayMm];
    }
    if (nearest) nearest.items.push(entry);
    else clusters.push({ seed: entry.item.worldPoint, items: [entry] });
  }
  return clusters.map((found) => {
    const items = found.items.map(({ item }) => item);
    const best = items[0] as T;
    const axis = (n: 0 | 1 | 2): number => weighted(items, ({ worldPoint }) => worldPoint[n]) ?? best.worldPoint[n];
    const diameterMm = weighted(items, (item) => item.diameterMm);
    return { ...best, worldPoint: [axis(0), axis(1), axis(2)], score: combined(scoresOf(found, members.length), options), ...(diameterMm !== undefined && { diameterMm }) };
  }).sort((a, b) => b.score - a.score);
}
