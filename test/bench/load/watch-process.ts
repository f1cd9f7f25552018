/** What another process uses while it works: resident memory over time and processor time, from proc(5). */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../table.ts';

const everyMs = 200;
/** USER_HZ: the unit of times in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface ProcessUse {
  /** Median of each quarter of the time, MiB: of a flat memory the later ones are alike. */
  readonly quartersMiB: readonly number[];
  readonly peakMiB: number;
  /** Of the process and of its children that have ended. */
  readonly cpuSeconds: number;
}

async function residentMiB(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // utime, stime, cutime, cstime: fields 14 to 17, counted behind the name in parentheses.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15).map(Number);
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

/** Looks at the process until `work` is done. */
export async function watchProcess<T>(pid: number, work: () => Promise<T>): Promise<{ readonly value: T; readonly use: ProcessUse }> {
  const samples: number[] = [];
  const end = new AbortController();
  const before = await cpuSeconds(pid);
  const watching = (async () => {
    while (!end.signal.aborted) {
      samples.push(await residentMiB(pid));
      await pause(everyMs);
    }
  })();
  let value: T;
  try {
    value = await work();
  } finally {
    end.abort();
    await watching;
  }
  const quarter = (n: number): number => median(samples.slice(Math.floor(n * samples.length / 4), Math.max(1, Math.ceil((n + 1) * samples.length / 4))));
  return { value, use: { quartersMiB: [0, 1, 2, 3].map(quarter), peakMiB: Math.max(...samples), cpuSeconds: await cpuSeconds(pid) - before } };
}
