/** What of the index people and programs read over HTTP; the part that depends on who asks. */
import type { StudyIndex } from '../index/port.ts';

export type IndexReader = Pick<StudyIndex,
  'worklist' | 'worklistItem' | 'study' | 'studiesOfPatient' | 'siteOf' | 'instance' | 'instances' | 'summaries' | 'deliveries' | 'deliverySummaries'
  | 'queryStudies' | 'querySeries' | 'queryInstances' | 'dashboard' | 'shadowResults' | 'shadowTotals' | 'shadowFailures' | 'reviews'>;
