/** How destinations are asked whether they keep an object: storage commitment, or QIDO-RS. */
import type { TakeReport } from '../dimse/commitment-report.ts';
import { requestCommitment } from '../dimse/request-commitment.ts';
import type { RequestorTimers } from '../dimse/requestor.ts';
import { loadClientTls } from '../dimse/tls.ts';
import { toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Asker } from './confirm-loop.ts';
import type { ConfirmationOutcomes } from './confirmation.ts';
import type { DimseDestination, StowDestination } from './destination.ts';
import { stowClients } from './stow-sender.ts';

/** Most providers report within moments, on the same association or on a new one. */
const longestWaitMs = 10_000;

export interface CommitmentAskerOptions {
  readonly ownAETitle: string;
  readonly take: TakeReport;
  /** Aborted when the report of the transaction has been taken in, wherever it came. */
  readonly reported: (transactionUID: string) => AbortSignal;
  readonly timers?: Partial<RequestorTimers>;
  readonly log: Log;
}

export function createCommitmentAsker(destination: DimseDestination, options: CommitmentAskerOptions): Asker {
  return async (objects, transactionUID, signal) => {
    await requestCommitment({
      host: destination.host, port: destination.port, calledAETitle: destination.aeTitle,
      callingAETitle: destination.callingAETitle ?? options.ownAETitle,
      ...(destination.tls === undefined ? {} : { tls: loadClientTls(destination.tls, destination.host) }),
    }, {
      transactionUID, references: objects.map(({ delivery, sopClassUID }) => ({ sopClassUID, sopInstanceUID: delivery.sopInstanceUID })),
    }, {
      take: options.take, reported: options.reported(transactionUID), signal,
      waitMs: Math.min(longestWaitMs, (destination.confirm?.timeoutSeconds ?? 0) * 1000),
      log: options.log,
      ...(options.timers === undefined ? {} : { timers: options.timers }),
    });
  };
}

/** An archive may index what it has taken a little later: only after so many questions an object counts as missing. */
const patience = 3;

export function createQueryAsker(destination: StowDestination, timeoutMs: number, outcomes: ConfirmationOutcomes): Asker {
  const clientOf = stowClients(destination, timeoutMs);
  return async (objects, _transactionUID, signal) => {
    const client = clientOf();
    for (const { delivery } of objects) {
      const { studyInstanceUID, sopInstanceUID } = delivery;
      try {
        const found = await client.search('instances', { SOPInstanceUID: sopInstanceUID, limit: 2 }, { studyInstanceUID }, signal);
        // Some servers pass over a key that they do not match on: the answer itself must name the object.
        if (found.some((dataset) => dataset['00080018']?.Value?.[0] === sopInstanceUID)) await outcomes.kept(delivery);
        else if (delivery.confirmationAttempts >= patience) await outcomes.missing(delivery, `QIDO-RS does not find it, asked ${patience} times`);
        else await outcomes.unknown(delivery, 'DELIVERY_NOT_CONFIRMED', 'QIDO-RS does not find it yet');
      } catch (error) {
        if (signal.aborted) throw error;
        const { code, message } = toAppError(error);
        await outcomes.unknown(delivery, code, message);
      }
    }
  };
}
