/** A 300-slice CT from files to written results, and the same way to scored candidates by pydicom, scipy and torch with the same networks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { projectRoot } from '../../src/settings.ts';
import { runOk } from '../helpers/run.ts';
import { printTable } from './table.ts';

/** LPS mm and probability. */
type Candidate = readonly [x: number, y: number, z: number, probability: number];

interface Measured {
  readonly timingsMs: Readonly<Record<string, number>>;
  readonly peakMiB: number;
  readonly windows: number;
  /** Voxels that the detector saw, overlaps and padding included. */
  readonly detectorVoxels: number;
  readonly candidates: readonly Candidate[];
}

type Ours = Measured & { readonly threshold: number };
type Python = Measured & { readonly flopAVoxel: number; readonly matrixGigaflopPerSecond: number };

/** What only one of the two does; the rest is compared as well. */
const oursAlone = ['measure', 'write'];
/** Two candidates nearer than this, mm, are the same: the grids of the two differ by parts of a voxel. */
const sameMm = 3;

/** In a process of its own; the first run warms the disk's cache. */
async function measure<Result extends Measured>(program: string, args: readonly string[]): Promise<Result> {
  await runOk(program, args);
  return JSON.parse(await runOk(program, args)) as Result;
}

/** As if its detector had seen so many voxels: its lung mask is another, and its windows have one size, that of the training. */
function withVoxels(python: Python, voxels: number): Python {
  const detector = (python.timingsMs['detector']! * voxels) / python.detectorVoxels;
  const total = python.timingsMs['total']! + detector - python.timingsMs['detector']!;
  return { ...python, timingsMs: { ...python.timingsMs, detector, total } };
}

/** How many of `found` have one of `others` beside them. */
function shared(found: readonly Candidate[], others: readonly Candidate[]): number {
  return found.filter(([x, y, z]) => others.some((other) => Math.hypot(other[0] - x, other[1] - y, other[2] - z) < sameMm)).length;
}

function print(ours: Ours, python: Python): void {
  const seconds = (value: number | undefined): string => (value === undefined ? '' : (value / 1000).toFixed(2));
  const alike = ({ timingsMs }: Measured): number => timingsMs['total']! - oursAlone.reduce((sum, stage) => sum + (timingsMs[stage] ?? 0), 0);
  const rate = ({ detectorVoxels, timingsMs }: Measured): string => ((detectorVoxels * python.flopAVoxel) / 1e9 / (timingsMs['detector']! / 1000)).toFixed(0);
  const stages = Object.keys(ours.timingsMs).filter((stage) => stage !== 'total');
  console.log('300 slices 512x512, two threads');
  printTable(['stage', 'Phoi s', 'Python s'], [
    ...stages.map((stage) => [stage, seconds(ours.timingsMs[stage]), seconds(python.timingsMs[stage])]),
    ['what both do', seconds(alike(ours)), seconds(alike(python))],
    ['total', seconds(ours.timingsMs['total']), seconds(python.timingsMs['total'])],
    ['detector windows', String(ours.windows), String(python.windows)],
    ['detector voxels, million', (ours.detectorVoxels / 1e6).toFixed(1), (python.detectorVoxels / 1e6).toFixed(1)],
    ['detector GFLOP/s', rate(ours), rate(python)],
    ['peak memory MiB', ours.peakMiB.toFixed(0), python.peakMiB.toFixed(0)],
  ]);
  console.log(`This machine multiplies matrices (2048 x 2048, float32, torch) at ${python.matrixGigaflopPerSecond.toFixed(0)} GFLOP/s.`);
  const fair = withVoxels(python, ours.detectorVoxels);
  const times = (theirs: Python): string => `${(alike(theirs) / alike(ours)).toFixed(2)} times as long for what both do; its total is ${(theirs.timingsMs['total']! / ours.timingsMs['total']!).toFixed(2)} times ours`;
  console.log(`Python takes ${times(python)}.`);
  console.log(`If its detector saw as many voxels as ours, it would take ${times(fair)}.`);
  const findings = ours.candidates.filter(([, , , probability]) => probability >= ours.threshold);
  const theirs = python.candidates.filter(([, , , probability]) => probability >= ours.threshold);
  console.log(`At and above the operating point: ${findings.length} candidates here, ${theirs.length} in Python, ${shared(findings, theirs)} the same.`);
}

export async function benchInference(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    await writePhantom({ out: folder, seed: 5, slices: 300, sliceSpacingMm: 1, nodules: 4 });
    await rm(join(folder, 'truth.json'));
    const ours = await measure<Ours>(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'analyze-once.ts'), folder]);
    const python = await measure<Python>('/usr/bin/python3', [join(import.meta.dirname, 'python_pipeline.py'), folder, projectRoot]);
    print(ours, python);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
