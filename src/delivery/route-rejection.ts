/**
 * A rejection note goes to the places that got an object it rejects, whatever their profile wants otherwise. What of
 * those objects still waits to be sent is not sent any more, and what was sent is not asked about: a place that has
 * hidden or deleted it would be sent it again, and after the note it would pass for the current result.
 * Repeating it after a crash changes nothing.
 */
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { DeliveryRecord } from '../study/types.ts';
import { deliveryId } from './router.ts';

export interface RejectionRequest {
  readonly studyInstanceUID: string;
  readonly note: { readonly role: string; readonly sopInstanceUID: string };
  /** SOP Instance UIDs of the rejected objects. */
  readonly rejected: readonly string[];
}

export interface RejectionDeps {
  readonly index: Pick<StudyIndex, 'deliveries' | 'addDelivery' | 'supersedeDeliveries'>;
  readonly onDeliveries: () => void;
  readonly log: Log;
}

/** An attempt that failed may still have arrived, its answer lost on the way; and one may be under way just now. */
function mayHaveArrived({ state, attempts, startedAt }: DeliveryRecord): boolean {
  return state === 'sent' || state === 'confirmed' || attempts > 0 || startedAt !== undefined;
}

export function createRejectionRouter({ index, onDeliveries, log }: RejectionDeps): (request: RejectionRequest) => Promise<void> {
  return async ({ studyInstanceUID, note, rejected }) => {
    const uids = new Set(rejected);
    const earlier = (await index.deliveries(studyInstanceUID)).filter(({ sopInstanceUID }) => uids.has(sopInstanceUID));
    // Places first: withdrawing changes what the deliveries say.
    const places = [...new Set(earlier.filter(mayHaveArrived).map(({ destination }) => destination))];
    for (const destination of places) {
      await index.addDelivery({ id: deliveryId(destination, note.sopInstanceUID), studyInstanceUID, sopInstanceUID: note.sopInstanceUID, destination, role: note.role });
    }
    const withdrawn = await index.supersedeDeliveries(earlier.map(({ id }) => id));
    log.info({ studyInstanceUID, rejected: rejected.length, notified: places.length, withdrawn: withdrawn.length }, 'Superseded objects rejected');
    onDeliveries();
  };
}
