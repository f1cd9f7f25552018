/** Who receives in the benchmarks: Phoi, DCMTK's storescp and Orthanc, each started anew on a free port with an empty store. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOrthanc, withoutNagle } from '../helpers/orthanc.ts';
import { freePort } from '../helpers/ports.ts';
import { run } from '../helpers/run.ts';
import { startTestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

export interface Receiver {
  readonly port: number;
  readonly aeTitle: string;
  readonly pid: number;
  /** Each association has a process of its own, so that the memory of one says nothing. */
  readonly forks: boolean;
  stop(): Promise<void>;
}

async function startStorescp(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-storescp-'));
  const port = await freePort();
  const child = spawn('storescp', ['--fork', '-aet', 'STORESCP', '-od', folder, '+xa', String(port)], { stdio: 'ignore', env: { ...process.env, ...withoutNagle } });
  const exited = once(child, 'exit');
  await until('storescp', async () => (await run('echoscu', ['127.0.0.1', String(port)])).code === 0);
  return {
    port, aeTitle: 'STORESCP', pid: child.pid!, forks: true,
    async stop() {
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOrthancReceiver(flushes: boolean): Promise<Receiver> {
  const orthanc = await startOrthanc({}, { SyncStorageArea: flushes });
  return { port: orthanc.dicomPort, aeTitle: 'ORTHANC', pid: orthanc.pid, forks: false, stop: () => orthanc.stop() };
}

async function startPhoi(): Promise<Receiver> {
  const service = await startTestService({ env: { PHOI_WORKERS: '0' } });
  return { port: service.dicomPort, aeTitle: 'PHOI', pid: service.pid, forks: false, stop: () => service.stop() };
}

/** What each does before it answers stands in its name. */
export const receivers = {
  'phoi': { label: 'Phoi (flushed, indexed)', start: startPhoi },
  'orthanc': { label: 'Orthanc (flushed, indexed)', start: () => startOrthancReceiver(true) },
  'orthanc-unflushed': { label: 'Orthanc (indexed, not flushed)', start: () => startOrthancReceiver(false) },
  'storescp': { label: 'DCMTK storescp (file only, not flushed)', start: startStorescp },
} as const;
export type ReceiverName = keyof typeof receivers;
export const receiverNames = Object.keys(receivers) as readonly ReceiverName[];
