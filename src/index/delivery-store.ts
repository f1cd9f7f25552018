/** Deliveries of result objects, as rows: what is due, what was sent, what failed and why. */
import type { IndexDatabase } from './database.ts';
import type { StudyIndex } from './port.ts';
import { deliveryOf } from './study-rows.ts';

export type DeliveryStore = Pick<StudyIndex, 'addDelivery' | 'updateDelivery' | 'dueDeliveries' | 'delivery' | 'deliveries'>;

export function createDeliveryStore({ statement, write }: Pick<IndexDatabase, 'statement' | 'write'>, now: () => Date): DeliveryStore {
  return {
    addDelivery({ id, studyInstanceUID, sopInstanceUID, destination }) {
      return write(() => {
        const at = now().toISOString();
        statement(`INSERT INTO deliveries (id, study_uid, sop_uid, destination, state, created_at, updated_at, due_at)
          VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?) ON CONFLICT (id) DO NOTHING`).run(id, studyInstanceUID, sopInstanceUID, destination, at, at, at);
      });
    },
    updateDelivery(id, { state, attempts, lastError, nextAttemptAt }) {
      return write(() => {
        const at = now().toISOString();
        statement('UPDATE deliveries SET state = ?, attempts = ?, last_error = ?, updated_at = ?, due_at = ? WHERE id = ?').run(
          state, attempts, lastError ?? null, at, nextAttemptAt === undefined ? at : new Date(nextAttemptAt).toISOString(), id);
      });
    },
    async dueDeliveries(limit, destination) {
      return statement(`SELECT * FROM deliveries WHERE state = 'waiting' AND due_at <= ? ${destination === undefined ? '' : 'AND destination = ?'}
        ORDER BY due_at, rowid LIMIT ?`).all(now().toISOString(), ...(destination === undefined ? [] : [destination]), limit).map(deliveryOf);
    },
    async delivery(id) {
      const row = statement('SELECT * FROM deliveries WHERE id = ?').get(id);
      return row === undefined ? undefined : deliveryOf(row);
    },
    async deliveries(studyInstanceUID) {
      return statement('SELECT * FROM deliveries WHERE study_uid = ? ORDER BY created_at, rowid').all(studyInstanceUID).map(deliveryOf);
    },
  };
}
