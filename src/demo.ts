/** The newcomer's first study: a synthetic thorax made by a child process and sent like a PACS would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sendFolder } from './dimse/send-folder.ts';
import { AppError } from './errors.ts';
import { projectRoot } from './settings.ts';

export interface DemoStudy {
  readonly studyInstanceUID: string;
  readonly images: number;
}

/** Sends the demo phantom. A second demo sends the same study again, which changes nothing. */
export async function runDemo(to: { readonly host: string; readonly port: number; readonly aeTitle: string }): Promise<DemoStudy> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-demo-'));
  try {
    // In another process, so that painting the phantom does not hold up the server.
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'phantom', '--out', folder, '--seed', '7', '--nodules', '4', '--spacing', '2', '--thickness', '2', '--json',
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    const [code] = await once(child, 'close') as [number | null];
    if (code !== 0) throw new AppError('INTERNAL', 'The phantom could not be made');
    const report = await sendFolder(folder, { host: to.host, port: to.port, calledAETitle: to.aeTitle, callingAETitle: 'PHOI-DEMO' });
    if (report.failed > 0) throw new AppError('DIMSE_PEER_REFUSED_INSTANCE', `${report.failed} images of the demo were refused`);
    const { studyInstanceUID } = JSON.parse(output) as { studyInstanceUID: string };
    return { studyInstanceUID, images: report.sent };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
