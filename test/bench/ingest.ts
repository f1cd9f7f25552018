/** One storescu sending one CT series to Phoi (flushed to disk and indexed), to DCMTK's storescp and to Orthanc. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { startOrthanc } from '../helpers/orthanc.ts';
import { freePort } from '../helpers/ports.ts';
import { run, runOk } from '../helpers/run.ts';
import { startTestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { median, printTable } from './table.ts';

const rounds = 3;

interface Receiver {
  readonly port: number;
  readonly aeTitle: string;
  stop(): Promise<void>;
}

async function startStorescp(folder: string): Promise<Receiver> {
  const port = await freePort();
  const child = spawn('storescp', ['-aet', 'STORESCP', '-od', folder, '+xa', String(port)], { stdio: 'ignore', env: { ...process.env, TCP_NODELAY: '1' } });
  const exited = once(child, 'exit');
  await until('storescp', async () => (await run('echoscu', ['127.0.0.1', String(port)])).code === 0);
  return { port, aeTitle: 'STORESCP', async stop() { child.kill(); await exited; } };
}

/** Every round starts its receiver anew: a second copy of the same images would be a different job. */
async function startReceiver(name: string, folder: string): Promise<Receiver> {
  if (name === 'DCMTK storescp') return startStorescp(folder);
  if (name === 'Orthanc') {
    const orthanc = await startOrthanc();
    return { port: orthanc.dicomPort, aeTitle: 'ORTHANC', stop: () => orthanc.stop() };
  }
  const service = await startTestService({ env: { PHOI_WORKERS: '0' } });
  return { port: service.dicomPort, aeTitle: 'PHOI', stop: () => service.stop() };
}

export async function benchIngest(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    const images = join(folder, 'images');
    const { files } = await writePhantom({ out: images, seed: 5, slices: 300, sliceSpacingMm: 1 });
    await rm(join(images, 'truth.json'));
    let bytes = 0;
    for (const name of await readdir(images)) bytes += (await stat(join(images, name))).size;
    const seconds: Record<string, number[]> = { 'Phoi (flushed, indexed)': [], 'DCMTK storescp': [], 'Orthanc': [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of Object.keys(seconds)) {
        const receiver = await startReceiver(name, folder);
        const start = performance.now();
        await runOk('storescu', ['-aec', receiver.aeTitle, '127.0.0.1', String(receiver.port), '+sd', images], { env: { ...process.env, TCP_NODELAY: '1' } });
        seconds[name]!.push((performance.now() - start) / 1000);
        await receiver.stop();
      }
    }
    const ours = median(seconds['Phoi (flushed, indexed)']!);
    console.log(`${files} CT images, ${(bytes / 1e6).toFixed(0)} MB, one storescu, median of ${rounds}`);
    printTable(['receiver', 'seconds', 'images/s', 'MB/s', 'times Phoi\'s'], Object.entries(seconds).map(([name, values]) => {
      const value = median(values);
      return [name, value.toFixed(2), (files / value).toFixed(0), (bytes / 1e6 / value).toFixed(0), (value / ours).toFixed(2)];
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
