/** Deliveries of result objects, as rows: what is due, what was sent, what failed and why. */
import type { DeliverySummary } from '../study/types.ts';
import type { DeliveryFilter, StudyIndex } from './port.ts';
import { numberColumn, optionalText, textColumn, type Row } from './rows.ts';
import type { IndexDatabase } from './sql.ts';
import { deliveryOf } from './study-rows.ts';

export type DeliveryStore = Pick<StudyIndex, 'addDelivery' | 'startDeliveries' | 'updateDelivery' | 'supersedeDeliveries' | 'dueDeliveries' | 'delivery' | 'deliveries' | 'deliverySummaries' | 'holdDeliveries' | 'resendDeliveries'>;

function summaryOf(row: Row): DeliverySummary {
  const [oldestWaitingAt, lastSentAt, lastErrorCode, lastError] = ['oldest_waiting', 'last_sent', 'last_code', 'last_error'].map((column) => optionalText(row, column));
  return {
    destination: textColumn(row, 'destination'),
    counts: {
      waiting: numberColumn(row, 'waiting'), sent: numberColumn(row, 'sent'), confirmed: numberColumn(row, 'confirmed'), failed: numberColumn(row, 'failed'),
    },
    unconfirmed: numberColumn(row, 'unconfirmed'),
    ...(oldestWaitingAt === undefined ? {} : { oldestWaitingAt }),
    ...(lastSentAt === undefined ? {} : { lastSentAt }),
    ...(lastErrorCode === undefined ? {} : { lastErrorCode }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

/** Column, value: a condition of a filter. */
function conditionsOf({ id, studyInstanceUID, destination }: DeliveryFilter): readonly (readonly [column: string, value: string])[] {
  const all = [['id', id], ['study_uid', studyInstanceUID], ['destination', destination]] as const;
  return all.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]));
}

/** A newer result has taken the object's place. */
export const isSuperseded = `last_code IS NOT DISTINCT FROM 'DELIVERY_SUPERSEDED'`;
const superseded = 'DELIVERY_SUPERSEDED: a newer result takes the place of this object';

export function createDeliveryStore({ dialect, read, write }: IndexDatabase, now: () => Date): DeliveryStore {
  return {
    addDelivery({ id, studyInstanceUID, sopInstanceUID, destination, role, failure }) {
      return write(undefined, async (sql) => {
        const at = now().toISOString();
        await sql.run(`INSERT INTO deliveries (id, study_uid, sop_uid, destination, role, state, last_code, last_error, created_at, updated_at, due_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, id, studyInstanceUID, sopInstanceUID, destination, role ?? null,
          failure?.final === true ? 'failed' : 'waiting', failure?.code ?? null, failure === undefined ? null : `${failure.code}: ${failure.message}`, at, at, at);
      });
    },
    startDeliveries(ids) {
      return write(undefined, async (sql) => {
        const at = now().toISOString();
        const started: string[] = [];
        for (const id of ids) {
          if (await sql.run(`UPDATE deliveries SET started_at = coalesce(started_at, ?) WHERE id = ? AND state = 'waiting'`, at, id) === 1) started.push(id);
        }
        return started;
      });
    },
    updateDelivery(id, { state, attempts, refusals, lastErrorCode, lastError, nextAttemptAt, confirmAt }) {
      return write(undefined, async (sql) => {
        const at = now().toISOString();
        // That a superseded one has arrived is noted, and nothing follows from it any more.
        await sql.run(`UPDATE deliveries SET state = ?1, attempts = ?2, last_code = CASE WHEN ${isSuperseded} THEN last_code ELSE ?3 END,
          last_error = CASE WHEN ${isSuperseded} THEN last_error ELSE ?4 END, updated_at = ?5, due_at = ?6, confirm_at = CASE WHEN ${isSuperseded} THEN NULL ELSE ?7 END,
          confirm_attempts = CASE ?1 WHEN 'sent' THEN 0 ELSE confirm_attempts END, sent_at = CASE ?1 WHEN 'sent' THEN ?5 ELSE sent_at END,
          refusals = coalesce(?8, refusals) WHERE id = ?9 AND NOT (?1 IN ('waiting', 'failed') AND ${isSuperseded})`,
          state, attempts, lastErrorCode ?? null, lastError ?? null, at, nextAttemptAt === undefined ? at : new Date(nextAttemptAt).toISOString(), confirmAt ?? null, refusals ?? null, id);
      });
    },
    supersedeDeliveries(ids) {
      return write(undefined, async (sql) => {
        const at = now().toISOString();
        const withdrawn: string[] = [];
        for (const id of ids) {
          if (await sql.run(`UPDATE deliveries SET state = 'failed' WHERE id = ? AND state = 'waiting'`, id) === 1) withdrawn.push(id);
          await sql.run(`UPDATE deliveries SET confirm_at = NULL, last_code = 'DELIVERY_SUPERSEDED', last_error = ?, updated_at = ? WHERE id = ?`, superseded, at, id);
        }
        return withdrawn;
      });
    },
    async dueDeliveries(limit, destination) {
      // What was last written by a clock that ran ahead waits for a time that may be days away: it is due now.
      return (await read.all(`SELECT * FROM deliveries WHERE state = 'waiting' AND (due_at <= ?1 OR updated_at > ?1) ${destination === undefined ? '' : 'AND destination = ?'}
        ORDER BY due_at, rowid LIMIT ?`, now().toISOString(), ...(destination === undefined ? [] : [destination]), limit)).map(deliveryOf);
    },
    async delivery(id) {
      const row = await read.get('SELECT * FROM deliveries WHERE id = ?', id);
      return row === undefined ? undefined : deliveryOf(row);
    },
    async deliveries(studyInstanceUID) {
      return (await read.all('SELECT * FROM deliveries WHERE study_uid = ? ORDER BY created_at, rowid', studyInstanceUID)).map(deliveryOf);
    },
    async deliverySummaries() {
      return (await read.all(`SELECT d.destination, count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'sent') AS sent,
          count(*) FILTER (WHERE state = 'confirmed') AS confirmed, count(*) FILTER (WHERE state = 'failed') AS failed,
          count(*) FILTER (WHERE state = 'sent' AND confirm_at IS NOT NULL) AS unconfirmed,
          min(created_at) FILTER (WHERE state = 'waiting') AS oldest_waiting, max(sent_at) AS last_sent, e.last_code, e.last_error
        FROM deliveries d LEFT JOIN (SELECT destination AS place, last_code, last_error, row_number() OVER (PARTITION BY destination ORDER BY updated_at DESC, rowid DESC) AS age
          FROM deliveries WHERE last_code IS NOT NULL AND NOT (${isSuperseded})) e ON e.place = d.destination AND e.age = 1
        GROUP BY d.destination, e.last_code, e.last_error ORDER BY d.destination`)).map(summaryOf);
    },
    holdDeliveries(destination, { code, message }) {
      return write(undefined, async (sql) => {
        // That a sender has no address says more than that its place does not exist.
        await sql.run(`UPDATE deliveries SET last_code = ?1, last_error = ?2, updated_at = ?3 WHERE destination = ?4 AND state = 'waiting'
          AND last_code IS DISTINCT FROM ?1 AND last_code IS DISTINCT FROM 'DELIVERY_SENDER_UNKNOWN'`, code, `${code}: ${message}`, now().toISOString(), destination);
      });
    },
    resendDeliveries(filter) {
      return write(undefined, async (sql) => {
        // What a newer result has replaced is sent again only when it is asked for by itself.
        const at = now().toISOString();
        const conditions = conditionsOf(filter);
        return sql.run(`UPDATE deliveries SET state = 'waiting', attempts = 0, refusals = 0, last_code = NULL, last_error = NULL, due_at = ?1, updated_at = ?1,
          confirm_at = NULL, confirm_attempts = 0, confirmed_at = NULL
          WHERE ${['true', ...conditions.map(([column]) => `${column} = ?`)].join(' AND ')}
          ${filter.id === undefined ? `AND last_code IS DISTINCT FROM 'DELIVERY_SUPERSEDED'` : ''}
          ${filter.states === undefined ? '' : `AND ${dialect.oneOf('state', 'text')}`}`,
          at, ...conditions.map(([, value]) => value), ...(filter.states === undefined ? [] : [filter.states]));
      });
    },
  };
}
