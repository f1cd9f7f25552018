/**
 * Brings every result object to every destination (`DeliveryRecord` in the index is the durable state):
 *
 *   due ──send──► sent
 *    ▲   └─fails─► waiting, next attempt after a growing delay ──┐     (again for as long as it takes)
 *    └───────────────────────────────────────────────────────────┘
 *        └─refused `maxRefusals` times, or unreadable here ─► failed, until a person sends it again
 *
 * Each destination has its own loop: a slow or dead one delays no other.
 */
import type { InstanceArchive } from '../archive/port.ts';
import type { RequestorTimers } from '../dimse/requestor.ts';
import { AppError, toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { DeliveryRecord } from '../study/types.ts';
import type { Destination, DueObject, ObjectResult, Sender } from './destination.ts';
import { createDimseSender } from './dimse-sender.ts';
import { createStowSender } from './stow-sender.ts';

export interface DeliveryOptions {
  readonly destinations: readonly Destination[];
  readonly index: Pick<StudyIndex, 'dueDeliveries' | 'updateDelivery' | 'delivery' | 'instance'>;
  readonly archive: Pick<InstanceArchive, 'stream'>;
  /** Calling AE title toward DIMSE destinations that do not set one. */
  readonly aeTitle: string;
  readonly log: Log;
  /** Milliseconds since the epoch; the system's clock when left out. */
  readonly clock?: () => number;
  /** Wait before the second attempt, doubled for each further one up to `maxRetryMs`. Default 10 s and 1 h. */
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  /** A considered refusal is final after so many. Default 5. */
  readonly maxRefusals?: number;
  /** Told after the state of a delivery changed. */
  readonly onChanged?: (delivery: { readonly id: string; readonly studyInstanceUID: string; readonly state: DeliveryRecord['state'] }) => void;
  /** How often the index is looked at without being woken: for retries set before a restart. Default 10 s. */
  readonly pollMs?: number;
  readonly dimseTimers?: Partial<RequestorTimers>;
  readonly stowTimeoutMs?: number;
}

export interface Delivery {
  /** Look for due deliveries now: some were added. */
  wake(): void;
  /** Sends a delivery again, whatever its state. False when there is none with this id. */
  resend(id: string): Promise<boolean>;
  /** Stops sending; what was not answered stays due. */
  close(): Promise<void>;
}

/** Objects taken up at once: keeps associations and requests short, so that progress is soon visible. */
const batchSize = 50;

function senderOf(destination: Destination, options: DeliveryOptions): Sender {
  return destination.kind === 'dimse'
    ? createDimseSender(destination, options.aeTitle, options.dimseTimers)
    : createStowSender(destination, options.stowTimeoutMs);
}

/** Starts the loops; deliveries that were due before a restart are taken up at once. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const stopping = new AbortController();
  void warnOfStrangers(options);
  const loops = options.destinations.map((destination) => startLoop(destination, senderOf(destination, options), options, stopping.signal));
  return {
    wake() {
      for (const loop of loops) loop.wake();
    },
    async resend(id) {
      if (await options.index.delivery(id) === undefined) return false;
      await options.index.updateDelivery(id, { state: 'waiting', attempts: 0, nextAttemptAt: new Date((options.clock ?? Date.now)()).toISOString() });
      for (const loop of loops) loop.wake();
      return true;
    },
    async close() {
      stopping.abort();
      for (const loop of loops) loop.wake();
      await Promise.all(loops.map(({ done }) => done));
    },
  };
}

/** Deliveries to a destination that is no longer configured wait for it to come back; somebody should know. */
async function warnOfStrangers({ destinations, index, log }: DeliveryOptions): Promise<void> {
  try {
    const known = new Set(destinations.map(({ name }) => name));
    const strangers = new Set((await index.dueDeliveries(10_000)).map(({ destination }) => destination).filter((name) => !known.has(name)));
    for (const destination of strangers) log.warn({ destination }, 'Deliveries wait for a destination that is not configured');
  } catch (error) {
    log.error({ code: toAppError(error).code, reason: toAppError(error).message }, 'Waiting deliveries could not be looked at');
  }
}

function startLoop(destination: Destination, send: Sender, options: DeliveryOptions, signal: AbortSignal): { wake(): void; readonly done: Promise<void> } {
  const { index, archive } = options;
  const log = options.log.child({ destination: destination.name });
  const now = options.clock ?? Date.now;
  const firstRetryMs = options.firstRetryMs ?? 10_000;
  const maxRetryMs = options.maxRetryMs ?? 3_600_000;
  const maxRefusals = options.maxRefusals ?? 5;
  let woken = false;
  let wakeUp: (() => void) | undefined;
  /** Earliest next attempt that this loop itself has set, in clock time. */
  let nextDue = Number.POSITIVE_INFINITY;

  async function describe(delivery: DeliveryRecord): Promise<DueObject | undefined> {
    const record = await index.instance(delivery.sopInstanceUID);
    if (record === undefined) return undefined;
    const { studyInstanceUID, sopInstanceUID, sopClassUID, transferSyntaxUID, blobKey } = record;
    return {
      deliveryId: delivery.id, studyInstanceUID, sopInstanceUID, sopClassUID, transferSyntaxUID,
      open: async () => await archive.stream(blobKey) as AsyncIterable<Uint8Array>,
    };
  }

  async function record(delivery: DeliveryRecord, result: ObjectResult): Promise<void> {
    const attempts = delivery.attempts + 1;
    const facts = { deliveryId: delivery.id, studyInstanceUID: delivery.studyInstanceUID, sopInstanceUID: delivery.sopInstanceUID, attempts };
    const changed = (state: DeliveryRecord['state']): void => options.onChanged?.({ id: delivery.id, studyInstanceUID: delivery.studyInstanceUID, state });
    if (result.kind === 'sent') {
      await index.updateDelivery(delivery.id, { state: 'sent', attempts });
      log.info(facts, 'Object delivered');
      changed('sent');
      return;
    }
    const lastError = `${result.error.code}: ${result.error.message}`;
    const cause = { code: result.error.code, reason: result.error.message };
    if (result.kind === 'refused' && attempts >= maxRefusals) {
      await index.updateDelivery(delivery.id, { state: 'failed', attempts, lastError });
      log.error({ ...facts, ...cause }, 'Object not delivered, given up');
      changed('failed');
      return;
    }
    const at = now() + Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(delivery.attempts, 30));
    nextDue = Math.min(nextDue, at);
    const nextAttemptAt = new Date(at).toISOString();
    await index.updateDelivery(delivery.id, { state: 'waiting', attempts, lastError, nextAttemptAt });
    log.warn({ ...facts, ...cause, nextAttemptAt }, 'Object not delivered, tried again later');
    changed('waiting');
  }

  /** One batch; gives false when nothing was due. */
  async function pass(): Promise<boolean> {
    const due = await index.dueDeliveries(batchSize, destination.name);
    const deliveries = new Map(due.map((delivery) => [delivery.id, delivery]));
    const objects: DueObject[] = [];
    const recorded: Promise<void>[] = [];
    for (const delivery of due) {
      const object = await describe(delivery);
      if (object !== undefined) objects.push(object);
      else recorded.push(record({ ...delivery, attempts: Math.max(delivery.attempts, maxRefusals) }, { kind: 'refused', error: new AppError('ARCHIVE_NOT_FOUND', 'The object is not in the index') }));
    }
    if (objects.length > 0) {
      await send(objects, (object, result) => {
        // Cut off by our own end: it stays due and counts as no attempt.
        if (result.kind !== 'sent' && signal.aborted) return;
        recorded.push(record(deliveries.get(object.deliveryId)!, result));
      }, signal);
    }
    await Promise.all(recorded);
    return due.length > 0;
  }

  function sleep(ms: number): Promise<void> {
    if (woken || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      woken = false;
      if (nextDue <= now()) nextDue = Number.POSITIVE_INFINITY;
      let waitMs = options.pollMs ?? 10_000;
      try {
        if (await pass()) continue;
      } catch (error) {
        // The index cannot be read or written: trying again at once would only make noise.
        waitMs = firstRetryMs;
        log.error({ code: toAppError(error).code, reason: toAppError(error).message }, 'Deliveries could not be worked on');
      }
      await sleep(Math.min(waitMs, Math.max(1, nextDue - now())));
    }
  }

  return {
    done: run(),
    wake() {
      woken = true;
      wakeUp?.();
    },
  };
}
