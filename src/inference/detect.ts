/** From a scan to the marks of one detector. */
import { depthAt } from '../findings/lung-location.ts';
import type { LungMask } from '../findings/lung-mask.ts';
import { worldToIndex } from '../volume/geometry.ts';
import type { Triple } from '../volume/lps-grid.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { cluster } from './cluster.ts';
import type { Hit } from './decode/hit.ts';
import { detectInSlices } from './detect-slices.ts';
import { detectInWindows, type DetectOptions } from './detect-windows.ts';
import type { DetectorManifest, Postprocess } from './manifest/manifest.ts';
import type { ModelSession } from './session.ts';
import { suppress, suppressBoxes } from './suppress.ts';
import { frameToWorld, type TensorFrame } from './tensor/frame.ts';
import { networkVolume } from './tensor/network-volume.ts';

export type { DetectOptions } from './detect-windows.ts';

export interface Candidate {
  readonly worldPoint: Vec3;
  /** Of the detector, before the classifier and calibration. */
  readonly score: number;
  /** What the network said, if it says. */
  readonly diameterMm?: number;
}

interface Mark extends Candidate {
  /** In voxels of the network's input, for the overlap of boxes. */
  readonly index: Triple;
  readonly sizeVoxels?: Triple;
}

/** Passes with flips are put together within this distance where the model has no distance of its own, mm. */
const defaultMergeMm = 5;

/** What a model marks outside the scan is nothing that anybody could look at. */
function isInScan({ geometry }: Volume, worldPoint: Vec3): boolean {
  const [i, j, k] = worldToIndex(geometry, worldPoint);
  return i > -0.5 && j > -0.5 && k > -0.5 && i < geometry.columns - 0.5 && j < geometry.rows - 0.5 && k < geometry.slices - 0.5;
}

function toMarks(hits: readonly Hit[], frame: TensorFrame): readonly Mark[] {
  return hits.map(({ index, score, diameterMm, sizeVoxels }) => ({
    worldPoint: frameToWorld(frame, index), index, score, ...(diameterMm !== undefined && { diameterMm }), ...(sizeVoxels && { sizeVoxels }),
  }));
}

function applyNms(marks: readonly Mark[], { nms, maxCandidates }: Postprocess): readonly Mark[] {
  const last = nms.length - 1;
  return nms.reduce<readonly Mark[]>((kept, rule, n) => {
    const most = n === last ? maxCandidates : Infinity;
    return rule.kind === 'iou' ? suppressBoxes(kept, rule.above, most) : suppress(kept, rule.radiusMm, most);
  }, marks);
}

/** Candidates of the whole scan, best first. @throws AppError `MODEL_OUTPUT_INVALID`, `MODEL_FAILED`; the signal's reason when it aborts. */
export async function detect(volume: Volume, lungs: LungMask, manifest: DetectorManifest, session: ModelSession, options: DetectOptions): Promise<readonly Candidate[]> {
  const { input, output, postprocess } = manifest;
  const tensor = networkVolume(volume, lungs, manifest);
  let passes: readonly (readonly Mark[])[];
  if (input.kind === 'windows') {
    passes = (await detectInWindows(tensor, lungs, manifest, input, session, options)).map((hits) => toMarks(hits, tensor.frame));
  } else if (output.kind === 'segmentation') {
    const { frame, hits } = await detectInSlices(tensor, output, input, session, options);
    passes = [toMarks(hits, frame)];
  } else throw new TypeError('validated manifests read slices for a segmentation only');
  const { use, marginMm } = postprocess.lungMask;
  const inLungs = passes.map((marks) => marks.filter(({ worldPoint, score }) =>
    score >= postprocess.threshold && isInScan(volume, worldPoint) && (use !== 'mask' || depthAt(lungs, worldPoint) >= -marginMm)));
  const [only = []] = inLungs;
  const radiusMm = postprocess.nms.find((rule) => rule.kind === 'distance')?.radiusMm ?? defaultMergeMm;
  const merged = inLungs.length === 1 ? only : cluster(inLungs.map((marks) => applyNms(marks, postprocess)), { radiusMm, combine: 'mean', absent: 'zero', weights: [] });
  return applyNms(merged, postprocess).map(({ worldPoint, score, diameterMm }) => ({ worldPoint, score, ...(diameterMm !== undefined && { diameterMm }) }));
}
