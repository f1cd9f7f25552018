/** What the loops of a delivery share. */
import type { InstanceArchive } from '../archive/port.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { DeliveryRecord, DeliveryState } from '../study/types.ts';

export interface DeliveryContext {
  readonly index: Pick<StudyIndex, 'dueDeliveries' | 'startDeliveries' | 'updateDelivery' | 'delivery' | 'instance' | 'dueConfirmations' | 'beginConfirmation'
    | 'transactionDeliveries' | 'confirmDelivery' | 'postponeConfirmation' | 'resendDeliveries' | 'holdDeliveries' | 'deliverySummaries' | 'exclusively'>;
  readonly archive: Pick<InstanceArchive, 'stream'>;
  readonly now: () => number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Tells the listener that a delivery is in another state now. */
  changed(delivery: Pick<DeliveryRecord, 'id' | 'studyInstanceUID'>, state: DeliveryState): void;
  /** A delivery to this destination may be asked about from that time on. */
  confirmationDue(destination: string, time: number): void;
  /** A delivery to this destination is due again. */
  sendingDue(destination: string, time: number): void;
}
