/**
 * Which site a study belongs to. NULL: not told yet, since it came before there were sites, or only our own objects of
 * it are here. Empty: no site claims it. Once told it stays.
 */
import { AppError } from '../errors.ts';
import type { Sender } from '../study/types.ts';
import type { StudyIndex } from './port.ts';
import { optionalText, textColumn } from './rows.ts';
import type { IndexDatabase, Sql } from './sql.ts';
import { sourceOf } from './study-rows.ts';

export interface Condition {
  readonly sql: string;
  readonly parameters: readonly string[];
}

/** On the alias s; no study fulfils it for an empty list. */
export function ofSites(sites: readonly string[]): Condition {
  if (sites.length === 0) return { sql: '1 = 0', parameters: [] };
  // One site as a rule: then its index gives the worklist in its order.
  return { sql: `s.owner_site IN (${sites.map(() => '?').join(', ')})`, parameters: sites };
}

export interface SiteStore {
  readonly port: Pick<StudyIndex, 'siteOf' | 'assignSites'>;
  /** Inside a transaction. @throws AppError STUDY_OF_ANOTHER_SITE */
  checkSender(sql: Sql, studyInstanceUID: string, sender: Sender | undefined): Promise<void>;
}

export function createSiteStore({ read, write }: IndexDatabase): SiteStore {
  return {
    async checkSender(sql, studyInstanceUID, sender) {
      if (sender?.sites === undefined) return;
      const row = await sql.get('SELECT owner_site FROM studies WHERE study_uid = ?', studyInstanceUID);
      if (row !== undefined && !sender.sites.includes(optionalText(row, 'owner_site') ?? '')) {
        throw new AppError('STUDY_OF_ANOTHER_SITE', 'The study belongs to a site that this account does not store for');
      }
    },
    port: {
      async siteOf(studyInstanceUID) {
        const row = await read.get('SELECT owner_site FROM studies WHERE study_uid = ?', studyInstanceUID);
        return row === undefined ? undefined : optionalText(row, 'owner_site');
      },
      assignSites: (choose) => write(undefined, async (sql) => {
        const studies = await sql.all(`SELECT s.study_uid, s.site FROM studies s WHERE s.owner_site IS NULL
          AND EXISTS (SELECT 1 FROM series r WHERE r.study_id = s.id AND r.own = 0)`);
        for (const study of studies) {
          const studyInstanceUID = textColumn(study, 'study_uid');
          const sources = (await sql.all('SELECT * FROM study_sources WHERE study_uid = ? ORDER BY first_at, calling_ae, address', studyInstanceUID)).map(sourceOf);
          await sql.run('UPDATE studies SET owner_site = ? WHERE study_uid = ?',
            choose({ studyInstanceUID, institutionName: textColumn(study, 'site'), sources }), studyInstanceUID);
        }
        return studies.length;
      }),
    },
  };
}
