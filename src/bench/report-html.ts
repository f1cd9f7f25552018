/** The report as one page: pictures lie in it, nothing is loaded from elsewhere, nothing names a patient. */
import { operatingRates } from '../evaluation/froc.ts';
import type { NoduleClass } from '../evaluation/by-class.ts';
import { escapeMarkup } from '../evaluation/markup.ts';
import { style, table } from '../evaluation/report-parts.ts';
import { shellWords } from '../evaluation/shell-words.ts';
import type { ModelFigures } from './figures.ts';
import type { GalleryEntry } from './gallery.ts';
import { frocOverlay, reliabilityPlot } from './plots.ts';
import { countStatuses, toReportJson, type BenchData } from './report-json.ts';

const ownStyle = `
body { max-width: 1180px; } th, td { white-space: nowrap; } thead th { white-space: normal; } .wrap td, .wrap th, .files td { white-space: normal; }
h3 { font-size: 15px; margin: 18px 0 6px; } h3:first-of-type { margin-top: 0; } .two { display: flex; flex-wrap: wrap; gap: 20px 40px; } .two > * { flex: 1 1 320px; min-width: 0; } .two { margin-top: 18px; }
.froc { max-width: 880px; } .froc svg { min-width: 560px; } .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 16px; }
figure { margin: 0; background: #11161a; color: #d5dde3; border-radius: 4px; overflow: hidden; } figure img { display: block; width: 100%; height: auto; image-rendering: auto; }
figcaption { padding: 7px 10px 9px; font-size: 13px; } figcaption b { color: #fff; } .miss { color: #7ee2a0; } .false { color: #ffc766; }
.left td, .left th { text-align: left; } .bad { color: #a63a00; font-weight: 600; } small { color: #4a545c; }
@media (max-width: 640px) { body { padding: 16px 10px 32px; } section { padding: 14px 12px; } th, td { padding: 5px 7px; } }`;

const number = new Intl.NumberFormat('en-GB');
const percent = (part: number, whole: number): string => `${number.format(part)} <small>(${(100 * part / whole).toFixed(1)} %)</small>`;
const wrapped = (markup: string, kind: string): string => `<div class="${kind}">${markup}</div>`;

function honestySection({ figures, cases }: BenchData): string {
  const items = figures.flatMap((one) => {
    const { 'not-analysed': refused, failed } = countStatuses(one);
    if (refused + failed === 0) return [];
    return [`<li><b>${escapeMarkup(one.model.id)}</b>: ${refused} of ${cases.length} scans not analysed, ${failed} failed. They are counted as scans without a mark: their nodules are missed, and no false mark comes from them.</li>`];
  });
  return items.length === 0 ? '' : `<section class="notice"><h2>Not every scan was analysed</h2><ul>${items.join('')}</ul></section>`;
}

function summarySection({ figures, truth }: BenchData): string {
  const rows = figures.map(({ model, evaluation: { score }, atOperatingPoint: at }) => [
    `${escapeMarkup(model.id)} <small>${escapeMarkup(model.version)}</small>`,
    score === undefined ? 'undefined' : `<b>${score.cpm.toFixed(3)}</b>${score.bootstrap === undefined ? '' : ` <small>${score.bootstrap.cpm[0].toFixed(3)} to ${score.bootstrap.cpm[1].toFixed(3)}</small>`}`,
    ...operatingRates.map((_, n) => (score === undefined ? '–' : score.sensitivities[n]!.toFixed(3))),
    at.sensitivity === null ? '–' : at.sensitivity.toFixed(3), at.falsePositivesPerScan.toFixed(2),
  ]);
  return `<section><h2>Sensitivity at so many false marks a scan, by the rules of LUNA16</h2>
${table(['model', 'CPM <small>95 %</small>', ...operatingRates.map(String), 'at its operating point', 'false marks a scan there'], rows)}
<p>${number.format(truth.series.scans)} scans, ${number.format(figures[0]?.evaluation.statistics.nodules ?? 0)} nodules to be found, ${number.format(truth.excluded.count)} findings that count neither way.</p></section>`;
}

function comparisonSection({ comparisons }: BenchData): string {
  if (comparisons.length === 0) return '';
  const cell = ({ difference, interval, pValue }: { readonly difference: number; readonly interval: readonly [number, number]; readonly pValue: number }): string => (
    `${difference >= 0 ? '+' : '−'}${Math.abs(difference).toFixed(3)} <small>${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}, p ${pValue < 0.001 ? '&lt; 0.001' : `= ${pValue.toFixed(3)}`}</small>`
  );
  return `<section><h2>Models compared on the same scans</h2>${comparisons.map(({ first, second, comparison }) => (
    `<h3>${escapeMarkup(first)} less ${escapeMarkup(second)}</h3>${table(['', 'difference <small>95 %, p</small>'], [
      ['CPM', cell(comparison.cpm)], ...operatingRates.map((rate, n) => [`sensitivity at ${rate}`, cell(comparison.sensitivities[n]!)]),
    ])}`
  )).join('')}<p><small>${comparisons[0]!.comparison.resamples} draws of scans, the same ones for both models. The p-values are two-sided and not corrected for their number; with few scans they say little.</small></p></section>`;
}

function classTable(heading: string, classes: readonly NoduleClass[]): string {
  if (classes.length === 0) return '';
  return `<h3>${heading}</h3>${table(['', 'nodules', 'found by any mark', 'at 1 false mark a scan', 'at the operating point'], classes.map((one) => [
    escapeMarkup(one.label.slice(0, 60)), number.format(one.nodules), percent(one.detected, one.nodules), percent(one.detectedAtOne, one.nodules), percent(one.detectedAtOperatingPoint, one.nodules),
  ]))}`;
}

function timesTable({ results }: ModelFigures, times: ReturnType<typeof toReportJson>['models'][number]['timesMs'], peakMemoryMiB: number): string {
  if (times.length === 0) return '';
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  return `<h3>Time and memory</h3>${table(['stage', 'median s', '90 % within s'], times.map(({ stage, medianMs, ninetiethMs }) => [stage, seconds(medianMs), seconds(ninetiethMs)]))}
<p><small>Of ${results.filter(({ outcome }) => outcome.status === 'analysed').length} scans. Most memory of one scan: ${number.format(peakMemoryMiB)} MiB.</small></p>`;
}

function modelSection(figures: ModelFigures, json: ReturnType<typeof toReportJson>['models'][number]): string {
  const { model, calibration, bySize, byType, byLocation } = figures;
  const reliability = calibration === undefined ? '' : `<h3>Calibration</h3>${reliabilityPlot(model.id, calibration)}
<p><small>Expected calibration error ${calibration.expectedError.toFixed(3)}, largest ${calibration.largestError.toFixed(3)}, Brier score ${calibration.brier.toFixed(3)}; ${number.format(calibration.marks)} marks, ${number.format(calibration.nodules)} on nodules. Most marks are of low probability, so the expected error is led by them.</small></p>`;
  return `<section><h2>${escapeMarkup(model.id)} <small>${escapeMarkup(model.version)}, operating point ${model.operatingPoint}</small></h2>
${classTable('By diameter', bySize)}${classTable('By type', byType)}${classTable('By location', byLocation)}
<div class="two"><div>${reliability}</div><div>${timesTable(figures, json.timesMs, json.peakMemoryMiB)}</div></div></section>`;
}

function figureOf({ kind, series, probability, diameterMm, type, location, picture, worldPoint }: GalleryEntry): string {
  const facts = [diameterMm === undefined ? '' : `${diameterMm.toFixed(1)} mm`, type ?? '', location ?? '', probability === null ? 'no mark hit it' : `probability ${probability.toFixed(2)}`, `LPS ${worldPoint.map((value) => value.toFixed(0)).join(' ')}`];
  return `<figure>${picture === null ? '<p style="padding:24px">The picture could not be made.</p>' : `<img src="${picture}" alt="axial, coronal and sagittal detail">`}
<figcaption><b class="${kind === 'missed' ? 'miss' : 'false'}">${kind === 'missed' ? 'missed nodule' : 'false mark'}</b>, case ${series + 1}: ${escapeMarkup(facts.filter((fact) => fact !== '').join(', ').slice(0, 160))}</figcaption></figure>`;
}

function gallerySection({ gallery, figures }: BenchData): string {
  if (gallery.length === 0) return '';
  return figures.map(({ model }) => {
    const own = gallery.filter(({ modelId }) => modelId === model.id);
    return own.length === 0 ? '' : `<section><h2>What went wrong most: ${escapeMarkup(model.id)}</h2><div class="gallery">${own.map(figureOf).join('\n')}</div>
<p><small>Surest false marks and largest missed nodules at the operating point; 56 mm a side, lung window. The right of the patient is on the left of axial and coronal details, the front on the left of sagittal ones.</small></p></section>`;
  }).join('\n');
}

function casesSection({ figures }: BenchData, json: ReturnType<typeof toReportJson>): string {
  const rows = json.cases.map((one) => {
    const seen = one.outcomes.find(({ slices }) => slices !== null);
    return [String(one.case), seen === undefined ? '–' : `${seen.slices} × ${seen.sliceSpacingMm} mm`, ...one.outcomes.map(({ status, code, marks, findings, totalMs }) => (
      status === 'analysed' ? `${findings} findings, ${marks} marks <small>${((totalMs ?? 0) / 1000).toFixed(1)} s</small>` : `<span class="bad">${status === 'failed' ? 'failed' : 'not analysed'}: ${escapeMarkup(code ?? '')}</span>`
    ))];
  });
  return `<section><details${rows.length <= 40 ? ' open' : ''}><summary><b>Cases</b></summary>${table(['case', 'slices', ...figures.map(({ model }) => escapeMarkup(model.id))], rows)}
<p><small>Which series a case is stands in cases.csv, which is no part of this report.</small></p></details></section>`;
}

function provenanceSection({ plan, figures, truth }: BenchData, json: ReturnType<typeof toReportJson>): string {
  const { machine, dataset } = json;
  const hash = (value: string): string => `<span class="hash">${value}</span>`;
  return `<section class="files"><h2>How these figures came about</h2>${table(['', 'version', 'SHA-256'], [
    ...figures.map(({ model }) => [`model ${escapeMarkup(model.id)}`, escapeMarkup(model.version), hash(model.sha256)]),
    ...figures.map(({ model }) => [`manifest of ${escapeMarkup(model.id)}`, '', hash(model.manifestSha256)]),
    ...truth.files.map(({ role, name, sha256 }) => [escapeMarkup(role), escapeMarkup(name), hash(sha256)]),
  ])}
<p>Phoi ${escapeMarkup(plan.softwareVersion)}, Node ${escapeMarkup(machine.node)}, onnxruntime ${escapeMarkup(machine.onnxRuntime)}, ${escapeMarkup(machine.platform)}, ${machine.processors} × ${escapeMarkup(machine.processor)}; ${plan.workers} worker${plan.workers === 1 ? '' : 's'} of ${plan.threadsPerWorker} thread${plan.threadsPerWorker === 1 ? '' : 's'}.
${plan.resamples} resamples of scans, seed ${plan.seed}; at most ${plan.maxMarks} marks a scan. Hashes of the images stand with each case in report.json.
${dataset.ignoredRows > 0 ? `${number.format(dataset.ignoredRows)} rows of the tables are about other series. ` : ''}${dataset.unreadableFiles > 0 ? `${dataset.unreadableFiles} files could not be read as DICOM. ` : ''}${dataset.shortSeries > 0 ? `${dataset.shortSeries} CT series of fewer than 4 images were passed over. ` : ''}</p>
<pre>${escapeMarkup(shellWords(plan.commandLine))}</pre></section>`;
}

/** The same data give the same bytes. */
export function benchReport(data: BenchData): string {
  const json = toReportJson(data);
  const names = data.figures.map(({ model }) => model.id).join(', ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bench of ${escapeMarkup(names)}</title><style>${style}${ownStyle}</style></head>
<body><header><h1>${escapeMarkup(names)}</h1>${data.kind === 'phantoms' ? 'On synthetic phantoms: figures on phantoms say little about patients' : `On a data set of ${data.cases.length} scans`}</header>
${honestySection(data)}
${summarySection(data)}
<section>${wrapped(frocOverlay(data.figures), 'froc')}</section>
${comparisonSection(data)}
${data.figures.map((one, n) => modelSection(one, json.models[n]!)).join('\n')}
${gallerySection(data)}
${casesSection(data, json)}
${provenanceSection(data, json)}
<footer><p>Figures of a data set, not of a patient. Phoi is not a certified medical device: a radiologist decides.</p></footer>
</body></html>
`;
}
