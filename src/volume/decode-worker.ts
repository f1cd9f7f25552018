/** Worker thread: decodes instances into a volume shared with the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '../errors.ts';
import { decodeInto } from './decode-task.ts';
import type { DecodeAnswer, DecodeRequest, DecodeWorkerData } from './decode-pool.ts';

const { buffer, rows, columns } = workerData as DecodeWorkerData;
const hu = new Int16Array(buffer);

parentPort?.on('message', ({ bytes, frames }: DecodeRequest) => {
  decodeInto(hu, rows, columns, bytes, frames).then(
    () => parentPort?.postMessage({} satisfies DecodeAnswer),
    (cause: unknown) => {
      const error = toAppError(cause);
      parentPort?.postMessage({ error: { code: error.code, message: error.message } } satisfies DecodeAnswer);
    },
  );
});
