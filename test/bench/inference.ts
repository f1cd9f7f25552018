/** A 300-slice CT from files to findings, and the same stages by pydicom, scipy and torch with the same network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { projectRoot } from '../../src/settings.ts';
import { runOk } from '../helpers/run.ts';
import { printTable } from './table.ts';

interface Measured {
  readonly timingsMs: Readonly<Record<string, number>>;
  readonly peakMiB: number;
  readonly windows?: number;
}

/** Both run one after the other, each in a process of its own; the first run of each warms the disk's cache. */
async function measure(program: string, args: readonly string[]): Promise<Measured> {
  await runOk(program, args);
  return JSON.parse(await runOk(program, args)) as Measured;
}

export async function benchInference(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    await writePhantom({ out: folder, seed: 5, slices: 300, sliceSpacingMm: 1, nodules: 4 });
    await rm(join(folder, 'truth.json'));
    const ours = await measure(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'analyze-once.ts'), folder]);
    const python = await measure('/usr/bin/python3', [join(import.meta.dirname, 'python_pipeline.py'), folder, join(projectRoot, 'models/training'), String(ours.windows)]);
    const seconds = (value: number | undefined): string => (value === undefined ? '' : (value / 1000).toFixed(2));
    const stages = [...new Set([...Object.keys(ours.timingsMs), ...Object.keys(python.timingsMs)])].filter((stage) => stage !== 'total');
    console.log(`300 slices 512x512, ${ours.windows ?? 0} detector windows, two threads`);
    printTable(['stage', 'Phoi s', 'Python s'], [
      ...stages.map((stage) => [stage, seconds(ours.timingsMs[stage]), seconds(python.timingsMs[stage])]),
      ['total', seconds(ours.timingsMs['total']), seconds(python.timingsMs['total'])],
      ['peak memory MiB', ours.peakMiB.toFixed(0), python.peakMiB.toFixed(0)],
    ]);
    console.log(`Python takes ${(python.timingsMs['total']! / ours.timingsMs['total']!).toFixed(2)} times as long. It reads, resamples and runs the detector; it does not segment lungs, classify or measure.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
