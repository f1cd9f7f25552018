/**
 * What happens in the service, counted as it happens: studies, results and signatures by hour and site, and when each
 * device sent last. The dashboard reads these few rows instead of every study.
 */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { InstanceRecord, ReceiveContext } from '../study/types.ts';
import { numberColumn, textColumn } from './rows.ts';
import type { Dialect, Sql } from './sql.ts';

/** Each day the memory of the longest gap shrinks to this: a holiday of last year does not count for ever. */
const keptPerDay = 0.99;
const daySeconds = 86_400;

type Counter = 'received' | 'results' | 'signed';

export interface ActivityStore {
  /** Each inside a transaction. */
  studyArrived(sql: Sql, record: InstanceRecord): Promise<void>;
  seriesArrived(sql: Sql, record: InstanceRecord, sender: ReceiveContext | undefined): Promise<void>;
  count(sql: Sql, studyInstanceUID: string, what: 'results' | 'signed', at: string): Promise<void>;
}

/** Longer than any valid value of these attributes; a key of an index has a limit. */
const longestPart = 128;

function part(header: Dataset, keyword: 'InstitutionName' | 'StationName' | 'Modality'): string {
  return (text(header, keyword) ?? '').trim().slice(0, longestPart);
}

export function siteOf(header: Dataset): string {
  return part(header, 'InstitutionName');
}

export function createActivityStore({ forUpdate }: Dialect): ActivityStore {
  async function add(sql: Sql, site: string, what: Counter, at: string): Promise<void> {
    await sql.run(`INSERT INTO activity (hour, site, ${what}) VALUES (?, ?, 1)
      ON CONFLICT (hour, site) DO UPDATE SET ${what} = activity.${what} + 1`, at.slice(0, 13), site);
  }

  return {
    async studyArrived(sql, { header, receivedAt }) {
      await add(sql, siteOf(header), 'received', receivedAt);
    },
    async seriesArrived(sql, { header, receivedAt }, sender) {
      const key = [sender?.callingAETitle ?? '', part(header, 'StationName'), siteOf(header), part(header, 'Modality')] as const;
      const before = await sql.get(`SELECT last_at, longest_gap_seconds FROM senders WHERE calling_ae = ? AND station = ? AND site = ? AND modality = ?${forUpdate}`, ...key);
      if (before === undefined) {
        await sql.run('INSERT INTO senders (calling_ae, station, site, modality, first_at, last_at, arrivals, longest_gap_seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, 0)', ...key, receivedAt);
        return;
      }
      const gapSeconds = Math.max(0, (Date.parse(receivedAt) - Date.parse(textColumn(before, 'last_at'))) / 1000);
      await sql.run(`UPDATE senders SET last_at = CASE WHEN last_at < ?5 THEN ?5 ELSE last_at END, arrivals = arrivals + 1, longest_gap_seconds = ?6
        WHERE calling_ae = ?1 AND station = ?2 AND site = ?3 AND modality = ?4`,
        ...key, receivedAt, Math.max(gapSeconds, numberColumn(before, 'longest_gap_seconds') * keptPerDay ** (gapSeconds / daySeconds)));
    },
    async count(sql, studyInstanceUID, what, at) {
      const row = await sql.get('SELECT site FROM studies WHERE study_uid = ?', studyInstanceUID);
      if (row !== undefined) await add(sql, textColumn(row, 'site'), what, at);
    },
  };
}
