/** DCMTK programs as peers: run to their end, or started as servers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort, listens } from '../../helpers/ports.ts';
import { until } from '../../helpers/until.ts';

export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end; stdout and stderr together. */
export async function runProgram(name: string, args: readonly string[]): Promise<ProgramResult> {
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer): void => { output = (output + chunk.toString()).slice(-200_000); };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const [code] = await once(child, 'close') as [number | null];
  return { code, output };
}

export interface Server {
  readonly port: number;
  readonly output: () => string;
  stop(): Promise<void>;
}

/** Starts a server that listens on the port it is given, by default a free one, and waits until it does. */
export async function startProgram(name: string, args: (port: number) => readonly string[], samePort?: number): Promise<Server> {
  const port = samePort ?? await freePort();
  const child = spawn(name, args(port), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer): void => { output = (output + chunk.toString()).slice(-200_000); };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = once(child, 'close');
  await until(`${name} on port ${port}`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`);
    return listens(port);
  });
  return {
    port,
    output: () => output,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
