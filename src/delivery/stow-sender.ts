/** Results to a destination by STOW-RS (PS3.18 10.5). */
import { dicomwebClient, type StoreAnswer } from '../dicomweb/client.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Destination, DueObject, ObjectResult, Sender } from './destination.ts';

const duplicateSOPInstance = 0x0111;
const sent: ObjectResult = { kind: 'sent' };

function refusal(reason: number | undefined): ObjectResult {
  if (reason === duplicateSOPInstance) return sent;
  const words = reason === undefined ? 'without a reason' : `with reason ${reason.toString(16).toUpperCase().padStart(4, '0')}`;
  const error = new AppError('HTTP_UPSTREAM_FAILED', `The destination refused the object ${words}`, { details: { reason } });
  const passing = reason === undefined || (reason & 0xff00) === 0xa700 || reason === 0x0110;
  return { kind: passing ? 'failed' : 'refused', error };
}

/** The fate of one object (PS3.18 Annex I): named as stored or failed, or not named at all. */
function resultOf(object: DueObject, answer: StoreAnswer): ObjectResult {
  const failed = answer.failed.find(({ sopInstanceUID }) => sopInstanceUID === object.sopInstanceUID);
  if (failed !== undefined) return refusal(failed.failureReason);
  if (answer.stored.some(({ sopInstanceUID }) => sopInstanceUID === object.sopInstanceUID)) return sent;
  // Archives that answer without a list mean all of it by 200 and nothing certain by anything else.
  return answer.status === 200 && answer.failed.length === 0 && answer.otherFailures === 0 ? sent : refusal(undefined);
}

export function createStowSender(destination: Extract<Destination, { kind: 'stow' }>, responseTimeoutMs = 60_000): Sender {
  const client = dicomwebClient({
    baseUrl: destination.url, responseTimeoutMs, ...(destination.headers === undefined ? {} : { headers: destination.headers }),
  });

  async function sendStudy(objects: readonly DueObject[], settle: Parameters<Sender>[1], signal: AbortSignal): Promise<void> {
    try {
      const answer = await client.store(bodies(objects), { signal });
      for (const object of objects) settle(object, resultOf(object, answer));
    } catch (error) {
      for (const object of objects) settle(object, { kind: 'failed', error: toAppError(error) });
    }
  }

  return async (objects, settle, signal) => {
    for (const ofStudy of Map.groupBy(objects, ({ studyInstanceUID }) => studyInstanceUID).values()) {
      const readable = await openable(ofStudy, settle);
      if (readable.length > 0) await sendStudy(readable, settle, signal);
    }
  };
}

/** An object that cannot be read must not break the request that carries the others. */
async function openable(objects: readonly DueObject[], settle: Parameters<Sender>[1]): Promise<readonly DueObject[]> {
  const good: DueObject[] = [];
  for (const object of objects) {
    try {
      const bytes = await object.open();
      good.push({ ...object, open: async () => bytes });
    } catch (error) {
      settle(object, { kind: 'refused', error: toAppError(error) });
    }
  }
  return good;
}

async function* bodies(objects: readonly DueObject[]): AsyncGenerator<AsyncIterable<Uint8Array>> {
  for (const object of objects) yield await object.open();
}
