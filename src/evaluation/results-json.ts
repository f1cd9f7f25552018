/** The figures of an evaluation as `results.json`. */
import type { FileEvaluation } from './evaluate.ts';
import { operatingRates } from './froc.ts';
import { machine } from './machine.ts';
import type { Interval } from './running-intervals.ts';

/** How the figures came about; with the same files, seed and version they come out the same. */
export interface Provenance {
  readonly softwareVersion: string;
  /** The words of the command line. */
  readonly commandLine: readonly string[];
}

function perRate<T>(value: (at: number) => T): Record<string, T> {
  return Object.fromEntries(operatingRates.map((rate, at) => [String(rate), value(at)]));
}

/** Undefined figures are null, and `reason` says why. */
export function toResultsJson(evaluation: FileEvaluation, { softwareVersion, commandLine }: Provenance) {
  const { statistics, score, remarks, files, ignoredRows, maxMarks } = evaluation;
  const bootstrap = score?.bootstrap;
  return {
    schemaVersion: 1,
    cpm: score?.cpm ?? null,
    ...(bootstrap !== undefined && { cpmCi: bootstrap.cpm }),
    sensitivities: perRate((at) => score?.sensitivities[at] ?? null),
    ...(bootstrap !== undefined && { ci: perRate((at): Interval => bootstrap.sensitivities[at]!) }),
    ...(score === undefined && { reason: remarks.find(({ code }) => code === 'NO_NODULES')!.text }),
    ...statistics,
    sensitivity: statistics.nodules === 0 ? null : statistics.truePositives / statistics.nodules,
    candidatesPerScan: statistics.candidates / statistics.scans,
    highestFalsePositivesPerScan: statistics.falsePositives / statistics.scans,
    bySize: score?.bySize ?? [],
    remarks,
    maxMarks,
    ...(bootstrap !== undefined && { bootstrap: { resamples: bootstrap.resamples, seed: bootstrap.seed, redrawn: bootstrap.redrawn } }),
    ignoredRows,
    files,
    softwareVersion,
    machine,
    commandLine,
  };
}

export type ResultsJson = ReturnType<typeof toResultsJson>;
