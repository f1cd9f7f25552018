/**
 * Brings every result object to every destination (`DeliveryRecord` in the index is the durable state):
 *
 *   waiting ──send──► sent ──asked whether it is kept──► confirmed
 *    ▲   └─fails─► waiting, next attempt after a growing delay
 *    │   └─refused too often, or failed very often─► failed, until a person sends it again
 *    └──── the destination does not keep what it took ──── sent
 *
 * Each destination has loops of its own: a slow or dead one delays no other, and no worker waits for any.
 */
import type { CommitmentReport } from '../dimse/commitment-dataset.ts';
import type { RequestorTimers } from '../dimse/requestor.ts';
import { loadClientTls } from '../dimse/tls.ts';
import { toAppError } from '../errors.ts';
import type { DeliveryFilter } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { DeliveryRecord } from '../study/types.ts';
import { createCommitmentAsker, createQueryAsker } from './askers.ts';
import { startConfirmLoop } from './confirm-loop.ts';
import { createConfirmationOutcomes, takeCommitmentReport } from './confirmation.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Destination, Sender } from './destination.ts';
import { createDimseSender } from './dimse-sender.ts';
import type { Loop, Schedule } from '../loop.ts';
import { defaultRetryPolicy, retryPolicyOf, type RetryPolicy } from './retry-policy.ts';
import { startSendLoop } from './send-loop.ts';
import { createStowSender } from './stow-sender.ts';

export interface DeliveryOptions {
  readonly destinations: readonly Destination[];
  readonly index: DeliveryContext['index'];
  readonly archive: DeliveryContext['archive'];
  /** Calling AE title toward DIMSE destinations that do not set one. */
  readonly aeTitle: string;
  readonly log: Log;
  /** Milliseconds since the epoch; the system's clock when left out. */
  readonly clock?: () => number;
  /** For destinations that say nothing else; see `defaultRetryPolicy`. */
  readonly retry?: Partial<RetryPolicy>;
  /** Told after the state of a delivery changed. */
  readonly onChanged?: (delivery: { readonly id: string; readonly studyInstanceUID: string; readonly state: DeliveryRecord['state'] }) => void;
  /** How often the index is looked at without being woken: for retries set before a restart. Default 10 s. */
  readonly pollMs?: number;
  readonly dimseTimers?: Partial<RequestorTimers>;
  readonly stowTimeoutMs?: number;
  /** As of `slow-peer.ts`. */
  readonly slowestBytesPerSecond?: number;
}

export interface Delivery {
  /** Look for due deliveries now: some were added. */
  wake(): void;
  /** Sends deliveries again, as if they had never been tried; gives how many. */
  resend(filter: DeliveryFilter): Promise<number>;
  /** Takes in what a destination reports of a storage commitment; false when the transaction is not ours. */
  reported(report: CommitmentReport): Promise<boolean>;
  /** AE titles that may report. */
  readonly reporters: readonly string[];
  /** Stops sending; what was not answered stays due. */
  close(): Promise<void>;
}

/** Starts the loops; deliveries that were due before a restart are taken up at once. Errors: CONFIG_INVALID (TLS files). */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { destinations, log } = options;
  for (const destination of destinations) {
    if (destination.tls !== undefined) loadClientTls(destination.tls, destination.kind === 'dimse' ? destination.host : new URL(destination.url).hostname);
  }
  const stopping = new AbortController();
  const base = { ...defaultRetryPolicy, ...options.retry };
  const policies = new Map(destinations.map(({ name, retry }) => [name, retryPolicyOf(retry, base)]));
  const confirmations = new Map(destinations.flatMap(({ name, confirm }) => (confirm === undefined ? [] : [[name, confirm] as const])));
  const sending = new Map<string, Loop & Schedule>();
  const confirming = new Map<string, Loop & Schedule>();
  const waitingReports = new Map<string, AbortController>();
  const stowTimeoutMs = options.stowTimeoutMs ?? 60_000;
  const context: DeliveryContext = {
    index: options.index, archive: options.archive, now: options.clock ?? Date.now, pollMs: options.pollMs ?? 10_000, signal: stopping.signal, log,
    changed: ({ id, studyInstanceUID }, state) => options.onChanged?.({ id, studyInstanceUID, state }),
    confirmationDue: (destination, time) => confirming.get(destination)?.at(time),
    sendingDue: (destination, time) => sending.get(destination)?.at(time),
  };
  const outcomes = createConfirmationOutcomes((name) => policies.get(name) ?? base, (name) => confirmations.get(name), context);

  async function reported(report: CommitmentReport): Promise<boolean> {
    const known = await takeCommitmentReport(report, outcomes, context);
    if (known) waitingReports.get(report.transactionUID)?.abort();
    return known;
  }

  function reportSignal(transactionUID: string): AbortSignal {
    const controller = new AbortController();
    waitingReports.set(transactionUID, controller);
    return controller.signal;
  }

  function startConfirming(destination: Destination): void {
    const confirm = confirmations.get(destination.name);
    if (confirm === undefined) return;
    const ask = destination.kind === 'stow' ? createQueryAsker(destination, stowTimeoutMs, outcomes) : createCommitmentAsker(destination, {
      ownAETitle: options.aeTitle, take: reported, reported: reportSignal, log, ...(options.dimseTimers === undefined ? {} : { timers: options.dimseTimers }),
    });
    confirming.set(destination.name, startConfirmLoop(destination.name, confirm, async (objects, transactionUID, signal) => {
      try {
        await ask(objects, transactionUID, signal);
      } finally {
        waitingReports.delete(transactionUID);
      }
    }, outcomes, context));
  }

  function senderOf(destination: Destination): Sender {
    const { slowestBytesPerSecond } = options;
    return destination.kind === 'dimse'
      ? createDimseSender(destination, options.aeTitle, { ...options.dimseTimers, ...(slowestBytesPerSecond === undefined ? {} : { slowestBytesPerSecond }) })
      : createStowSender(destination, stowTimeoutMs, slowestBytesPerSecond);
  }

  for (const destination of destinations) {
    if (destination.enabled === false) continue;
    sending.set(destination.name, startSendLoop(destination, senderOf(destination), policies.get(destination.name)!, context));
    startConfirming(destination);
  }
  const loops = (): readonly Loop[] => [...sending.values(), ...confirming.values()];
  const held = holdWhatCannotBeSent(destinations, context);

  return {
    wake() {
      for (const loop of loops()) loop.wake();
    },
    async resend(filter) {
      const count = await options.index.resendDeliveries(filter);
      // A destination that is gone since says so at once.
      if (count > 0) await holdWhatCannotBeSent(destinations, context);
      for (const loop of loops()) loop.wake();
      return count;
    },
    reported,
    reporters: destinations.flatMap((destination) => (destination.kind === 'dimse' && destination.confirm !== undefined ? [destination.aeTitle] : [])),
    async close() {
      stopping.abort();
      for (const loop of loops()) loop.wake();
      await Promise.all([held, ...loops().map(({ done }) => done)]);
    },
  };
}

/** Deliveries to a destination that is switched off or no longer configured wait for it to come back, and say so. */
async function holdWhatCannotBeSent(destinations: readonly Destination[], { index, log }: DeliveryContext): Promise<void> {
  try {
    const known = new Map(destinations.map((destination) => [destination.name, destination]));
    for (const { destination, counts: { waiting } } of await index.deliverySummaries()) {
      const configured = known.get(destination);
      if (waiting === 0 || (configured !== undefined && configured.enabled !== false)) continue;
      const code = configured === undefined ? 'DELIVERY_DESTINATION_UNKNOWN' : 'DELIVERY_DESTINATION_DISABLED';
      await index.holdDeliveries(destination, { code, message: configured === undefined ? 'The destination is not in the settings' : 'The destination is switched off' });
      log.warn({ destination, waiting, code }, 'Deliveries wait for a destination that nothing is sent to');
    }
  } catch (error) {
    log.error({ code: toAppError(error).code, reason: toAppError(error).message }, 'Waiting deliveries could not be looked at');
  }
}
