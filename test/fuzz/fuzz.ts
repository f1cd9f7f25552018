/** Runs targets on mutated seeds; what goes wrong is kept as a file of the corpus, and tried again for ever. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src/errors.ts';
import { randomNumbers } from '../helpers/random.ts';
import { mutate } from './mutate.ts';
import type { FuzzTarget } from './targets.ts';

export const corpusDir = join(import.meta.dirname, 'corpus');
/** On a busy machine one input may wait for its turn; a reader that loops never comes back at all. */
const slowMs = 5000;

export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly why: string;
}

/** Undefined when the reader answered or refused as it should. */
export async function tryInput(target: FuzzTarget, input: Uint8Array): Promise<Finding | undefined> {
  const started = performance.now();
  try {
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    const isKnown = (error instanceof AppError && error.code !== 'INTERNAL') || target.alsoAllowed?.(error) === true;
    if (!isKnown) return { target: target.name, input, why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  const tookMs = performance.now() - started;
  return tookMs > slowMs ? { target: target.name, input, why: `took ${Math.round(tookMs)} ms` } : undefined;
}

/** `count` inputs; stops at the first finding. */
export async function fuzz(target: FuzzTarget, count: number, seed: number): Promise<{ readonly tried: number; readonly finding?: Finding }> {
  const random = randomNumbers(seed);
  for (let n = 1; n <= count; n += 1) {
    const finding = await tryInput(target, mutate(target.seeds, random));
    if (finding !== undefined) return { tried: n, finding };
  }
  return { tried: count };
}

export async function keep({ target, input }: Finding): Promise<string> {
  await mkdir(join(corpusDir, target), { recursive: true });
  const path = join(corpusDir, target, `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`);
  await writeFile(path, input);
  return path;
}

/** Inputs that once went wrong. */
export async function corpusOf(target: string): Promise<readonly Uint8Array[]> {
  try {
    const folder = join(corpusDir, target);
    return await Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
