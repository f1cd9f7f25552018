/**
 * Makes training volumes of synthetic thoraces with Node alone (no npm package):
 *
 *   node src/phantom/export-training.ts --out DIR --first-seed N --count M [--spacing 1.0] [--threads T]
 *        [--nodules K] [--min-diameter MM] [--max-diameter MM] [--noise none|auto|SD] [--margin MM]
 *
 * Per seed it writes
 *   DIR/<seed>.raw   int16 little endian HU, shape [z,y,x]: z towards the head, y to the back, x to the left
 *   DIR/<seed>.json  {seed, shape [z,y,x], spacingMm [z,y,x], originLps [x,y,z] of voxel (0,0,0)'s centre,
 *                     kernel, sliceThicknessMm, noise, contrast, sex, nodules: NoduleTruth[]}
 * Voxel (k,j,i) lies at LPS (originLps[0] + i*s, originLps[1] + j*s, originLps[2] + k*s). A nodule's tensor
 * index z,y,x is (worldPoint - originLps) / s, reversed.
 *
 * The box holds both lungs and `--margin` mm around them (default 12). Kernel, dose and slice thickness vary by
 * seed as `phantomOptionsForSeed` says; the volume is scanned on that protocol's own grid and then resampled to
 * the isotropic spacing, as the service does with a patient's series. Files already there are kept, so that a
 * run can be resumed. Seeds from 100000 on are reserved for held-out evaluation: never train on them.
 */
import { mkdirSync, renameSync, existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { exportVolume } from './training-volume.ts';
import type { TrainingOptions } from './training-volume.ts';

interface Job { readonly out: string; readonly options: TrainingOptions }

function readOptions(): { readonly out: string; readonly firstSeed: number; readonly count: number; readonly threads: number; readonly options: TrainingOptions } {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' }, 'first-seed': { type: 'string', default: '1' }, count: { type: 'string', default: '1' },
      spacing: { type: 'string', default: '1' }, threads: { type: 'string', default: String(availableParallelism()) },
      nodules: { type: 'string' }, 'min-diameter': { type: 'string', default: '3' }, 'max-diameter': { type: 'string', default: '30' },
      noise: { type: 'string', default: 'auto' }, margin: { type: 'string', default: '12' },
    },
  });
  if (!values.out) throw new Error('--out DIR is missing');
  return {
    out: values.out, firstSeed: Number(values['first-seed']), count: Number(values.count), threads: Number(values.threads),
    options: {
      spacingMm: Number(values.spacing), marginMm: Number(values.margin),
      diameterRangeMm: [Number(values['min-diameter']), Number(values['max-diameter'])],
      noise: values.noise === 'none' || values.noise === 'auto' ? values.noise : Number(values.noise),
      ...(values.nodules === undefined ? {} : { nodules: Number(values.nodules) }),
    },
  };
}

function exportSeed(job: Job, seed: number): void {
  const raw = join(job.out, `${seed}.raw`);
  const json = join(job.out, `${seed}.json`);
  if (existsSync(json) && existsSync(raw)) return;
  const volume = exportVolume(seed, job.options);
  writeFileSync(`${raw}.part`, new Uint8Array(volume.hu.buffer, volume.hu.byteOffset, volume.hu.byteLength));
  renameSync(`${raw}.part`, raw);
  writeFileSync(json, `${JSON.stringify(volume.header, undefined, 1)}\n`);
}

function main(): void {
  const { out, firstSeed, count, threads, options } = readOptions();
  mkdirSync(out, { recursive: true });
  const started = Date.now();
  let next = firstSeed;
  let done = 0;
  for (let n = 0; n < Math.min(threads, count); n++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { out, options } satisfies Job });
    const feed = (): void => {
      if (next < firstSeed + count) worker.postMessage(next++);
      else worker.postMessage(undefined);
    };
    worker.on('message', () => {
      done++;
      if (done % 10 === 0 || done === count) process.stdout.write(`${done}/${count} in ${Math.round((Date.now() - started) / 1000)} s\n`);
      feed();
    });
    worker.on('error', (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
    feed();
  }
}

if (isMainThread) main();
else {
  const port = parentPort;
  port?.on('message', (seed: number | undefined) => {
    if (seed === undefined) {
      port.close();
      return;
    }
    exportSeed(workerData as Job, seed);
    port.postMessage(seed);
  });
}
