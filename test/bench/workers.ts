/**
 * `npm run bench -- workers [OPTIONS]`: studies of several sizes wait in the queue, then workers with one thread each
 * take them. Gives the time of one study by its number of images, which `scale` calculates with, and what a second
 * worker brings.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { runOk } from '../helpers/run.ts';
import { startTestService, type LogLine } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import type { SenderTask } from './load/send.ts';
import { studyUIDOf, type StreamStudy } from './load/stream.ts';
import { cpuSeconds } from './load/watch-process.ts';
import { fitLine, type Line } from './scale/fit-line.ts';
import { median, printTable } from './table.ts';

/** A thorax of 300 mm in thick and thin slices. */
const kinds = [100, 150, 300, 480] as const;
const deadlineMs = 3_600_000;

interface Turn {
  readonly slices: number;
  readonly wallS: number;
  readonly cpuS: number;
}

interface Measured {
  readonly turns: readonly Turn[];
  readonly studiesPerMinute: number;
}

async function makeStudies(folder: string, count: number): Promise<readonly StreamStudy[]> {
  for (const slices of kinds) {
    await writePhantom({ out: join(folder, String(slices)), seed: 5, slices, sliceSpacingMm: 300 / slices, sliceThicknessMm: Math.min(3, 300 / slices) });
    await rm(join(folder, String(slices), 'truth.json'));
  }
  return Array.from({ length: count }, (_, n) => ({ name: String(n), template: join(folder, String(kinds[n % kinds.length])) }));
}

/** Of each worker, the time from one result to the next; its first study, with which it loads the model, does not count. */
async function measure(studies: readonly StreamStudy[], slicesOf: ReadonlyMap<string, number>, workers: number): Promise<Measured> {
  const service = await startTestService({ env: { PHOI_WORKERS: '0' }, config: { inference: { threads: 1 } } });
  try {
    const task: SenderTask = { port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'CT1', studies };
    await runOk(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'load/send.ts'), JSON.stringify(task)]);
    for (const study of studies) await service.reaches(studyUIDOf(study), ['waiting'], deadlineMs);
    await service.kill();
    await service.start({ PHOI_WORKERS: String(workers) });
    const turns: Turn[] = [];
    const last = new Map<number, { readonly atMs: number; readonly cpuS: number }>();
    const first = new Map<number, number>();
    let seen = service.log.length;
    const take = async (line: LogLine): Promise<void> => {
      const [pid, atMs] = [Number(line['pid']), Date.parse(String(line['time']))];
      const [now, before] = [await cpuSeconds(pid), last.get(pid)];
      if (before === undefined) first.set(pid, atMs);
      else turns.push({ slices: slicesOf.get(String(line['studyInstanceUID']))!, wallS: (atMs - before.atMs) / 1000, cpuS: now - before.cpuS });
      last.set(pid, { atMs, cpuS: now });
    };
    await until('all results', async () => {
      const lines = service.log.slice(seen);
      seen += lines.length;
      for (const line of lines) if (line.msg === 'Analysis done') await take(line);
      return turns.length + last.size === studies.length;
    }, deadlineMs);
    const perSecond = [...last].reduce((sum, [pid, { atMs }]) => {
      const done = service.log.filter((line) => line.msg === 'Analysis done' && line['pid'] === pid).length - 1;
      return done === 0 ? sum : sum + done / ((atMs - first.get(pid)!) / 1000);
    }, 0);
    return { turns, studiesPerMinute: perSecond * 60 };
  } finally {
    await service.stop();
  }
}

const lineText = ({ base, slope, logSigma }: Line): string => `${base.toFixed(2)} s and ${(slope * 1000).toFixed(1)} ms an image, logarithmic scatter ${logSigma.toFixed(2)}`;

export async function benchWorkers(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { studies: { type: 'string', default: '16' }, most: { type: 'string', default: '2' } } });
  const folder = await mkdtemp(join(tmpdir(), 'phoi-workers-'));
  try {
    const studies = await makeStudies(folder, Number(values.studies));
    const slicesOf = new Map<string, number>();
    for (const study of studies) slicesOf.set(studyUIDOf(study), (await readdir(study.template)).length);
    const measured: Measured[] = [];
    for (let workers = 1; workers <= Number(values.most); workers += 1) measured.push(await measure(studies, slicesOf, workers));
    const [alone] = measured;
    console.log(`${studies.length} studies of a thorax, workers of one thread each`);
    printTable(['workers', 'studies a minute', 'times one worker'], measured.map(({ studiesPerMinute }, n) => [String(n + 1), studiesPerMinute.toFixed(2), (studiesPerMinute / alone!.studiesPerMinute).toFixed(2)]));
    console.log('\nOne worker alone, median of each size');
    printTable(['images', 'seconds', 'processor seconds'], kinds.flatMap((slices) => {
      const turns = alone!.turns.filter((turn) => turn.slices === slices);
      return turns.length === 0 ? [] : [[String(slices), median(turns.map(({ wallS }) => wallS)).toFixed(2), median(turns.map(({ cpuS }) => cpuS)).toFixed(2)]];
    }));
    const line = (of: (turn: Turn) => number): string => lineText(fitLine(alone!.turns.map((turn) => [turn.slices, of(turn)])));
    console.log(`\nSeconds: ${line(({ wallS }) => wallS)}.\nProcessor seconds: ${line(({ cpuS }) => cpuS)}.`);
    console.log(`${cpus().length} cores; load average ${loadavg().map((load) => load.toFixed(1)).join(' ')}.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
