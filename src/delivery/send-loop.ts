/** Sends what is due for one destination and writes down what became of it. */
import { AppError } from '../errors.ts';
import type { DeliveryRecord } from '../study/types.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Destination, DueObject, ObjectResult, Sender } from './destination.ts';
import { startLoop, type Loop, type Schedule } from '../loop.ts';
import { retryDelayMs, verdictOn, type RetryPolicy } from './retry-policy.ts';

/** Objects taken up at once: keeps associations and requests short, so that progress is soon visible. */
const batchSize = 50;

export function startSendLoop(destination: Destination, send: Sender, policy: RetryPolicy, context: DeliveryContext): Loop & Schedule {
  const { index, archive, now, signal } = context;
  const log = context.log.child({ destination: destination.name });

  async function describe(delivery: DeliveryRecord): Promise<DueObject | undefined> {
    const record = await index.instance(delivery.sopInstanceUID);
    if (record === undefined) return undefined;
    const { studyInstanceUID, sopInstanceUID, sopClassUID, transferSyntaxUID, blobKey } = record;
    return {
      deliveryId: delivery.id, studyInstanceUID, sopInstanceUID, sopClassUID, transferSyntaxUID,
      open: async () => await archive.stream(blobKey) as AsyncIterable<Uint8Array>,
    };
  }

  async function sent(delivery: DeliveryRecord, attempts: number): Promise<void> {
    const { confirm } = destination;
    const confirmAt = confirm === undefined ? undefined : now() + confirm.afterSeconds * 1000;
    await index.updateDelivery(delivery.id, { state: 'sent', attempts, ...(confirmAt === undefined ? {} : { confirmAt: new Date(confirmAt).toISOString() }) });
    if (confirmAt !== undefined) context.confirmationDue(destination.name, confirmAt);
  }

  async function record(delivery: DeliveryRecord, result: ObjectResult): Promise<void> {
    const attempts = delivery.attempts + 1;
    const facts = { deliveryId: delivery.id, studyInstanceUID: delivery.studyInstanceUID, sopInstanceUID: delivery.sopInstanceUID, attempts };
    if (result.kind === 'sent') {
      await sent(delivery, attempts);
      log.info(facts, 'Object delivered');
      context.changed(delivery, 'sent');
      return;
    }
    const refusals = delivery.refusals + (result.kind === 'refused' ? 1 : 0);
    const { code, message } = result.error;
    const change = { attempts, refusals, lastErrorCode: code, lastError: `${code}: ${message}` };
    const cause = { code, reason: message };
    if (result.kind === 'final' || verdictOn({ attempts, refusals }, policy) === 'give-up') {
      await index.updateDelivery(delivery.id, { ...change, state: 'failed' });
      log.error({ ...facts, ...cause }, 'Object not delivered, given up');
      context.changed(delivery, 'failed');
      return;
    }
    const at = now() + retryDelayMs(delivery.attempts, policy);
    const nextAttemptAt = new Date(at).toISOString();
    await index.updateDelivery(delivery.id, { ...change, state: 'waiting', nextAttemptAt });
    loop.at(at);
    log.warn({ ...facts, ...cause, nextAttemptAt }, 'Object not delivered, tried again later');
    context.changed(delivery, 'waiting');
  }

  /** One batch; gives false when nothing was due. */
  async function pass(): Promise<boolean> {
    const due = await index.dueDeliveries(batchSize, destination.name);
    const deliveries = new Map(due.map((delivery) => [delivery.id, delivery]));
    const objects: DueObject[] = [];
    const recorded: Promise<void>[] = [];
    const faults: unknown[] = [];
    /** Waited for only once everything is sent: a fault (a full disk, say) must have its listener long before. */
    function settle(delivery: DeliveryRecord, result: ObjectResult): void {
      recorded.push(record(delivery, result).catch((error: unknown) => { faults.push(error); }));
    }
    for (const delivery of due) {
      const object = await describe(delivery);
      if (object !== undefined) objects.push(object);
      else settle(delivery, { kind: 'final', error: new AppError('ARCHIVE_NOT_FOUND', 'The object is not in the index') });
    }
    if (objects.length > 0) {
      const started = new Set(await index.startDeliveries(objects.map(({ deliveryId }) => deliveryId)));
      await send(objects.filter(({ deliveryId }) => started.has(deliveryId)), (object, result) => {
        // Cut off by our own end: it stays due and counts as no attempt.
        if (result.kind !== 'sent' && signal.aborted) return;
        settle(deliveries.get(object.deliveryId)!, result);
      }, signal);
    }
    await Promise.all(recorded);
    if (faults.length > 0) throw faults[0];
    return due.length > 0;
  }

  const loop = startLoop({ pass: () => index.exclusively(`send to ${destination.name}`, pass), pollMs: context.pollMs, faultMs: policy.firstMs, now, signal, log, failure: 'Deliveries could not be worked on' });
  return loop;
}
