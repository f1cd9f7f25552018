/** Results to a destination by STOW-RS (PS3.18 10.5). */
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { dicomwebClient, type DicomwebClient, type StoreAnswer } from '../dicomweb/client.ts';
import { sendingWatch } from '../dicomweb/stall-watch.ts';
import { convertPart10 } from '../dimse/convert-dataset.ts';
import { loadClientTls } from '../dimse/tls.ts';
import { AppError, toAppError } from '../errors.ts';
import { slowestBytesPerSecond } from '../slow-peer.ts';
import { isOwnFault, type DueObject, type ObjectResult, type Sender, type StowDestination } from './destination.ts';

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

/** A client for each use: with TLS a new one, so that a renewed certificate is read. Errors: CONFIG_INVALID. */
export function stowClients({ url, headers, tls }: StowDestination, timeoutMs: number, slowest = slowestBytesPerSecond): () => DicomwebClient {
  const options = { baseUrl: url, responseTimeoutMs: timeoutMs, slowestBytesPerSecond: slowest, ...(headers === undefined ? {} : { headers }) };
  if (tls !== undefined) return () => dicomwebClient({ ...options, tls: loadClientTls(tls, new URL(url).hostname) });
  const client = dicomwebClient(options);
  return () => client;
}

/** `timeoutMs` bounds the wait for an answer and each pause while sending, from when a receiver of `slowest` bytes a second has what it was sent. */
export function createStowSender(destination: StowDestination, timeoutMs = 60_000, slowest = slowestBytesPerSecond): Sender {
  const clientOf = stowClients(destination, timeoutMs, slowest);
  const preferred = destination.transferSyntax === 'implicit-little-endian' ? implicitVRLittleEndian
    : destination.transferSyntax === 'explicit-little-endian' ? explicitVRLittleEndian : undefined;
  const bytesOf = async (object: DueObject): Promise<AsyncIterable<Uint8Array>> =>
    (preferred === undefined || preferred === object.transferSyntaxUID ? object.open() : convertPart10(await object.open(), object, preferred));

  async function sendStudy(client: DicomwebClient, objects: readonly DueObject[], settle: Parameters<Sender>[1], signal: AbortSignal): Promise<void> {
    // The client's own wait for an answer begins only once everything was sent.
    const dog = sendingWatch(timeoutMs, slowest);
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
            bytes = await bytesOf(object);
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
    let client: DicomwebClient;
    try {
      client = clientOf();
    } catch (error) {
      for (const object of objects) settle(object, { kind: 'failed', error: toAppError(error) });
      return;
    }
    for (const ofStudy of Map.groupBy(objects, ({ studyInstanceUID }) => studyInstanceUID).values()) await sendStudy(client, ofStudy, settle, signal);
  };
}
