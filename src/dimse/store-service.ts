/** C-STORE as SCP (PS3.4 Annex B, PS3.7 9.1.1): answered only when the instance is durable, or refused with a reason. */
import { fileMeta } from '../dicom/encode.ts';
import { isUID } from '../dicom/uid.ts';
import { toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { StudyService } from '../study/port.ts';
import type { Association, Message } from './association.ts';
import { commandField } from './command-set.ts';
import { status, storeFailure } from './status.ts';

export interface StoreContext {
  readonly study: Pick<StudyService, 'receive'>;
  readonly callingAETitle: string;
  readonly remoteAddress: string;
  readonly log: Log;
}

/** Takes one instance and answers it. Gives the status that was sent, or undefined when the association ended first. */
export async function handleStore(association: Association, message: Message, context: StoreContext): Promise<number | undefined> {
  const { command } = message;
  const sopClassUID = command.affectedSOPClassUID ?? '';
  const sopInstanceUID = command.affectedSOPInstanceUID ?? '';
  const startedAt = performance.now();
  const outcome = await store(message, sopClassUID, sopInstanceUID, context);
  if (association.ended) {
    context.log.warn({ sopInstanceUID: isUID(sopInstanceUID) ? sopInstanceUID : undefined }, 'Association ended inside an instance, nothing of it kept');
    return undefined;
  }
  await association.send(message.context.id, {
    commandField: commandField.cStoreResponse,
    affectedSOPClassUID: sopClassUID,
    messageIDBeingRespondedTo: command.messageID ?? 0,
    hasDataset: false,
    status: outcome.status,
    ...(outcome.comment === undefined ? {} : { errorComment: outcome.comment }),
    affectedSOPInstanceUID: sopInstanceUID,
  });
  context.log.debug({ sopInstanceUID: isUID(sopInstanceUID) ? sopInstanceUID : undefined, status: outcome.status, durationMs: Math.round(performance.now() - startedAt) }, 'C-STORE answered');
  return outcome.status;
}

async function store(
  message: Message, sopClassUID: string, sopInstanceUID: string, context: StoreContext,
): Promise<{ readonly status: number; readonly comment?: string }> {
  if (!message.command.hasDataset) return { status: status.cannotUnderstand, comment: 'C-STORE without a data set' };
  if (!isUID(sopInstanceUID)) return { status: status.invalidSOPInstance, comment: 'Affected SOP Instance UID is not a UID' };
  if (sopClassUID !== message.context.abstractSyntaxUID) {
    return { status: status.dataSetDoesNotMatchSOPClass, comment: 'SOP Class differs from the presentation context' };
  }
  // The calling AE title is left out: the same instance sent by two systems must give the same bytes, or the second
  // one would look like a conflict.
  const meta = fileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID: message.context.transferSyntaxUID });
  try {
    await context.study.receive(
      part10Stream(meta, message.dataset),
      { transport: 'dimse', callingAETitle: context.callingAETitle, remoteAddress: context.remoteAddress },
      { sopClassUID, sopInstanceUID },
    );
    // A conflict (same UID, other bytes) is stored and flagged, so for the sender it is a success.
    return { status: status.success };
  } catch (error) {
    const failure = storeFailure(error);
    const log = failure.status === status.processingFailure ? context.log.error.bind(context.log) : context.log.warn.bind(context.log);
    const known = toAppError(error);
    log({ code: known.code, sopInstanceUID, status: failure.status, reason: known.message, stack: known.code === 'INTERNAL' ? known.stack : undefined }, 'Instance refused');
    return failure;
  }
}

async function* part10Stream(meta: Uint8Array, dataset: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield meta;
  yield* dataset;
}
