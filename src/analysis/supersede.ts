/**
 * The objects of a new result, joined to the result before it: the reports get their predecessors, and a rejection note
 * joins them. The server alone knows which result stands when a new one comes in (a job may have been queued before
 * the earlier one had ended), so that it is decided here, one result at a time. What it gives follows from the index
 * and the job: after a crash the same comes out again.
 */
import type { StudyIndex } from '../index/port.ts';
import type { ObjectReference } from '../results/object-reference.ts';
import { buildRejectionNote, withPredecessors } from '../results/supersede.ts';
import type { AnalysisRecord, StudyDetail } from '../study/types.ts';

export interface SupersedeDeps {
  readonly index: Pick<StudyIndex, 'study' | 'summaries'>;
  readonly softwareVersion: string;
}

export interface ReceivedObject {
  readonly role: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly part10: Uint8Array;
}

export interface NewResult {
  readonly jobId: string;
  readonly createdAt: string;
  readonly objects: readonly ReceivedObject[];
}

export interface Superseding {
  /** What is to be stored: the new objects, the note last. */
  readonly objects: readonly ReceivedObject[];
  readonly note?: ReceivedObject;
  /** Objects of the earlier result that are not to be used any more. */
  readonly rejected: readonly ObjectReference[];
}

const reportRole = 'sr';
/** Each follows the earlier one in the same form. */
const documentRoles: ReadonlySet<string> = new Set([reportRole, 'cad-sr', 'enhanced-sr']);
const rejectionRole = 'rejection';

/** The result that stands, or stood when this one came in for the first time. */
function resultBefore({ analysis, earlierAnalyses }: StudyDetail, jobId: string): AnalysisRecord | undefined {
  const newestFirst = analysis === undefined ? [] : [analysis, ...earlierAnalyses];
  const own = newestFirst.findIndex((record) => record.jobId === jobId);
  return newestFirst[own + 1];
}

export async function supersede({ index, softwareVersion }: SupersedeDeps, studyInstanceUID: string, result: NewResult): Promise<Superseding> {
  const detail = await index.study(studyInstanceUID);
  const before = detail === undefined ? undefined : resultBefore(detail, result.jobId);
  const report = result.objects.find(({ role }) => role === reportRole);
  if (before === undefined || report === undefined) return { objects: result.objects, rejected: [] };
  const seriesOf = new Map((await index.summaries(studyInstanceUID)).map(({ sopInstanceUID, seriesInstanceUID }) => [sopInstanceUID, seriesInstanceUID]));
  const stays = new Set(result.objects.map(({ sopInstanceUID }) => sopInstanceUID));
  const referenced = before.objects.flatMap(({ role, sopInstanceUID, sopClassUID }) => {
    const seriesInstanceUID = seriesOf.get(sopInstanceUID);
    // To reject a rejection note would take it back.
    if (role === rejectionRole || seriesInstanceUID === undefined || stays.has(sopInstanceUID)) return [];
    return [{ role, reference: { studyInstanceUID, seriesInstanceUID, sopInstanceUID, sopClassUID } }];
  });
  const rejected = referenced.map(({ reference }) => reference);
  if (rejected.length === 0) return { objects: result.objects, rejected };
  const predecessors = (wanted: string): readonly ObjectReference[] => referenced.filter(({ role }) => role === wanted).map(({ reference }) => reference);
  const objects = result.objects.map((object) => (documentRoles.has(object.role) ? { ...object, part10: withPredecessors(object.part10, predecessors(object.role)) } : object));
  const note = buildRejectionNote({
    report: report.part10, rejected, fromVersion: before.version, toVersion: before.version + 1, softwareVersion, createdAt: new Date(result.createdAt),
  });
  return { objects: [...objects, note], note, rejected };
}
