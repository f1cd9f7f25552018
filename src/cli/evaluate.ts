/** `phoi evaluate`: a results file against the LUNA16 reference. */
import { evaluateFiles } from '../evaluation/evaluate.ts';
import { officialMaxMarks } from '../evaluation/mark-cap.ts';
import { toResultsJson } from '../evaluation/results-json.ts';
import { terminalTable } from '../evaluation/terminal-table.ts';
import { writeEvaluation } from '../evaluation/write-evaluation.ts';
import { version } from '../settings.ts';
import { UsageError, readArguments, readNumber, type Command } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

export const evaluate: Command = {
  summary: 'evaluates a results file by the rules of LUNA16',
  usage: [
    'phoi evaluate --annotations A.csv --excluded E.csv --seriesuids S.csv --results R.csv --out DIR [options]',
    '  --annotations   nodules to be found: seriesuid,coordX,coordY,coordZ,diameter_mm (world mm, LPS)',
    '  --excluded      findings that count neither way, same columns; diameter -1 when unknown',
    '  --seriesuids    the scans, one series a line, no header',
    '  --results       marks: seriesuid,coordX,coordY,coordZ,probability',
    '  --bootstrap N   resamples for the 95 % intervals (default 1000; 0 for none, at most 10000)',
    '  --seed N        what the resamples are drawn from (default 1)',
    `  --max-marks N   limit of marks per scan (default ${officialMaxMarks}, the official one; 0 for none)`,
    'Files may be gzip. Writes results.json, froc.csv, froc-bootstrap.csv, froc.svg, froc.png and report.html; --json prints results.json.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      annotations: { type: 'string' }, excluded: { type: 'string' }, seriesuids: { type: 'string' }, results: { type: 'string' }, out: { type: 'string' },
      bootstrap: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, 'max-marks': { type: 'string', default: String(officialMaxMarks) },
    });
    const { annotations, excluded, seriesuids, results, out } = values;
    if (positionals.length > 0) throw new UsageError(`unexpected ${positionals[0]}`);
    if (annotations === undefined || excluded === undefined || seriesuids === undefined || results === undefined || out === undefined) {
      throw new UsageError('--annotations, --excluded, --seriesuids, --results and --out are all needed');
    }
    const resamples = readNumber('bootstrap', values.bootstrap, { min: 0, max: 10_000, integer: true })!;
    const seed = readNumber('seed', values.seed, { min: 0, max: 2 ** 31 - 1, integer: true })!;
    const maxMarks = readNumber('max-marks', values['max-marks'], { min: 0, max: 2 ** 31 - 1, integer: true })!;
    const bar = createProgressBar();
    try {
      const evaluation = await evaluateFiles({ annotations, excluded, seriesUIDs: seriesuids, results }, { resamples, seed, maxMarks, onProgress: (stage, fraction) => bar.update(stage, fraction) });
      bar.done();
      const provenance = { softwareVersion: version, commandLine: ['phoi', 'evaluate', ...args] };
      await writeEvaluation(out, evaluation, provenance);
      console.log(values.json ? JSON.stringify(toResultsJson(evaluation, provenance), undefined, 2) : `${terminalTable(evaluation)}\nWritten to ${out}.`);
      return 0;
    } finally {
      bar.done();
    }
  },
};
