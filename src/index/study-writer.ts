/** Changes of a study's state, priority and result, inside a transaction. */
import type { AnalysisRecord, StudyState } from '../study/types.ts';
import type { IndexDatabase } from './database.ts';
import type { SetStateOptions } from './port.ts';
import { numberColumn, textColumn } from './rows.ts';
import { analysisOf } from './study-rows.ts';
import { AppError } from '../errors.ts';

const needsAttention: readonly StudyState[] = ['not-analysed', 'failed'];

export interface StudyWriter {
  setState(studyInstanceUID: string, state: StudyState, options: SetStateOptions, now: string): boolean;
  setPriority(studyInstanceUID: string, priority: 'stat' | 'routine', now: string): void;
  addAnalysis(studyInstanceUID: string, analysis: Omit<AnalysisRecord, 'version'>, now: string): AnalysisRecord;
}

/** The most of the values, or -1, which sorts behind every real one. */
const most = (values: readonly number[]): number => values.reduce((top, value) => Math.max(top, value), -1);

export function createStudyWriter({ statement }: Pick<IndexDatabase, 'statement'>): StudyWriter {
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

  return {
    setState(studyInstanceUID, state, options, now) {
      const row = statement('SELECT id, state, instance_count FROM studies WHERE study_uid = ?').get(studyInstanceUID);
      if (row === undefined) return false;
      const before = textColumn(row, 'state') as StudyState;
      const { onlyIf } = options;
      if (onlyIf !== undefined && !onlyIf.states.includes(before)) return false;
      if (onlyIf?.instanceCount !== undefined && numberColumn(row, 'instance_count') !== onlyIf.instanceCount) return false;
      const stays = before === state ? 1 : 0;
      statement(`UPDATE studies SET state = ?1, attention_rank = ?2, updated_at = ?3,
          reasons = coalesce(?4, iif(?5, reasons, '[]')), progress = coalesce(?6, iif(?5, progress, NULL)),
          warnings = coalesce(?7, warnings), job_id = coalesce(?8, job_id) WHERE id = ?9`).run(
        state, needsAttention.includes(state) ? 0 : 1, now, json(options.reasons), stays, json(options.progress),
        json(options.warnings), options.jobId ?? null, numberColumn(row, 'id'));
      return true;
    },

    setPriority(studyInstanceUID, priority, now) {
      statement('UPDATE studies SET priority_rank = ?, updated_at = ? WHERE study_uid = ?').run(priority === 'stat' ? 0 : 1, now, studyInstanceUID);
    },

    addAnalysis(studyInstanceUID, { jobId, findings, objects, createdAt }, now) {
      const study = statement('SELECT id FROM studies WHERE study_uid = ?').get(studyInstanceUID);
      if (study === undefined) throw new AppError('INDEX_CONFLICT', 'An analysis came for a study that the index does not hold', { details: { studyInstanceUID } });
      const studyId = numberColumn(study, 'id');
      const there = statement('SELECT * FROM analyses WHERE study_id = ? AND job_id = ?').get(studyId, jobId);
      if (there !== undefined) return analysisOf(there);
      const last = statement('SELECT coalesce(max(version), 0) AS version FROM analyses WHERE study_id = ?').get(studyId);
      const version = (last === undefined ? 0 : numberColumn(last, 'version')) + 1;
      statement('INSERT INTO analyses (study_id, version, job_id, findings, objects, created_at) VALUES (?, ?, ?, ?, ?, ?)').run(
        studyId, version, jobId, JSON.stringify(findings), JSON.stringify(objects), createdAt);
      const analysed = findings.status === 'analysed';
      // A refused study has no count of findings: 0 would read as "no findings".
      statement('UPDATE studies SET finding_count = ?, largest_diameter_mm = ?, top_probability = ?, updated_at = ? WHERE id = ?').run(
        analysed ? findings.findings.length : null,
        analysed ? most(findings.findings.map(({ diameterMm }) => diameterMm)) : -1,
        analysed ? most(findings.findings.map(({ probability }) => probability)) : -1,
        now, studyId);
      return { jobId, version, findings, objects, createdAt };
    },
  };
}
