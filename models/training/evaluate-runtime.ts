/**
 * Runs the shipped models, through the service's own runtime, over exported phantoms, and writes what was found:
 *
 *   node models/training/evaluate-runtime.ts --models models --phantoms DIR --out FILE.jsonl [--first N --count M --threads T]
 *
 * One line a phantom: {name, seconds, candidates: [[x, y, z, probability, diameterMm]], nodules: NoduleTruth[]}.
 * `froc_runtime.py` turns the lines into figures. Seeds already in FILE are skipped.
 */
import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { segmentLungs } from '../../src/findings/lung-mask.ts';
import { findNodules } from '../../src/inference/find-nodules.ts';
import { loadPipeline } from '../../src/inference/registry.ts';
import type { TrainingHeader } from '../../src/phantom/training-volume.ts';
import type { Volume } from '../../src/volume/types.ts';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'models' }, detector: { type: 'string', default: 'lung-nodule-detector' },
    phantoms: { type: 'string' }, out: { type: 'string' }, threads: { type: 'string', default: '2' },
    first: { type: 'string', default: '100000' }, count: { type: 'string', default: '100' },
  },
});
if (!values.phantoms || !values.out) throw new Error('--phantoms and --out are needed');
const { phantoms, out } = values;

function readVolume(header: TrainingHeader): Volume {
  const bytes = readFileSync(join(phantoms, `${header.seed}.raw`));
  const [slices, rows, columns] = header.shape;
  const [sz, sy, sx] = header.spacingMm;
  return {
    geometry: {
      columns, rows, slices, origin: header.originLps, spacingMm: [sx, sy, sz], frameOfReferenceUID: '2.25.1',
      columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1],
    },
    hu: new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2),
    slices: [],
  };
}

const done = new Set(existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { name: string }).name) : []);
const pipeline = await loadPipeline(values.models, values.detector, { threads: Number(values.threads) });
const first = Number(values.first);
const seeds = readdirSync(phantoms)
  .filter((name) => name.endsWith('.json'))
  .map((name) => Number(name.replace('.json', '')))
  .filter((seed) => seed >= first && seed < first + Number(values.count) && !done.has(String(seed)))
  .sort((a, b) => a - b);
for (const seed of seeds) {
  const header = JSON.parse(readFileSync(join(phantoms, `${seed}.json`), 'utf8')) as TrainingHeader;
  const started = performance.now();
  const volume = readVolume(header);
  const found = await findNodules(volume, segmentLungs(volume), pipeline, { signal: new AbortController().signal, onProgress: () => undefined });
  const seconds = (performance.now() - started) / 1000;
  const candidates = found.map(({ worldPoint, probability, diameterMm }) => [...worldPoint, probability, diameterMm ?? null]);
  appendFileSync(out, `${JSON.stringify({ name: String(seed), seconds, candidates, nodules: header.nodules })}\n`);
  process.stdout.write(`${seed}: ${found.length} candidates in ${seconds.toFixed(1)} s\n`);
}
await pipeline.release();
