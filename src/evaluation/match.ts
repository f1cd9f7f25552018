/** Which mark hits which nodule, by the rules of the LUNA16 evaluation script. */
import { capMarks } from './mark-cap.ts';
import type { PointTable } from './point-table.ts';
import type { SeriesList } from './series-list.ts';

/** Taken for a diameter that is unknown (negative in the file). */
const unknownDiameterMm = 10;

export interface EvaluationData {
  readonly series: SeriesList;
  /** Nodules to be found. */
  readonly included: PointTable;
  /** Findings that are neither to be found nor a mistake to mark. */
  readonly excluded: PointTable;
  readonly marks: PointTable;
}

/** Counts over all scans; what a series listed twice holds counts twice. */
export interface CandidateStatistics {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  /** Included nodules. */
  readonly nodules: number;
  readonly scans: number;
  /** Marks left after the limit per scan. */
  readonly candidates: number;
  readonly ignoredOnExcluded: number;
  /** Marks on a nodule beyond its first: neither right nor wrong. */
  readonly ignoredDouble: number;
  readonly droppedByLimit: number;
  /** Marks that hit a nodule and had hit another one before: each nodule counts as detected. */
  readonly marksOnSeveralNodules: number;
}

/** One scored thing of the FROC: a detected nodule with its best mark, or a false positive. */
export interface ScoredEntry {
  readonly series: number;
  readonly probability: number;
  readonly isNodule: boolean;
  /** Place in its table: of the nodule, or of the mark that is a false positive. */
  readonly point: number;
}

export interface Matching {
  readonly statistics: CandidateStatistics;
  readonly entries: readonly ScoredEntry[];
  /** Included nodules of each series. */
  readonly nodulesOfSeries: Int32Array;
  /** For each included nodule (by its place in the table) the best probability that hit it, NaN when missed. */
  readonly noduleProbability: Float64Array;
}

function squaredRadius(diameterMm: number): number {
  const radius = (diameterMm < 0 ? unknownDiameterMm : diameterMm) / 2;
  return radius * radius;
}

/** The marks strictly inside the sphere: one exactly on it is a miss. */
function hits(nodules: PointTable, nodule: number, marks: PointTable, candidates: Int32Array): number[] {
  const limit = squaredRadius(nodules.value[nodule]!);
  const x = nodules.world[3 * nodule]!;
  const y = nodules.world[3 * nodule + 1]!;
  const z = nodules.world[3 * nodule + 2]!;
  const found: number[] = [];
  for (const mark of candidates) {
    const dx = x - marks.world[3 * mark]!;
    const dy = y - marks.world[3 * mark + 1]!;
    const dz = z - marks.world[3 * mark + 2]!;
    if (dx * dx + dy * dy + dz * dz < limit) found.push(mark);
  }
  return found;
}

/**
 * Included nodules come first, then excluded ones, each in file order. A mark is not used up by a nodule: it may detect
 * several. What hits nothing is a false positive; a mark whose first hit is an excluded finding is ignored.
 *
 * @param maxMarks limit of marks per scan, 0 for none ({@link capMarks})
 */
export function matchMarks({ series, included, excluded, marks }: EvaluationData, maxMarks: number): Matching {
  const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, nodules: 0, candidates: 0, ignoredOnExcluded: 0, ignoredDouble: 0, droppedByLimit: 0, marksOnSeveralNodules: 0 };
  const entries: ScoredEntry[] = [];
  const nodulesOfSeries = new Int32Array(series.ids.length);
  const noduleProbability = new Float64Array(included.count).fill(Number.NaN);
  const isTaken = new Uint8Array(marks.count);

  for (let index = 0; index < series.ids.length; index += 1) {
    const times = series.occurrences[index]!;
    const candidates = capMarks(marks, index, maxMarks);
    counts.candidates += times * candidates.length;
    counts.droppedByLimit += times * (marks.start[index + 1]! - marks.start[index]! - candidates.length);

    for (const nodule of included.order.subarray(included.start[index], included.start[index + 1])) {
      nodulesOfSeries[index]! += 1;
      counts.nodules += times;
      let best = Number.NEGATIVE_INFINITY;
      const found = hits(included, nodule, marks, candidates);
      for (const mark of found) {
        const probability = marks.value[mark]!;
        best = Math.max(best, probability);
        if (isTaken[mark] === 1) counts.marksOnSeveralNodules += times;
        isTaken[mark] = 1;
      }
      if (found.length === 0) {
        counts.falseNegatives += times;
        continue;
      }
      counts.truePositives += times;
      counts.ignoredDouble += times * (found.length - 1);
      noduleProbability[nodule] = best;
      entries.push({ series: index, probability: best, isNodule: true, point: nodule });
    }

    for (const finding of excluded.order.subarray(excluded.start[index], excluded.start[index + 1])) {
      for (const mark of hits(excluded, finding, marks, candidates)) {
        if (isTaken[mark] === 1) continue;
        isTaken[mark] = 1;
        counts.ignoredOnExcluded += times;
      }
    }

    for (const mark of candidates) {
      if (isTaken[mark] === 1) continue;
      counts.falsePositives += times;
      entries.push({ series: index, probability: marks.value[mark]!, isNodule: false, point: mark });
    }
  }
  return { statistics: { ...counts, scans: series.scans }, entries, nodulesOfSeries, noduleProbability };
}
