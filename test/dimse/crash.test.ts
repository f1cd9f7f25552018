import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendInstances, type OutgoingInstance, type SendOutcome } from '../../src/dimse/send-instances.ts';
import { verifyInArchive } from '../../src/dimse/verify-stored.ts';
import { silentLog } from '../../src/log.ts';
import { freePort } from '../helpers/ports.ts';
import { ctInstance } from './helpers/instances.ts';
import { startRealService } from './helpers/real-service.ts';

const studyInstanceUID = '1.2.826.0.1.99';
let dataDir: string;
let port: number;
let child: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phoi-crash-'));
  port = await freePort();
});
afterEach(async () => {
  await kill();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'helpers/service-process.ts'), dataDir, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
}

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const instances: readonly OutgoingInstance[] = Array.from({ length: 120 }, (_, instanceNumber) => {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID, bytes } = ctInstance({ instanceNumber, studyInstanceUID, size: 256 });
  return { sopClassUID, sopInstanceUID, transferSyntaxUID, open: async () => (async function* () { yield bytes; })() };
});

const send = (part: readonly OutgoingInstance[], onStatus?: (outcome: SendOutcome) => void): Promise<readonly SendOutcome[]> => sendInstances({
  host: '127.0.0.1', port, calledAETitle: 'PHOI', callingAETitle: 'CT', instances: part,
  timers: { connectMs: 2000, associateMs: 5000, responseMs: 5000, stallMs: 5000 }, ...(onStatus === undefined ? {} : { onStatus }),
});

it.each([7, 41, 90])('has every acknowledged instance after kill -9 at answer %i, and takes the rest', async (killAt) => {
  await start();
  const half = instances.length / 2;
  let acknowledged = 0;
  let killed: Promise<void> | undefined;
  const watch = ({ state }: SendOutcome): void => {
    if (state === 'sent') acknowledged += 1;
    if (acknowledged === killAt) killed ??= kill();
  };
  // Two senders at once, so that the kill meets instances in every stage.
  const outcomes = (await Promise.all([send(instances.slice(0, half), watch), send(instances.slice(half), watch)])).flat();
  await killed;
  const sent = outcomes.filter(({ state }) => state === 'sent').map(({ instance }) => instance);
  expect(outcomes).toHaveLength(instances.length);
  expect(sent.length).toBeGreaterThanOrEqual(killAt);
  expect(sent.length).toBeLessThan(instances.length);

  const service = await startRealService({ dataDir });
  const verify = verifyInArchive(service.index, service.archive, silentLog());
  for (const instance of sent) expect(await verify(instance)).toBe('committed');
  await service.stop();

  await start();
  const again = await send(instances);
  expect(again.map(({ state }) => state)).toEqual(instances.map(() => 'sent'));
  await kill();
  const afterwards = await startRealService({ dataDir });
  const stored = await afterwards.index.instances({ studyInstanceUID });
  expect(stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(instances.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  expect((await afterwards.index.study(studyInstanceUID))!.conflictCount).toBe(0);
  await afterwards.stop();
});
