/**
 * Results of models that run along without being shown: kept beside the study's own results, never among them, with
 * how far they agree with the result that is shown.
 */
import type { Agreement } from '../findings/agreement.ts';
import type { FindingsDocument } from '../findings/types.ts';
import { jsonColumn, numberColumn, textColumn } from './rows.ts';
import type { IndexDatabase } from './sql.ts';
import type { ShadowAgreement, ShadowModel, ShadowResult, ShadowStore } from './shadow-types.ts';

/** The same text for the same model, so that rows can be grouped by it. */
const modelText = ({ id, version, sha256 }: ShadowModel): string => JSON.stringify({ id, version, sha256 });

export function createShadowStore({ read, write }: IndexDatabase): ShadowStore {
  return {
    putShadowResult: ({ studyInstanceUID, jobId, model, createdAt, outcome }) => write(studyInstanceUID, async (sql) => {
      await sql.run(`INSERT INTO shadow_results (study_uid, job_id, model, created_at, failure_code, findings) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (study_uid, job_id) DO UPDATE SET failure_code = excluded.failure_code, findings = excluded.findings`,
        studyInstanceUID, jobId, modelText(model), createdAt, outcome.kind === 'failed' ? outcome.code : null,
        outcome.kind === 'done' ? JSON.stringify(outcome.findings) : null);
    }),
    setShadowAgreement: (studyInstanceUID, jobId, compared) => write(studyInstanceUID, async (sql) => {
      const { agreement } = compared;
      const count = (pick: (found: Extract<Agreement, { kind: 'compared' }>) => readonly unknown[]): number | null => (agreement.kind === 'compared' ? pick(agreement).length : null);
      await sql.run(`UPDATE shadow_results SET compared = ?, champion = ?, both_count = ?, only_champion = ?, only_shadow = ?
        WHERE study_uid = ? AND job_id = ?`, JSON.stringify(compared), modelText(compared.champion),
        count(({ both }) => both), count(({ onlyFirst }) => onlyFirst), count(({ onlySecond }) => onlySecond), studyInstanceUID, jobId);
    }),
    async shadowResults(studyInstanceUID) {
      return (await read.all('SELECT * FROM shadow_results WHERE study_uid = ? ORDER BY created_at DESC, job_id', studyInstanceUID)).map((row): ShadowResult => ({
        studyInstanceUID, jobId: textColumn(row, 'job_id'), model: jsonColumn(row, 'model') as ShadowModel, createdAt: textColumn(row, 'created_at'),
        outcome: row['findings'] === null ? { kind: 'failed', code: textColumn(row, 'failure_code') } : { kind: 'done', findings: jsonColumn(row, 'findings') as FindingsDocument },
        ...(row['compared'] === null ? {} : { compared: jsonColumn(row, 'compared') as ShadowAgreement }),
      }));
    },
    async shadowTotals() {
      return (await read.all(`SELECT champion, model, count(both_count) AS studies, coalesce(sum(both_count), 0) AS both_sum,
        coalesce(sum(only_champion), 0) AS champion_sum, coalesce(sum(only_shadow), 0) AS shadow_sum, count(*) - count(both_count) AS others
        FROM shadow_results WHERE champion IS NOT NULL GROUP BY champion, model ORDER BY champion, model`)).map((row) => ({
        champion: jsonColumn(row, 'champion') as ShadowModel, shadow: jsonColumn(row, 'model') as ShadowModel,
        studies: numberColumn(row, 'studies'), both: numberColumn(row, 'both_sum'), onlyChampion: numberColumn(row, 'champion_sum'),
        onlyShadow: numberColumn(row, 'shadow_sum'), notComparable: numberColumn(row, 'others'),
      }));
    },
    async shadowFailures() {
      return (await read.all(`SELECT model, failure_code, count(*) AS n FROM shadow_results WHERE failure_code IS NOT NULL
        GROUP BY model, failure_code ORDER BY model, failure_code`)).map((row) => ({
        shadow: jsonColumn(row, 'model') as ShadowModel, code: textColumn(row, 'failure_code'), count: numberColumn(row, 'n'),
      }));
    },
  };
}
