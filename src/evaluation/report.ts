/** One HTML page with everything in it: no script, no file beside it. */
import type { FileEvaluation } from './evaluate.ts';
import { frocPlot } from './froc-plot.ts';
import { operatingRates } from './froc.ts';
import { machine } from './machine.ts';
import { escapeMarkup } from './markup.ts';
import { style, table } from './report-parts.ts';
import { toResultsJson, type Provenance } from './results-json.ts';
import { shellWords } from './shell-words.ts';

const number = new Intl.NumberFormat('en-GB');

function scoreSection({ score, statistics }: FileEvaluation): string {
  if (score === undefined) return '';
  const { bootstrap } = score;
  const interval = bootstrap === undefined ? '' : ` <small>95 %: ${bootstrap.cpm[0].toFixed(3)} to ${bootstrap.cpm[1].toFixed(3)}</small>`;
  return `<section><dl class="score">
<div><dt>CPM, mean of the seven sensitivities</dt><dd>${score.cpm.toFixed(4)}${interval}</dd></div>
<div><dt>nodules found by any mark</dt><dd>${number.format(statistics.truePositives)} <small>of ${number.format(statistics.nodules)}</small></dd></div>
<div><dt>scans</dt><dd>${number.format(statistics.scans)}</dd></div>
</dl></section>`;
}

function sensitivitySection({ score }: FileEvaluation): string {
  if (score === undefined) return '';
  return `<section><h2>Sensitivity at seven rates of false positives</h2>${table(
    ['false positives per scan', 'sensitivity', ...(score.bootstrap === undefined ? [] : ['95 % interval'])],
    operatingRates.map((rate, at) => [
      String(rate), score.sensitivities[at]!.toFixed(4),
      ...(score.bootstrap === undefined ? [] : [score.bootstrap.sensitivities[at]!.map((value) => value.toFixed(4)).join(' to ')]),
    ]),
  )}</section>`;
}

function sizeSection({ score }: FileEvaluation): string {
  if (score === undefined || score.bySize.length === 0) return '';
  return `<section><h2>By diameter</h2>${table(
    ['diameter', 'nodules', 'found by any mark', 'found at 1 false positive per scan'],
    score.bySize.map(({ fromMm, belowMm, nodules, detected, detectedAtOne }) => {
      const share = (count: number): string => `<span class="track"><span class="bar" style="width:${(100 * count / nodules).toFixed(1)}%"></span></span><span class="share">${number.format(count)} (${(100 * count / nodules).toFixed(1)} %)</span>`;
      return [belowMm === null ? `${fromMm} mm and more` : fromMm === 0 ? `below ${belowMm} mm` : `${fromMm} to below ${belowMm} mm`, number.format(nodules), share(detected), share(detectedAtOne)];
    }),
  )}</section>`;
}

function countsSection({ statistics, maxMarks }: FileEvaluation): string {
  const perScan = (statistics.candidates / statistics.scans).toFixed(3);
  return `<section><h2>Marks and nodules</h2>${table(['', 'count'], ([
    ['Nodules to be found', statistics.nodules], ['True positives (nodules found)', statistics.truePositives], ['False negatives (nodules missed)', statistics.falseNegatives],
    ['False positives', statistics.falsePositives], [`Marks scored (${perScan} per scan)`, statistics.candidates],
    ['Marks ignored on excluded findings', statistics.ignoredOnExcluded], ['Marks ignored as second detection of a nodule', statistics.ignoredDouble],
    [maxMarks === 0 ? 'Marks beyond a limit per scan (there is none)' : `Marks dropped by the limit of ${maxMarks} per scan`, statistics.droppedByLimit],
  ] as const).map(([label, count]) => [label, number.format(count)]))}</section>`;
}

function remarksSection({ remarks }: FileEvaluation): string {
  return remarks.length === 0 ? '' : `<section class="notice"><h2>To be noted</h2><ul>${remarks.map(({ text }) => `<li>${escapeMarkup(text)}</li>`).join('\n')}</ul></section>`;
}

function provenanceSection(evaluation: FileEvaluation, { softwareVersion, commandLine }: Provenance): string {
  const { files, ignoredRows, score } = evaluation;
  const labels = { annotations: 'annotations', excluded: 'excluded findings', seriesUIDs: 'series', results: 'results' } as const;
  const rows = (Object.keys(labels) as (keyof typeof labels)[]).map((role) => [
    labels[role], escapeMarkup(files[role].name), role === 'seriesUIDs' ? '' : number.format(ignoredRows[role]), `<span class="hash">${files[role].sha256}</span>`,
  ]);
  const draws = score?.bootstrap;
  return `<section class="files"><h2>How these figures came about</h2>${table(['', 'file', 'rows of other series', 'SHA-256'], rows)}
<p>Phoi ${escapeMarkup(softwareVersion)}, Node ${machine.node}, ${machine.platform}; the rules of the LUNA16 evaluation script${draws === undefined ? '' : `; ${draws.resamples} resamples of scans, seed ${draws.seed}${draws.redrawn === 0 ? '' : `, ${draws.redrawn} without a nodule drawn again`}`}.</p>
<pre>${escapeMarkup(shellWords(commandLine))}</pre></section>`;
}

/** The whole report. The same evaluation gives the same bytes. */
export function htmlReport(evaluation: FileEvaluation, provenance: Provenance): string {
  const name = evaluation.files.results.name;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LUNA16 evaluation of ${escapeMarkup(name)}</title><style>${style}</style></head>
<body><header><h1>${escapeMarkup(name)}</h1>LUNA16 evaluation</header>
${scoreSection(evaluation)}
${remarksSection(evaluation)}
${evaluation.score === undefined ? '' : `<section>${frocPlot(name, evaluation.score)}</section>`}
${sensitivitySection(evaluation)}
${sizeSection(evaluation)}
${countsSection(evaluation)}
${provenanceSection(evaluation, provenance)}
<details><summary>results.json</summary><pre>${escapeMarkup(JSON.stringify(toResultsJson(evaluation, provenance), undefined, 2))}</pre></details>
<footer><p>Figures of a data set, not of a patient. Phoi is not a certified medical device: a radiologist decides.</p></footer>
</body></html>
`;
}
