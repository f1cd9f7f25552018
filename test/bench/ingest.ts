/** One storescu sending one CT series to each receiver. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { withoutNagle } from '../helpers/orthanc.ts';
import { runOk } from '../helpers/run.ts';
import { receiverNames, receivers, type ReceiverName } from './receivers.ts';
import { median, printTable } from './table.ts';

const rounds = 3;

export async function benchIngest(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    const { files } = await writePhantom({ out: folder, seed: 5, slices: 300, sliceSpacingMm: 1 });
    await rm(join(folder, 'truth.json'));
    let bytes = 0;
    for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
    const seconds = new Map<ReceiverName, number[]>(receiverNames.map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, values] of seconds) {
        // Anew each round: a second copy of the same images would be a different job.
        const receiver = await receivers[name].start();
        const start = performance.now();
        await runOk('storescu', ['-aec', receiver.aeTitle, '127.0.0.1', String(receiver.port), '+sd', folder], { env: { ...process.env, ...withoutNagle } });
        values.push((performance.now() - start) / 1000);
        await receiver.stop();
      }
    }
    const ours = median(seconds.get('phoi')!);
    console.log(`${files} CT images, ${(bytes / 1e6).toFixed(0)} MB, one storescu, median of ${rounds}`);
    printTable(['receiver', 'seconds', 'images/s', 'MB/s', 'times Phoi\'s'], [...seconds].map(([name, values]) => {
      const value = median(values);
      return [receivers[name].label, value.toFixed(2), (files / value).toFixed(0), (bytes / 1e6 / value).toFixed(0), (value / ours).toFixed(2)];
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
