/** Confirmation of deliveries, as rows: which destinations are to be asked, what was asked, what they said. */
import type { StudyIndex } from './port.ts';
import type { IndexDatabase } from './sql.ts';
import { isSuperseded } from './delivery-store.ts';
import { deliveryOf } from './study-rows.ts';

export type ConfirmationStore = Pick<StudyIndex, 'dueConfirmations' | 'beginConfirmation' | 'transactionDeliveries' | 'confirmDelivery' | 'postponeConfirmation'>;

/** A report that comes later than this finds nothing any more. */
const transactionDays = 90;

export function createConfirmationStore({ read, write }: IndexDatabase, at: () => string): ConfirmationStore {
  return {
    async dueConfirmations(limit, destination, by) {
      // What was written by a clock that ran ahead is due too.
      return (await read.all(`SELECT * FROM deliveries WHERE destination = ? AND confirm_at IS NOT NULL AND (confirm_at <= ? OR updated_at > ?) AND state = 'sent'
        ORDER BY confirm_at, rowid LIMIT ?`, destination, by ?? at(), at(), limit)).map(deliveryOf);
    },
    beginConfirmation(ids, { nextAt, transactionUID }) {
      return write(undefined, async (sql) => {
        for (const id of ids) {
          await sql.run(`UPDATE deliveries SET confirm_at = ?, confirm_attempts = confirm_attempts + 1, updated_at = ? WHERE id = ? AND state = 'sent'`, nextAt, at(), id);
          if (transactionUID !== undefined) {
            await sql.run('INSERT INTO delivery_transactions (transaction_uid, delivery_id, requested_at) VALUES (?, ?, ?)', transactionUID, id, at());
          }
        }
        const oldest = new Date(Date.parse(at()) - transactionDays * 86_400_000).toISOString();
        await sql.run('DELETE FROM delivery_transactions WHERE requested_at < ?', oldest);
      });
    },
    async transactionDeliveries(transactionUID) {
      return (await read.all(`SELECT d.* FROM delivery_transactions t JOIN deliveries d ON d.id = t.delivery_id
        WHERE t.transaction_uid = ? ORDER BY d.rowid`, transactionUID)).map(deliveryOf);
    },
    confirmDelivery(id) {
      return write(undefined, async (sql) => {
        await sql.run(`UPDATE deliveries SET state = 'confirmed', confirmed_at = ?1, confirm_at = NULL, updated_at = ?1,
          last_code = CASE WHEN ${isSuperseded} THEN last_code END, last_error = CASE WHEN ${isSuperseded} THEN last_error END
          WHERE id = ?2 AND state = 'sent'`, at(), id);
      });
    },
    postponeConfirmation(id, { nextAt, lastErrorCode, lastError }) {
      return write(undefined, async (sql) => {
        await sql.run(`UPDATE deliveries SET confirm_at = ?, last_code = ?, last_error = ?, updated_at = ? WHERE id = ? AND state = 'sent' AND NOT (${isSuperseded})`, nextAt ?? null, lastErrorCode, lastError, at(), id);
      });
    },
  };
}
