/** Progress and times of an analysis by stage. */
export type AnalysisStage = 'read' | 'assemble' | 'segment' | 'infer' | 'measure';

/** Where each stage begins and ends in the progress of the whole. */
const shares: Readonly<Record<AnalysisStage, readonly [number, number]>> = {
  read: [0, 0.1],
  assemble: [0.1, 0.3],
  segment: [0.3, 0.36],
  infer: [0.36, 0.92],
  measure: [0.92, 1],
};

export interface StageClock {
  /** Ends the stage before and starts this one. */
  enter(stage: AnalysisStage): void;
  /** Fraction of the present stage. */
  readonly progress: (fraction: number) => void;
  /** Milliseconds of every stage that was entered, and their total. */
  finish(): Readonly<Record<string, number>>;
}

export function stageClock(report: (stage: AnalysisStage, fraction: number) => void): StageClock {
  const begun = performance.now();
  const timingsMs: Record<string, number> = {};
  let stage: AnalysisStage | undefined;
  let since = begun;
  const leave = (): void => {
    if (stage) timingsMs[stage] = Math.round((timingsMs[stage] ?? 0) + performance.now() - since);
    since = performance.now();
  };
  return {
    enter(next) {
      leave();
      stage = next;
      report(next, shares[next][0]);
    },
    progress(fraction) {
      if (!stage) return;
      const [from, to] = shares[stage];
      report(stage, from + (to - from) * fraction);
    },
    finish() {
      leave();
      stage = undefined;
      return { ...timingsMs, total: Math.round(performance.now() - begun) };
    },
  };
}
