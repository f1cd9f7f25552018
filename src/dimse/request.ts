/** One request and its answer on an association of our own. */
import { AppError } from '../errors.ts';
import type { Association } from './association.ts';
import type { CommandSet } from './command-set.ts';

/**
 * Sends the command (and data set) and waits for the response with its message ID, `responseMs` from when the peer may
 * be supposed to have everything: a slow one still reads when the last byte has left here.
 * Errors: DIMSE_PEER_ABORTED, DIMSE_TIMEOUT, DIMSE_PROTOCOL_ERROR, and whatever `dataset` throws.
 */
export async function request(
  association: Association,
  contextId: number,
  command: CommandSet & { readonly messageID: number },
  responseMs: number,
  dataset?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<CommandSet> {
  try {
    await association.send(contextId, command, dataset);
  } catch (error) {
    throw await whyTheConnectionFailed(association, error);
  }
  for (;;) {
    const incoming = await association.receive(responseMs + association.writer.takingMs());
    if (incoming.kind !== 'message') throw endedBefore(incoming);
    if (incoming.command.messageIDBeingRespondedTo === command.messageID) return incoming.command;
  }
}

function endedBefore(ending: { readonly kind: string; readonly source?: number; readonly reason?: number }): AppError {
  const how = ending.kind === 'abort' ? `aborted (source ${ending.source ?? '?'}, reason ${ending.reason ?? '?'})`
    : ending.kind === 'closed' ? 'closed the connection' : 'released the association';
  return new AppError('DIMSE_PEER_ABORTED', `The peer ${how} instead of answering`);
}

/** A peer that aborts while it is being written to breaks the write; its A-ABORT may be waiting to be read. */
async function whyTheConnectionFailed(association: Association, error: unknown): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'DIMSE_PEER_ABORTED') return error;
  try {
    const incoming = await association.receive(1);
    return incoming.kind === 'message' ? error : endedBefore(incoming);
  } catch (second) {
    return second instanceof AppError ? error : second;
  }
}
