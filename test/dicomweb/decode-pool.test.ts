import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put } from '../../src/dicom/build.ts';
import { decodeFrame } from '../../src/dicom/codec.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { createDecodePool, type DecodePoolOptions } from '../../src/dicomweb/decode-pool.ts';
import { frameSource } from '../../src/dicomweb/instance-file.ts';
import { createByteCache } from '../../src/dicomweb/lru-cache.ts';
import { renderFrame } from '../../src/dicomweb/window.ts';
import { run, runOk } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { imageDataset, imageFile, pixelValues } from '../dicom/synthetic.ts';

const options: DecodePoolOptions = { processes: 2, timeoutMs: 50_000, heapMb: 256 };
const frames = 4;
let folder: string;
let path: string;
let expected: Buffer[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-decode-'));
  path = join(folder, 'multi');
  await writeFile(path, imageFile({ frames }));
  const all = Buffer.from(Uint16Array.from(pixelValues({ frames })).buffer);
  const size = all.length / frames;
  expected = Array.from({ length: frames }, (_, index) => all.subarray(index * size, (index + 1) * size));
  await writeFile(join(folder, 'rubbish'), 'rubbish');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Some hundred thousand items: as objects they need far more memory than on disk. */
function swarmDataset(): Dataset {
  const dataset = imageDataset();
  const item: Dataset = {};
  put(item, 'ReferencedSOPInstanceUID', '2.25.1');
  dataset['00081140'] = { vr: 'SQ', Value: Array.from({ length: 300_000 }, () => item) };
  return dataset;
}

const frame = (frameIndex: number, file = path) => ({ kind: 'frame', path: file, frameIndex, stored: false }) as const;

describe('the decoding processes', () => {
  it('decode many frames at a time, each the right one', async () => {
    const pool = createDecodePool(options);
    const wanted = Array.from({ length: 60 }, (_, index) => index % frames);
    const got = await Promise.all(wanted.map((index) => pool.run<'frame'>(frame(index))));
    for (const [at, index] of wanted.entries()) expect(Buffer.from(got[at]!).equals(expected[index]!)).toBe(true);
    await pool.close();
  });

  it('leave the event loop free', async () => {
    const large = join(folder, 'large');
    await writeFile(large, imageFile({ rows: 1024, columns: 1024 }));
    const rounds = 20;
    const pool = createDecodePool(options);
    const task = { kind: 'render', path: large, frameIndex: 0 } as const;
    await pool.run<'render'>(task);
    const from = process.threadCpuUsage();
    await Promise.all(Array.from({ length: rounds }, () => pool.run<'render'>(task)));
    const ask = process.threadCpuUsage(from);
    await pool.close();
    const render = async (): Promise<unknown> => {
      const source = await frameSource(large, 0);
      return renderFrame(await decodeFrame(source.bytes, source.parsed, source.index), source.header.dataset, 0, undefined);
    };
    await render();
    const again = process.threadCpuUsage();
    for (let round = 0; round < rounds; round += 1) await render();
    const own = process.threadCpuUsage(again);
    expect((ask.user + ask.system) / (own.user + own.system), 'share of what the work takes').toBeLessThan(0.6);
  });

  it('pass errors on with their codes', async () => {
    const pool = createDecodePool(options);
    await expect(pool.run<'frame'>(frame(0, join(folder, 'rubbish')))).rejects.toMatchObject({ code: 'DICOM_NOT_PART10' });
    await expect(pool.run<'frame'>(frame(frames))).rejects.toMatchObject({ code: 'HTTP_NOT_FOUND' });
    await pool.close();
  });

  it('are replaced when a task takes too long', async () => {
    const pool = createDecodePool({ ...options, processes: 1, timeoutMs: 1 });
    await expect(pool.run<'frame'>(frame(0))).rejects.toMatchObject({ code: 'HTTP_DECODE_TIMEOUT' });
    await expect(pool.run<'frame'>(frame(1))).rejects.toMatchObject({ code: 'HTTP_DECODE_TIMEOUT' });
    await pool.close();
  });

  it('are replaced when one dies of memory, and the next task is answered', async () => {
    const swarm = join(folder, 'swarm');
    await writeFile(swarm, encodePart10(swarmDataset()));
    const pool = createDecodePool({ ...options, processes: 1, heapMb: 24 });
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(pool.run<'bulk'>({ kind: 'bulk', path: swarm, elementPath: ['00420011'] })).rejects.toMatchObject({ code: 'DICOM_PIXEL_DECODE_FAILED' });
      expect(Buffer.from(await pool.run<'frame'>(frame(1))).equals(expected[1]!)).toBe(true);
    }
    await pool.close();
  });

  it('are replaced when one takes more memory than all of it may', async () => {
    const swarm = join(folder, 'swarm-resident');
    await writeFile(swarm, encodePart10(swarmDataset()));
    const pool = createDecodePool({ ...options, processes: 1, heapMb: 2048, residentMb: 150 });
    await expect(pool.run<'bulk'>({ kind: 'bulk', path: swarm, elementPath: ['00420011'] })).rejects.toThrow('too much memory');
    expect(Buffer.from(await pool.run<'frame'>(frame(1))).equals(expected[1]!)).toBe(true);
    await pool.close();
  });

  const source = (name: string): string => JSON.stringify(new URL(`../../src/dicomweb/${name}`, import.meta.url));
  const withPool = `
    const { createDecodePool } = await import(${source('decode-pool.ts')});
    const pool = createDecodePool({ processes: 1, timeoutMs: 50_000, heapMb: 256 });
    const task = (path) => ({ kind: 'frame', path, frameIndex: 0, stored: false });
    await pool.run(task(process.argv[1]));`;
  it.each([
    ['', `${withPool} console.log('ready'); setInterval(() => undefined, 1000);`],
    [' while one reads what never comes', `${withPool} pool.run(task(process.argv[2])); console.log('ready');`],
    [' while one computes for ever', `
      const { fork } = await import('node:child_process');
      const forEver = "process.on('SIGUSR2', () => { process.send('begun', undefined, undefined, () => { for (;;); }); });";
      const child = fork(new URL(${source('decode-process.ts')}), { execArgv: ['--disable-warning=ExperimentalWarning', '--import', 'data:text/javascript,' + encodeURIComponent(forEver)] });
      child.on('message', (message) => (message === 'begun' ? console.log('ready') : child.kill('SIGUSR2')));
      child.send({ id: 1, task: { kind: 'frame', path: process.argv[1], frameIndex: 0, stored: false } });`],
  ])('end with a server that is killed%s', async (_when, script) => {
    const never = join(folder, 'never');
    await runOk('sh', ['-c', 'test -e "$1" || mkfifo "$1"', 'sh', never]);
    const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script, path, never], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    const children = (await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')).trim().split(' ');
    expect(children).toHaveLength(1);
    server.kill('SIGKILL');
    try {
      await until('the end of the decoding process', async () => {
        const state = await readFile(`/proc/${children[0]}/stat`, 'utf8').catch(() => '');
        // Nobody may be there to collect it (Z).
        return state === '' || /\) [ZX] /u.test(state);
      });
    } finally {
      // One that stays would compute beside all other tests.
      await run('kill', ['-9', ...children]);
    }
  });

  it('drop what waits when its request is given up, say when they are busy, and end with the service', async () => {
    const pool = createDecodePool({ ...options, processes: 1, maxWaiting: 2 });
    const controller = new AbortController();
    const running = pool.run<'frame'>(frame(0));
    const givenUp = pool.run<'frame'>(frame(1), controller.signal);
    const waiting = pool.run<'frame'>(frame(2));
    await expect(pool.run<'frame'>(frame(3))).rejects.toMatchObject({ code: 'HTTP_SERVICE_BUSY' });
    controller.abort();
    await expect(givenUp).rejects.toMatchObject({ code: 'CANCELLED' });
    await running;
    await waiting;
    const last = pool.run<'frame'>(frame(0));
    await Promise.all([expect(last).rejects.toMatchObject({ code: 'CANCELLED' }), pool.close()]);
    await expect(pool.run<'frame'>(frame(0))).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the cache of frames', () => {
  it('stays within its bytes and forgets the least recently used', () => {
    const cache = createByteCache(1000);
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, new Uint8Array(240));
    cache.get('a');
    cache.set('e', new Uint8Array(240));
    expect(cache.sizeBytes).toBeLessThanOrEqual(1000);
    expect([cache.get('a'), cache.get('b'), cache.get('e')].map((value) => value?.length)).toEqual([240, undefined, 240]);
    cache.set('huge', new Uint8Array(600));
    expect(cache.get('huge')).toBeUndefined();
    cache.set('a', new Uint8Array(10));
    expect(cache.sizeBytes).toBe(10 + 3 * 240);
  });
});
