/** What a destination said when it was asked whether it keeps an object, written down. */
import { describeStatus } from '../dimse/status.ts';
import type { CommitmentReport } from '../dimse/commitment-dataset.ts';
import type { DeliveryRecord } from '../study/types.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Confirmation } from './destination.ts';
import { retryDelayMs, verdictOn, type RetryPolicy } from './retry-policy.ts';

export interface ConfirmationOutcomes {
  /** The destination keeps the object. */
  kept(delivery: DeliveryRecord): Promise<void>;
  /** It does not have it: sent again, or given up after so many refusals. */
  missing(delivery: DeliveryRecord, why: string): Promise<void>;
  /** It could not be asked, or could not say: asked again later. */
  unknown(delivery: DeliveryRecord, code: string, why: string): Promise<void>;
}

export function createConfirmationOutcomes(policyOf: (destination: string) => RetryPolicy, confirmOf: (destination: string) => Confirmation | undefined, context: DeliveryContext): ConfirmationOutcomes {
  const { index, now } = context;
  /** A place that was told to reject an object may well not keep it. */
  const counts = ({ state, lastErrorCode }: DeliveryRecord): boolean => state === 'sent' && lastErrorCode !== 'DELIVERY_SUPERSEDED';
  const factsOf = ({ id, studyInstanceUID, sopInstanceUID, destination }: DeliveryRecord) => ({ deliveryId: id, studyInstanceUID, sopInstanceUID, destination });
  return {
    async kept(delivery) {
      if (delivery.state !== 'sent') return;
      await index.confirmDelivery(delivery.id);
      context.log.info(factsOf(delivery), 'Object confirmed by its destination');
      context.changed(delivery, 'confirmed');
    },
    async missing(delivery, why) {
      if (!counts(delivery)) return;
      const policy = policyOf(delivery.destination);
      const refusals = delivery.refusals + 1;
      const change = { attempts: delivery.attempts, refusals, lastErrorCode: 'DELIVERY_NOT_CONFIRMED', lastError: `DELIVERY_NOT_CONFIRMED: ${why}` };
      if (verdictOn({ attempts: delivery.attempts, refusals }, policy) === 'give-up') {
        await index.updateDelivery(delivery.id, { ...change, state: 'failed' });
        context.log.error({ ...factsOf(delivery), refusals, reason: why }, 'Object taken but not kept by its destination, given up');
        context.changed(delivery, 'failed');
        return;
      }
      const at = now() + retryDelayMs(delivery.refusals, policy);
      await index.updateDelivery(delivery.id, { ...change, state: 'waiting', nextAttemptAt: new Date(at).toISOString() });
      context.log.warn({ ...factsOf(delivery), refusals, reason: why }, 'Object taken but not kept by its destination, sent again');
      context.changed(delivery, 'waiting');
      context.sendingDue(delivery.destination, at);
    },
    async unknown(delivery, code, why) {
      if (!counts(delivery)) return;
      const attempts = delivery.confirmationAttempts;
      const isLast = attempts >= (confirmOf(delivery.destination)?.maxAttempts ?? 0);
      const at = now() + retryDelayMs(Math.max(0, attempts - 1), policyOf(delivery.destination));
      await index.postponeConfirmation(delivery.id, { lastErrorCode: code, lastError: `${code}: ${why}`, ...(isLast ? {} : { nextAt: new Date(at).toISOString() }) });
      const facts = { ...factsOf(delivery), attempts, code, reason: why };
      if (isLast) context.log.error(facts, 'Object not confirmed, not asked again');
      else {
        context.log.warn(facts, 'Object not confirmed, asked again later');
        context.confirmationDue(delivery.destination, at);
      }
      context.changed(delivery, 'sent');
    },
  };
}

/** Failure reasons that say nothing of the object: processing failure, out of resources, duplicate transaction UID. */
const undecided = new Set([0x0110, 0x0213, 0x0131]);

/** Takes a storage commitment report in; false when its transaction is not ours. Repeating it changes nothing. */
export async function takeCommitmentReport(report: CommitmentReport, outcomes: ConfirmationOutcomes, context: DeliveryContext): Promise<boolean> {
  const deliveries = await context.index.transactionDeliveries(report.transactionUID);
  const committed = new Set(report.committed);
  const failed = new Map(report.failed.map(({ sopInstanceUID, reason }) => [sopInstanceUID, reason]));
  for (const delivery of deliveries) {
    const { sopInstanceUID } = delivery;
    if (failed.has(sopInstanceUID)) {
      const reason = failed.get(sopInstanceUID);
      const why = `The destination does not commit to it: ${reason === undefined ? 'no reason given' : describeStatus(reason)}`;
      if (reason !== undefined && undecided.has(reason)) await outcomes.unknown(delivery, 'DELIVERY_NOT_CONFIRMED', why);
      else await outcomes.missing(delivery, why);
    } else if (committed.has(sopInstanceUID)) await outcomes.kept(delivery);
    // One that the report leaves out is asked about again when its time is up.
  }
  return deliveries.length > 0;
}
