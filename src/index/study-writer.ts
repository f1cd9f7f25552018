/** Changes of a study's state, priority and result, inside a transaction. */
import { baselineCategory } from '../conclusions/baseline-category.ts';
import type { ReviewSummary } from '../review/types.ts';
import type { AnalysisRecord, StudyState } from '../study/types.ts';
import type { ActivityStore } from './activity-store.ts';
import type { SetStateOptions } from './port.ts';
import { numberColumn, optionalText, textColumn } from './rows.ts';
import type { Sql } from './sql.ts';
import { analysisOf } from './study-rows.ts';
import { AppError } from '../errors.ts';

const needsAttention: readonly StudyState[] = ['not-analysed', 'failed'];

export interface StudyWriter {
  setState(sql: Sql, studyInstanceUID: string, state: StudyState, options: SetStateOptions, now: string): Promise<boolean>;
  setPriority(sql: Sql, studyInstanceUID: string, priority: 'stat' | 'routine', now: string): Promise<void>;
  addAnalysis(sql: Sql, studyInstanceUID: string, analysis: Omit<AnalysisRecord, 'version'>, now: string): Promise<AnalysisRecord>;
}

/** The most of the values, or -1, which sorts behind every real one. */
const most = (values: readonly number[]): number => values.reduce((top, value) => Math.max(top, value), -1);

export function createStudyWriter(activity: Pick<ActivityStore, 'count'>): StudyWriter {
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

  return {
    async setState(sql, studyInstanceUID, state, options, now) {
      const row = await sql.get('SELECT id, state, instance_count FROM studies WHERE study_uid = ?', studyInstanceUID);
      if (row === undefined) return false;
      const before = textColumn(row, 'state') as StudyState;
      const { onlyIf } = options;
      if (onlyIf !== undefined && !onlyIf.states.includes(before)) return false;
      if (onlyIf?.instanceCount !== undefined && numberColumn(row, 'instance_count') !== onlyIf.instanceCount) return false;
      const stays = before === state ? 1 : 0;
      await sql.run(`UPDATE studies SET state = ?1, attention_rank = ?2, updated_at = ?3,
          reasons = coalesce(?4, CASE WHEN ?5 = 1 THEN reasons ELSE '[]' END), progress = coalesce(?6, CASE WHEN ?5 = 1 THEN progress END),
          warnings = coalesce(?7, warnings), job_id = coalesce(?8, job_id) WHERE id = ?9`,
        state, needsAttention.includes(state) ? 0 : 1, now, json(options.reasons), stays, json(options.progress),
        json(options.warnings), options.jobId ?? null, numberColumn(row, 'id'));
      return true;
    },

    async setPriority(sql, studyInstanceUID, priority, now) {
      await sql.run('UPDATE studies SET priority_rank = ?, updated_at = ? WHERE study_uid = ?', priority === 'stat' ? 0 : 1, now, studyInstanceUID);
    },

    async addAnalysis(sql, studyInstanceUID, { jobId, findings, objects, createdAt }, now) {
      const study = await sql.get('SELECT id, review_state, review_summary FROM studies WHERE study_uid = ?', studyInstanceUID);
      if (study === undefined) throw new AppError('INDEX_CONFLICT', 'An analysis came for a study that the index does not hold', { details: { studyInstanceUID } });
      const studyId = numberColumn(study, 'id');
      const there = await sql.get('SELECT * FROM analyses WHERE study_id = ? AND job_id = ?', studyId, jobId);
      if (there !== undefined) return analysisOf(there);
      const last = await sql.get('SELECT coalesce(max(version), 0) AS version FROM analyses WHERE study_id = ?', studyId);
      const version = (last === undefined ? 0 : numberColumn(last, 'version')) + 1;
      await sql.run('INSERT INTO analyses (study_id, version, job_id, findings, objects, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        studyId, version, jobId, JSON.stringify(findings), JSON.stringify(objects), createdAt);
      const analysed = findings.status === 'analysed';
      // A refused study has no count of findings: 0 would read as "no findings".
      await sql.run('UPDATE studies SET finding_count = ?, largest_diameter_mm = ?, top_probability = ?, baseline_category = ?, updated_at = ? WHERE id = ?',
        analysed ? findings.findings.length : null,
        analysed ? most(findings.findings.map(({ diameterMm }) => diameterMm)) : -1,
        analysed ? most(findings.findings.map(({ probability }) => probability)) : -1,
        baselineCategory(findings) ?? null,
        now, studyId);
      // What was signed without this result comes back among what is to be looked at.
      if (textColumn(study, 'review_state') === 'signed') {
        const summary = JSON.parse(optionalText(study, 'review_summary') ?? '{}') as Partial<ReviewSummary>;
        await sql.run('UPDATE studies SET review_rank = 0, review_summary = ? WHERE id = ?', JSON.stringify({ ...summary, newerAnalysis: true }), studyId);
      }
      await activity.count(sql, studyInstanceUID, 'results', createdAt);
      return { jobId, version, findings, objects, createdAt };
    },
  };
}
