/** Loads and tries the model that was asked for. */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '../../src/errors.ts';
import { readModelFolder } from '../../src/inference/installed-models.ts';
import { verifyModel } from '../../src/inference/registry.ts';
import type { CheckRequest } from '../../src/registry/check-process.ts';

const { modelsDir, folder } = workerData as CheckRequest;
try {
  await verifyModel(modelsDir, await readModelFolder(folder));
  parentPort?.postMessage({});
} catch (error) {
  const { code, message, details } = toAppError(error);
  parentPort?.postMessage({ code, message, details: JSON.parse(JSON.stringify(details)) as object });
}
