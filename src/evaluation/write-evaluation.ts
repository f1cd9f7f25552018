/** The files of an evaluation. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { FileEvaluation } from './evaluate.ts';
import { bandCsv, frocCsv } from './froc-csv.ts';
import { frocPlot } from './froc-plot.ts';
import { htmlReport } from './report.ts';
import { toResultsJson, type Provenance } from './results-json.ts';

/**
 * Writes `froc.svg`, `froc.png`, `report.html`, where sensitivity is defined `froc.csv` and (with a bootstrap)
 * `froc-bootstrap.csv`, and last `results.json`: where that stands, the others are whole and of the same run.
 */
export async function writeEvaluation(folder: string, evaluation: FileEvaluation, provenance: Provenance): Promise<void> {
  const { score, files } = evaluation;
  const at = (name: string): string => join(folder, name);
  await mkdir(folder, { recursive: true });
  for (const name of ['results.json', 'froc.csv', 'froc-bootstrap.csv']) await rm(at(name), { force: true });
  const plot = frocPlot(files.results.name, score);
  await writeFile(at('froc.svg'), `${plot}\n`);
  await sharp(Buffer.from(plot), { density: 144 }).png().toFile(at('froc.png'));
  if (score !== undefined) await writeFile(at('froc.csv'), frocCsv(score.curve));
  if (score?.bootstrap !== undefined) await writeFile(at('froc-bootstrap.csv'), bandCsv(score.bootstrap.band));
  await writeFile(at('report.html'), htmlReport(evaluation, provenance));
  await writeFile(at('results.json'), `${JSON.stringify(toResultsJson(evaluation, provenance), undefined, 2)}\n`);
}
