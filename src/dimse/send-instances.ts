/** C-STORE as SCU (PS3.4 Annex B): sends instances and says of each one what became of it. */
import { AppError, toAppError } from '../errors.ts';
import type { AcceptedContext } from './association.ts';
import { commandField } from './command-set.ts';
import { convertDataset } from './convert-dataset.ts';
import { openDataset } from './outgoing-dataset.ts';
import { contextFor, planBatches, type Batch, type Sendable } from './presentation-plan.ts';
import { request } from './request.ts';
import { defaultRequestorTimers, openAssociation, type DimseAddress, type RequestedAssociation, type RequestorTimers } from './requestor.ts';
import { describeStatus, isStored } from './status.ts';

export interface OutgoingInstance extends Sendable {
  readonly sopInstanceUID: string;
  /** Part 10 bytes: preamble, meta information, data set. Opened when its turn comes. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export interface SendOutcome {
  readonly instance: OutgoingInstance;
  /** sent: the peer answered success, a warning, or that it has the instance already. */
  readonly state: 'sent' | 'failed';
  /** Status of the C-STORE response, when there was one. */
  readonly status?: number;
  /** DIMSE_PEER_REFUSED_INSTANCE, another DIMSE code, or the code of reading or converting the instance. */
  readonly error?: AppError;
}

export interface SendOptions extends DimseAddress {
  readonly instances: AsyncIterable<OutgoingInstance> | Iterable<OutgoingInstance>;
  /** Called once per instance, in the order in which they are decided. */
  readonly onStatus?: (outcome: SendOutcome, progress: { readonly done: number; readonly total: number }) => void;
  /** Transfer syntax that the peer prefers, explicit or implicit VR little endian; it gets another one if it does not take that. */
  readonly prefer?: string;
  readonly timers?: Partial<RequestorTimers>;
  /** Aborts the association; what was not answered by then fails with CANCELLED. */
  readonly signal?: AbortSignal;
}

/** After so many associations in a row in which nothing was answered the peer is given up. */
const maxFruitless = 2;

/**
 * Sends everything and resolves with one outcome per instance; failures of the peer are outcomes, not exceptions.
 * An instance that the peer takes only uncompressed is decoded. More than 128 presentation contexts go over several
 * associations.
 */
export async function sendInstances(options: SendOptions): Promise<readonly SendOutcome[]> {
  const instances: OutgoingInstance[] = [];
  for await (const instance of options.instances) instances.push(instance);
  const outcomes: SendOutcome[] = [];
  const settle = (outcome: SendOutcome): void => {
    outcomes.push(outcome);
    options.onStatus?.(outcome, { done: outcomes.length, total: instances.length });
  };
  let givenUp: AppError | undefined;
  for (const batch of planBatches(instances, options.prefer)) {
    givenUp = await sendBatch(batch, options, settle, givenUp);
  }
  return outcomes;
}

/** Gives the error with which the peer was given up, for the batches that follow. */
async function sendBatch(
  batch: Batch<OutgoingInstance>, options: SendOptions, settle: (outcome: SendOutcome) => void, earlier: AppError | undefined,
): Promise<AppError | undefined> {
  const waiting = [...batch.instances];
  let fruitless = 0;
  let givenUp = earlier;
  while (waiting.length > 0) {
    if (options.signal?.aborted === true) givenUp = new AppError('CANCELLED', 'Sending was cancelled');
    if (givenUp !== undefined) {
      for (const instance of waiting.splice(0)) settle({ instance, state: 'failed', error: givenUp });
      break;
    }
    const before = waiting.length;
    const result = await sendOverOneAssociation(batch, waiting, options, settle);
    fruitless = result.answered > 0 ? 0 : fruitless + 1;
    if (result.error !== undefined && (waiting.length === before || fruitless >= maxFruitless)) givenUp = result.error;
  }
  return givenUp;
}

/** Takes instances off `waiting` as they are decided; stops at the first failure of the association itself. */
async function sendOverOneAssociation(
  batch: Batch<OutgoingInstance>, waiting: OutgoingInstance[], options: SendOptions, settle: (outcome: SendOutcome) => void,
): Promise<{ readonly answered: number; readonly error?: AppError }> {
  let answered = 0;
  let association: RequestedAssociation;
  try {
    association = await openAssociation(options, batch.contexts, { timers: options.timers ?? {}, ...(options.signal === undefined ? {} : { signal: options.signal }) });
  } catch (error) {
    return { answered, error: toAppError(error) };
  }
  for (let messageID = 1; waiting.length > 0 && options.signal?.aborted !== true; messageID = messageID % 0xffff + 1) {
    const instance = waiting.shift()!;
    const sent = await sendOne(association, instance, messageID, options);
    settle(sent.outcome);
    if (sent.broken) {
      association.abort();
      return { answered, error: sent.outcome.error! };
    }
    answered += 1;
  }
  await association.release();
  return { answered };
}

/** `broken`: the association cannot be used any more. */
async function sendOne(
  association: RequestedAssociation, instance: OutgoingInstance, messageID: number, options: SendOptions,
): Promise<{ readonly outcome: SendOutcome; readonly broken: boolean }> {
  const failed = (error: AppError, status?: number): SendOutcome => ({ instance, state: 'failed', error, ...(status === undefined ? {} : { status }) });
  const context = contextFor(association.contexts, instance, options.prefer);
  if (context === undefined) {
    return { broken: false, outcome: failed(new AppError('DIMSE_PEER_REFUSED_INSTANCE', `The peer accepts no presentation context for SOP class ${instance.sopClassUID}`)) };
  }
  let dataset: AsyncIterable<Uint8Array> | readonly Uint8Array[];
  try {
    dataset = await datasetFor(instance, context);
  } catch (error) {
    return { broken: false, outcome: failed(toAppError(error)) };
  }
  try {
    const response = await request(association, context.id, {
      commandField: commandField.cStoreRequest,
      affectedSOPClassUID: instance.sopClassUID,
      affectedSOPInstanceUID: instance.sopInstanceUID,
      messageID, priority: 0, hasDataset: true,
    }, options.timers?.responseMs ?? defaultRequestorTimers.responseMs, dataset);
    const status = response.status ?? -1;
    if (isStored(status)) return { broken: false, outcome: { instance, state: 'sent', status } };
    return { broken: false, outcome: failed(new AppError('DIMSE_PEER_REFUSED_INSTANCE', `The peer refused the instance: ${describeStatus(status)}`, { details: { status } }), status) };
  } catch (error) {
    const cancelled = options.signal?.aborted === true;
    return { broken: true, outcome: failed(cancelled ? new AppError('CANCELLED', 'Sending was cancelled', { cause: error }) : toAppError(error)) };
  }
}

async function datasetFor(instance: OutgoingInstance, context: AcceptedContext): Promise<AsyncIterable<Uint8Array> | readonly Uint8Array[]> {
  const part10 = await instance.open();
  if (context.transferSyntaxUID === instance.transferSyntaxUID) return openDataset(part10);
  return [await convertDataset(part10, context.transferSyntaxUID)];
}
