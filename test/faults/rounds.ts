/**
 * Studies stream in while processes are killed, connections cut, the disk filled and the clock moved. Which fault comes
 * when follows from the seed; what it hits follows from the machine.
 */
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomNumbers, type RandomNumbers } from '../helpers/random.ts';
import { runOk } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { calm, faultsFound } from './invariants.ts';
import { startDurablePostgres } from './postgres-server.ts';
import { startReceiver } from './receiver.ts';
import { startDurableRedis } from './redis-server.ts';
import { sendUntilAcknowledged, type Ledger } from './sender.ts';

export const faultKinds = ['kill-server', 'kill-worker', 'kill-both', 'cut-connections', 'kill-receiver', 'fill-disk', 'move-clock', 'kill-redis', 'kill-postgres', 'late-instances', 'none'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The queue on a redis-server of its own instead of the file. */
  readonly redis: boolean;
  /** The index in a PostgreSQL of its own instead of the file. */
  readonly postgres?: boolean;
  /** Rounds between two looks at the invariants. */
  readonly checkEvery: number;
  /** How long a start of the service, or its coming to rest, may take: a busy machine is no fault. */
  readonly patienceMs: number;
  readonly say: (line: string) => void;
}

export interface RoundsReport {
  readonly rounds: number;
  readonly injected: Readonly<Partial<Record<FaultKind, number>>>;
  /** Faults that this machine cannot make, with the reason. */
  readonly unavailable: Readonly<Partial<Record<FaultKind, string>>>;
  readonly studies: number;
  readonly acknowledged: number;
  readonly failedAttempts: number;
  readonly checks: number;
  readonly faults: readonly string[];
}

const fakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
/** Room for what the rounds themselves bring, some three studies each. */
const diskMiB = (rounds: number): number => 128 + 10 * rounds;

/** A small file system of its own, so that filling it hurts nobody else; undefined where that is not allowed. */
async function smallDisk(folder: string, sizeMiB: number): Promise<(() => Promise<void>) | undefined> {
  try {
    await runOk('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder]);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  return async () => { await runOk('umount', ['-l', folder]); };
}

async function hasFakeTime(): Promise<boolean> {
  return runOk('test', ['-e', fakeTime]).then(() => true, () => false);
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export async function runRounds(options: RoundsOptions): Promise<RoundsReport> {
  const random = randomNumbers(options.seed);
  // Of their own, so that the order of the faults follows from the seed alone.
  const routes = randomNumbers(options.seed + 1);
  const folder = await mkdtemp(join(tmpdir(), 'phoi-faults-'));
  const disk = join(folder, 'disk');
  await runOk('mkdir', [disk]);
  const unmount = await smallDisk(disk, diskMiB(options.rounds));
  const receiver = await startReceiver(join(folder, 'pacs'));
  const redis = options.redis ? await startDurableRedis(join(folder, 'redis')) : undefined;
  const postgres = options.postgres === true ? await startDurablePostgres() : undefined;
  const service = await startTestService({
    parentDir: disk, quietSeconds: 1, startDeadlineMs: options.patienceMs,
    env: { ...(redis === undefined ? {} : { REDIS_URL: redis.url }), ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }) },
    config: {
      reserveBytes: 4 * 1024 ** 2, job: { leaseSeconds: 2, maxAttempts: 1000 },
      destinations: [{ name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: receiver.port, aeTitle: 'PACS' }],
      dicom: { peers: [] },
    },
  });
  const proxy = await startCuttingProxy(() => service.dicomPort);
  const ledger: Ledger = { acknowledged: new Map(), studies: new Map(), failures: 0 };
  const end = new AbortController();
  const unavailable: Partial<Record<FaultKind, string>> = {
    ...(unmount === undefined ? { 'fill-disk': 'no file system of its own could be mounted' } : {}),
    ...(await hasFakeTime() ? {} : { 'move-clock': 'libfaketime is not installed' }),
    ...(redis === undefined ? { 'kill-redis': 'the queue is in a file' } : {}),
    ...(postgres === undefined ? { 'kill-postgres': 'the index is in a file' } : {}),
  };
  const possible = faultKinds.filter((kind) => unavailable[kind] === undefined);
  const injected: Partial<Record<FaultKind, number>> = {};
  const faults: string[] = [];
  let checks = 0;

  async function inject(kind: FaultKind): Promise<void> {
    injected[kind] = (injected[kind] ?? 0) + 1;
    switch (kind) {
      case 'kill-server':
        await service.kill();
        await service.start();
        break;
      case 'kill-worker':
        service.workerPids().slice(-1).forEach(killed);
        break;
      case 'kill-both':
        service.workerPids().slice(-1).forEach(killed);
        await service.kill();
        await service.start();
        break;
      case 'cut-connections':
        for (let n = 0; n < 5; n += 1) {
          proxy.cut();
          await pause(random.between(20, 200));
        }
        break;
      case 'kill-receiver':
        await receiver.kill();
        await pause(random.between(200, 2000));
        await receiver.start();
        break;
      case 'fill-disk':
        await fillDisk(service, disk, random);
        break;
      case 'move-clock':
        // A clock that was set to another day while the service was down.
        await service.kill();
        await service.start({ LD_PRELOAD: fakeTime, FAKETIME: random.between(0, 1) < 0.5 ? '+26h' : '-26h', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
        await pause(random.between(200, 1500));
        await service.kill();
        await service.start();
        break;
      case 'kill-redis':
        await redis!.kill();
        await pause(random.between(100, 1500));
        await redis!.start();
        break;
      case 'kill-postgres':
        await postgres!.kill();
        await pause(random.between(100, 1500));
        await postgres!.start();
        break;
      case 'late-instances':
      case 'none':
        break;
    }
  }

  try {
    let sending: Promise<void>[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const kind = possible[Math.floor(random.between(0, possible.length))]!;
      const count = 1 + Math.floor(random.between(0, 3));
      for (let n = 0; n < count; n += 1) {
        const series = makeBoxSeries({ name: `faults ${options.seed} ${round} ${n}`, patientName: `Vòng^${round}`, patientID: `F-${round}-${n}` });
        const way = random.between(0, 1) < 0.7 ? 'dimse' : 'stow';
        const ports = { dimse: () => (routes.between(0, 1) < 0.7 ? proxy.port : service.dicomPort), http: () => Number(new URL(service.httpUrl).port) };
        const late = kind === 'late-instances' && n === 0;
        const early = late ? { ...series, instances: series.instances.filter((_instance, index) => index % 3 !== 1) } : series;
        sending.push((async () => {
          await sendUntilAcknowledged(early, way, ports, ledger, end.signal);
          if (late) {
            await pause(random.between(1500, 4000));
            await sendUntilAcknowledged(series, way, ports, ledger, end.signal);
          }
        })());
      }
      await pause(random.between(0, 1800));
      await inject(kind);
      if (round % options.checkEvery === 0 || round === options.rounds) {
        await Promise.all(sending);
        sending = [];
        const details = await calm(service, ledger, options.patienceMs);
        const found = await faultsFound(service, ledger, receiver, details, postgres?.url);
        faults.push(...found.map((fault) => `round ${round}: ${fault}`));
        checks += 1;
        options.say(`round ${round}: ${ledger.studies.size} studies, ${ledger.acknowledged.size} instances acknowledged, ${found.length} faults`);
        if (found.length > 0) break;
      }
    }
    return {
      rounds: options.rounds, injected, unavailable, studies: ledger.studies.size, acknowledged: ledger.acknowledged.size,
      failedAttempts: ledger.failures, checks, faults,
    };
  } finally {
    end.abort();
    await proxy.close();
    await service.stop();
    await redis?.kill();
    await postgres?.stop();
    await receiver.kill();
    await unmount?.();
    await rm(folder, { recursive: true, force: true });
  }
}

function* zeros(bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(16 * 1024 ** 2);
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length));
}

async function fillDisk(service: TestService, disk: string, random: RandomNumbers): Promise<void> {
  const ballast = join(disk, 'ballast');
  const { bavail, bsize } = await statfs(disk);
  // To the last byte or to just below the reserve, in turn.
  const leave = random.between(0, 1) < 0.5 ? 0 : random.between(0, 6 * 1024 ** 2);
  await writeFile(ballast, zeros(Math.max(0, Math.floor(bavail * bsize - leave)))).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  });
  await pause(random.between(300, 2000));
  if (random.between(0, 1) < 0.3) {
    await service.kill();
    await rm(ballast, { force: true });
    await service.start();
    return;
  }
  await rm(ballast, { force: true });
}
