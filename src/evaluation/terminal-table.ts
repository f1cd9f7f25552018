import { operatingRates } from './froc.ts';
import type { FileEvaluation } from './evaluate.ts';

/** The figures for a terminal. */
export function terminalTable({ statistics, score, remarks }: FileEvaluation): string {
  const rows = score === undefined ? ['Sensitivity is undefined.'] : [
    'FP/scan   sensitivity   95 % interval',
    ...operatingRates.map((rate, at) => {
      const interval = score.bootstrap?.sensitivities[at];
      return `${String(rate).padStart(7)}   ${score.sensitivities[at]!.toFixed(4).padStart(11)}   ${interval === undefined ? '-' : `${interval[0].toFixed(4)} to ${interval[1].toFixed(4)}`}`;
    }),
    `${'CPM'.padStart(7)}   ${score.cpm.toFixed(4).padStart(11)}   ${score.bootstrap === undefined ? '-' : `${score.bootstrap.cpm[0].toFixed(4)} to ${score.bootstrap.cpm[1].toFixed(4)}`}`,
  ];
  return [
    ...rows, '',
    `${statistics.scans} scans, ${statistics.nodules} nodules: ${statistics.truePositives} found, ${statistics.falseNegatives} missed`,
    `${statistics.candidates} marks: ${statistics.falsePositives} false positives, ${statistics.ignoredOnExcluded} ignored on excluded findings, ${statistics.ignoredDouble} ignored as second detections`,
    ...remarks.map(({ code, text }) => `Note: ${text} [${code}]`),
  ].join('\n');
}
