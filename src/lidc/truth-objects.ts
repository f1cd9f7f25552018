/** Segmentation and report of a reference annotation, made together: the report refers to the segments. */
import type { ResultObject } from '../results/input.ts';
import { segmentFrames } from '../results/segment-frames.ts';
import { truthSegmentation } from './truth-seg.ts';
import { truthReport } from './truth-sr.ts';
import { truthOf, type TruthNodule, type TruthSource } from './truth.ts';

export interface TruthObjects {
  /** Absent when no nodule has a voxel. */
  readonly seg?: ResultObject;
  readonly sr: ResultObject;
}

/** The same source and nodules give the same bytes under the same UIDs. @throws as `segmentFrames`, `buildSeg` and `writeObject` */
export function truthObjects(source: TruthSource, nodules: readonly TruthNodule[]): TruthObjects {
  const truth = truthOf(source, nodules);
  const segmentation = segmentFrames(truth.input.masks, source.grid.geometry);
  const seg = truthSegmentation(truth, segmentation);
  const sr = truthReport(truth, seg && { sopInstanceUID: seg.sopInstanceUID, segmentNumbers: segmentation.segmentNumbers });
  return { ...(seg !== undefined && { seg }), sr };
}
