/** Asks one destination whether it keeps what it has taken. */
import { randomUID } from '../dicom/uid.ts';
import { toAppError } from '../errors.ts';
import type { DeliveryRecord } from '../study/types.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Confirmation } from './destination.ts';
import { startLoop, type Loop, type Schedule } from '../loop.ts';
import type { ConfirmationOutcomes } from './confirmation.ts';

/** An object with its class, as a destination is asked about it. */
export interface AskedObject {
  readonly delivery: DeliveryRecord;
  readonly sopClassUID: string;
}

/**
 * Asks the destination. One that answers later (storage commitment) resolves when it has taken the question; the
 * answer comes by itself. Rejects when it could not be asked.
 */
export type Asker = (objects: readonly AskedObject[], transactionUID: string, signal: AbortSignal) => Promise<void>;

const batchSize = 100;
/** What is due so soon is asked about at once. */
const togetherMs = 1000;

export function startConfirmLoop(name: string, confirm: Confirmation, ask: Asker, outcomes: ConfirmationOutcomes, context: DeliveryContext): Loop & Schedule {
  const { index, now, signal } = context;
  const log = context.log.child({ destination: name });

  async function pass(): Promise<boolean> {
    if ((await index.dueConfirmations(1, name)).length === 0) return false;
    // The objects of one result were sent one after the other: one question for all of them.
    const due = await index.dueConfirmations(batchSize, name, new Date(now() + togetherMs).toISOString());
    const objects: AskedObject[] = [];
    for (const delivery of due) {
      const record = await index.instance(delivery.sopInstanceUID);
      if (record !== undefined) objects.push({ delivery: { ...delivery, confirmationAttempts: delivery.confirmationAttempts + 1 }, sopClassUID: record.sopClassUID });
      else await outcomes.missing(delivery, 'The object is not in the index');
    }
    // Asked so often without an answer: the last question is over too.
    for (const { delivery } of objects.filter((object) => object.delivery.confirmationAttempts > confirm.maxAttempts)) {
      await outcomes.unknown({ ...delivery, confirmationAttempts: confirm.maxAttempts }, 'DELIVERY_NOT_CONFIRMED', `${confirm.maxAttempts} questions were not answered`);
    }
    const asked = objects.filter(({ delivery }) => delivery.confirmationAttempts <= confirm.maxAttempts);
    if (asked.length === 0) return due.length > 0;
    const transactionUID = randomUID();
    const nextAt = now() + confirm.timeoutSeconds * 1000;
    // Before the question, so that an answer that overtakes everything finds its deliveries, also after a crash.
    await index.beginConfirmation(asked.map(({ delivery }) => delivery.id), { nextAt: new Date(nextAt).toISOString(), transactionUID });
    loop.at(nextAt);
    try {
      await ask(asked, transactionUID, signal);
    } catch (error) {
      if (signal.aborted) return false;
      const { code, message } = toAppError(error);
      for (const { delivery } of asked) await outcomes.unknown((await index.delivery(delivery.id)) ?? delivery, code, message);
    }
    return due.length === batchSize;
  }

  const loop = startLoop({ pass: () => index.exclusively(`confirm with ${name}`, pass), pollMs: context.pollMs, faultMs: 10_000, now, signal, log, failure: 'Deliveries could not be worked on' });
  return loop;
}
