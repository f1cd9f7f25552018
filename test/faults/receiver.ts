/** DCMTK's storescp as the PACS that gets the results. It can be killed and started again on the same port and folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { freePort, listens } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';

export interface Receiver {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SOP Instance UIDs of the whole files that it holds. */
  held(): Promise<ReadonlySet<string>>;
}

export async function startReceiver(folder: string): Promise<Receiver> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  let child: ChildProcess | undefined;
  const receiver: Receiver = {
    port,
    async start() {
      child = spawn('storescp', ['--fork', '-od', folder, '-aet', 'PACS', String(port)], { stdio: 'ignore', detached: true });
      await until('storescp', () => listens(port));
    },
    async kill() {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      // The whole group: it forks one process for each association.
      process.kill(-child.pid, 'SIGKILL');
      await exited;
    },
    async held() {
      const uids = new Set<string>();
      for (const name of await readdir(folder)) {
        const uid = text(parsePart10(await readFile(join(folder, name))).dataset, 'SOPInstanceUID');
        if (uid !== undefined) uids.add(uid);
      }
      return uids;
    },
  };
  await receiver.start();
  return receiver;
}
