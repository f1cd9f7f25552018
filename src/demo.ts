/** The newcomer's first study: a synthetic thorax made by a child process and sent like a PACS would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sendFolder } from './dimse/send-folder.ts';
import { AppError } from './errors.ts';
import { projectRoot } from './settings.ts';

/** Sends the demo phantom; resolves with the number of images. A second demo sends the same study again, which changes nothing. */
export async function runDemo(to: { readonly host: string; readonly port: number; readonly aeTitle: string }): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-demo-'));
  try {
    // In another process, so that painting the phantom does not hold up the server.
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'phantom', '--out', folder, '--seed', '7', '--nodules', '4',
    ], { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit') as [number | null];
    if (code !== 0) throw new AppError('INTERNAL', 'The phantom could not be made');
    const report = await sendFolder(folder, { host: to.host, port: to.port, calledAETitle: to.aeTitle, callingAETitle: 'PHOI-DEMO' });
    return report.sent;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
