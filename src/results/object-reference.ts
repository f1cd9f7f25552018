/** References to objects by their place in the hierarchy, and the documents that an object replaces. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { sopItem } from './content-item.ts';

export interface ObjectReference {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
}

/** Items of the Hierarchical SOP Instance Reference Macro (PS3.3 Table C.17-3), one for each study. */
export function hierarchicalReferences(references: readonly ObjectReference[]): readonly Dataset[] {
  const byStudy = Map.groupBy(references, ({ studyInstanceUID }) => studyInstanceUID);
  return [...byStudy].map(([studyInstanceUID, ofStudy]) => {
    const study: Dataset = {};
    put(study, 'StudyInstanceUID', studyInstanceUID);
    put(study, 'ReferencedSeriesSequence', ...[...Map.groupBy(ofStudy, ({ seriesInstanceUID }) => seriesInstanceUID)].map(([seriesInstanceUID, ofSeries]) => {
      const series: Dataset = {};
      put(series, 'SeriesInstanceUID', seriesInstanceUID);
      put(series, 'ReferencedSOPSequence', ...ofSeries.map(sopItem));
      return series;
    }));
    return study;
  });
}

/** PredecessorDocumentsSequence (PS3.3 C.17.2, type 1C): absent where nothing came before. */
export function putPredecessors(dataset: Dataset, predecessors: readonly ObjectReference[]): void {
  if (predecessors.length > 0) put(dataset, 'PredecessorDocumentsSequence', ...hierarchicalReferences(predecessors));
}
