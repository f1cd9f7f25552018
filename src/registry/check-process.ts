/**
 * Checks a model in a process of its own, with limits on time and memory: a graph that hangs, crashes or fills the memory
 * takes nothing else with it.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { AppError, errorCodes, type ErrorCode } from '../errors.ts';

export interface CheckLimits {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
}

export interface CheckRequest {
  readonly modelsDir: string;
  /** The model's own folder, inside the models folder or not yet. */
  readonly folder: string;
}

interface Answer {
  readonly code?: string;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const entry = join(import.meta.dirname, '../../workers/check-model/main.ts');
const isCode = (code: string | undefined): code is ErrorCode => code !== undefined && Object.hasOwn(errorCodes, code);

/**
 * Resolves when hash, schema, graph and test vector (of the model and all that it is chained with) are right.
 * @throws AppError `MODEL_…`: what is wrong; `MODEL_TIMEOUT`, `MODEL_MEMORY_EXCEEDED` beyond the limits; `MODEL_FAILED` when the process died.
 */
export function checkInProcess(request: CheckRequest, limits: CheckLimits): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, [JSON.stringify({ ...request, maxMemoryBytes: limits.maxMemoryBytes })], {
      execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let answer: Answer | undefined;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limits.timeoutMs);
    child.on('message', (message) => { answer = message as Answer; });
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new AppError('MODEL_FAILED', 'the model could not be checked: no process', { cause }));
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (answer !== undefined && answer.code === undefined) resolve();
      else if (answer !== undefined) reject(new AppError(isCode(answer.code) ? answer.code : 'MODEL_FAILED', answer.message ?? '', { details: answer.details ?? {} }));
      else if (isLate) reject(new AppError('MODEL_TIMEOUT', `checking the model took longer than ${Math.round(limits.timeoutMs / 1000)} s`));
      else reject(new AppError('MODEL_FAILED', `the process that checked the model ended (${signal ?? code ?? 'unknown'})`));
    });
  });
}
