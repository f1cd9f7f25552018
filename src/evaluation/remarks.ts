/** What a reader of the figures has to know about them. */
import type { CandidateStatistics, EvaluationData } from './match.ts';

export interface Remark {
  readonly code: 'NO_NODULES' | 'NO_MARKS' | 'NO_TRUE_POSITIVES' | 'NO_FALSE_POSITIVES' | 'RATES_NOT_REACHED' | 'MARKS_DROPPED' | 'SERIES_REPEATED' | 'MARKS_ON_SEVERAL_NODULES' | 'NODULES_WITHOUT_SIZE';
  readonly text: string;
}

function countZeroSized({ included }: EvaluationData): number {
  return included.value.reduce((count, diameterMm) => count + (diameterMm === 0 ? 1 : 0), 0);
}

/** @param highestRate the highest rate of false positives that the curve reaches, when it is below the last operating rate */
export function remarksOn(data: EvaluationData, statistics: CandidateStatistics, highestRate?: number): readonly Remark[] {
  const { nodules, candidates, truePositives, falsePositives, droppedByLimit, marksOnSeveralNodules, scans } = statistics;
  const repeated = scans - data.series.ids.length;
  const zeroSized = countZeroSized(data);
  const remarks: (Remark | false)[] = [
    nodules === 0 && { code: 'NO_NODULES', text: 'There is no nodule to be found in these scans: sensitivity is undefined.' },
    nodules > 0 && candidates === 0 && { code: 'NO_MARKS', text: 'No mark is left to be scored: every sensitivity is 0.' },
    nodules > 0 && candidates > 0 && truePositives === 0 && { code: 'NO_TRUE_POSITIVES', text: 'No mark hits a nodule: every sensitivity is 0.' },
    truePositives > 0 && falsePositives === 0 && { code: 'NO_FALSE_POSITIVES', text: 'There is no false positive: the sensitivity is the same at every rate.' },
    falsePositives > 0 && highestRate !== undefined && { code: 'RATES_NOT_REACHED', text: `The marks reach ${highestRate.toFixed(3)} false positives per scan; beyond that the last sensitivity is carried on.` },
    droppedByLimit > 0 && { code: 'MARKS_DROPPED', text: `${droppedByLimit} marks are beyond the limit per scan; marks equal to the first one beyond it are dropped with it.` },
    repeated > 0 && { code: 'SERIES_REPEATED', text: `${repeated} lines of the series list repeat a series: its scan counts as often as it is listed.` },
    marksOnSeveralNodules > 0 && { code: 'MARKS_ON_SEVERAL_NODULES', text: `${marksOnSeveralNodules} times a mark lies in a nodule and in another one before it; each nodule counts as detected.` },
    zeroSized > 0 && { code: 'NODULES_WITHOUT_SIZE', text: `${zeroSized} nodules have diameter 0: no mark can hit them.` },
  ];
  return remarks.filter((remark) => remark !== false);
}
