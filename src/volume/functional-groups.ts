/** Attributes of the frames of an Enhanced multi-frame image (PS3.3 C.7.6.16). */
import { item, items } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Keyword } from '../dicom/tags.ts';

/** The macro of one frame: what the frame says itself, else what all frames share; undefined when neither does. */
export function frameMacro(dataset: Dataset, perFrame: readonly Dataset[], frame: number, macro: Keyword): Dataset | undefined {
  const own = perFrame[frame];
  const shared = item(dataset, 'SharedFunctionalGroupsSequence');
  return (own && item(own, macro)) ?? (shared && item(shared, macro));
}

/** The per-frame items, in frame order. */
export const perFrameGroups = (dataset: Dataset): readonly Dataset[] => items(dataset, 'PerFrameFunctionalGroupsSequence');
