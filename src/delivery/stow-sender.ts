/** Results to a destination by STOW-RS (PS3.18 10.5). */
import { dicomwebClient, type StoreAnswer } from '../dicomweb/client.ts';
import { AppError, toAppError } from '../errors.ts';
import { isOwnFault, type Destination, type DueObject, type ObjectResult, type Sender } from './destination.ts';

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

/** Aborts when nothing is taken for so long: the wait for an answer begins only once everything was sent. */
function watchdog(stallMs: number): { readonly signal: AbortSignal; watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>; stop(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), stallMs);
  return {
    signal: controller.signal,
    async* watch(bytes) {
      for await (const chunk of bytes) {
        timer.refresh();
        yield chunk;
      }
    },
    stop: () => clearTimeout(timer),
  };
}

/** `timeoutMs` bounds the wait for an answer and each pause while sending. */
export function createStowSender(destination: Extract<Destination, { kind: 'stow' }>, timeoutMs = 60_000): Sender {
  const client = dicomwebClient({
    baseUrl: destination.url, responseTimeoutMs: timeoutMs, ...(destination.headers === undefined ? {} : { headers: destination.headers }),
  });

  async function sendStudy(objects: readonly DueObject[], settle: Parameters<Sender>[1], signal: AbortSignal): Promise<void> {
    const dog = watchdog(timeoutMs);
    const left = new Set(objects);
    function decide(object: DueObject, result: ObjectResult): void {
      left.delete(object);
      settle(object, result);
    }
    /** An object that cannot be read must not break the request that carries the others. */
    async function* bodies(): AsyncGenerator<AsyncIterable<Uint8Array>> {
      try {
        for (const object of objects) {
          let bytes: AsyncIterable<Uint8Array>;
          try {
            bytes = await object.open();
          } catch (error) {
            const known = toAppError(error);
            decide(object, { kind: isOwnFault(known) ? 'refused' : 'failed', error: known });
            continue;
          }
          yield dog.watch(bytes);
        }
      } finally {
        dog.stop();
      }
    }
    try {
      const answer = await client.store(bodies(), { signal: AbortSignal.any([signal, dog.signal]) });
      for (const object of [...left]) decide(object, resultOf(object, answer));
    } catch (error) {
      const stalled = dog.signal.aborted && !signal.aborted;
      const known = stalled ? new AppError('HTTP_UPSTREAM_FAILED', `STOW-RS: the destination took nothing for ${Math.round(timeoutMs / 1000)} s`, { cause: error }) : toAppError(error);
      for (const object of [...left]) decide(object, { kind: 'failed', error: known });
    } finally {
      dog.stop();
    }
  }

  return async (objects, settle, signal) => {
    for (const ofStudy of Map.groupBy(objects, ({ studyInstanceUID }) => studyInstanceUID).values()) await sendStudy(ofStudy, settle, signal);
  };
}
