/** From a planned stack to the volume in Hounsfield units. */
import type { FrameHeader } from './frame-header.ts';
import { decodeAll, type DecodeJob } from './decode-pool.ts';
import type { FrameTask } from './decode-task.ts';
import type { Stack, StackSlice } from './stack.ts';
import type { SliceReference, Vec3, Volume, VolumeGeometry } from './types.ts';
import { add, scale } from './vec3.ts';

export interface AssembleOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

type Plan = NonNullable<Stack['plan']>;

function sliceReference(slice: StackSlice, k: number, geometry: VolumeGeometry): SliceReference {
  const position: Vec3 = add(geometry.origin, scale(geometry.sliceDirection, k * geometry.spacingMm[2]));
  const { frame } = slice;
  if (!frame) {
    return { sopInstanceUID: '', sopClassUID: '', imagePositionPatient: position, interpolated: true };
  }
  return {
    sopInstanceUID: frame.sopInstanceUID,
    sopClassUID: frame.sopClassUID,
    ...(frame.frameNumber !== undefined && { frameNumber: frame.frameNumber }),
    imagePositionPatient: frame.position ?? position,
  };
}

/** The image of every slice of the plan. */
export function sliceReferences({ geometry, slices }: Plan): readonly SliceReference[] {
  return slices.map((slice, k) => sliceReference(slice, k, geometry));
}

function frameTask(frame: FrameHeader, slice: number): FrameTask {
  return {
    frameIndex: (frame.frameNumber ?? 1) - 1,
    slice,
    slope: frame.slope ?? 1,
    intercept: frame.intercept ?? 0,
    ...(frame.padding && { padding: frame.padding }),
  };
}

/** Each instance once, with all its frames: a multi-frame instance is read a single time. */
function decodeJobs(plan: Plan, read: (instance: number) => Promise<Uint8Array>): readonly DecodeJob[] {
  const byInstance = new Map<number, FrameTask[]>();
  plan.slices.forEach(({ frame }, slice) => {
    if (!frame) return;
    const tasks = byInstance.get(frame.instance) ?? [];
    tasks.push(frameTask(frame, slice));
    byInstance.set(frame.instance, tasks);
  });
  return [...byInstance].map(([instance, frames]) => ({ read: () => read(instance), frames }));
}

/** Fills empty slices linearly from their nearest images below and above. */
function interpolateGaps(hu: Int16Array, plan: Plan): void {
  const size = plan.geometry.rows * plan.geometry.columns;
  plan.slices.forEach(({ frame }, k) => {
    if (frame) return;
    const below = plan.slices.findLastIndex((slice, n) => n < k && slice.frame !== undefined);
    const above = plan.slices.findIndex((slice, n) => n > k && slice.frame !== undefined);
    const weight = (k - below) / (above - below);
    for (let n = 0; n < size; n++) {
      hu[k * size + n] = Math.round((hu[below * size + n] as number) * (1 - weight) + (hu[above * size + n] as number) * weight);
    }
  });
}

/**
 * Decodes every image of the plan into one array; at most a few instances are in memory at a time.
 *
 * @param read the complete file of an instance, by its number in the study
 * @throws AppError with the code of the decoder when an image cannot be decoded.
 */
export async function assembleVolume(plan: Plan, read: (instance: number) => Promise<Uint8Array>, options: AssembleOptions): Promise<Volume> {
  const { geometry } = plan;
  const buffer = new SharedArrayBuffer(geometry.slices * geometry.rows * geometry.columns * 2);
  const jobs = decodeJobs(plan, read);
  await decodeAll({ buffer, rows: geometry.rows, columns: geometry.columns }, jobs, options.threads, options.signal, (done) => options.onProgress(done / jobs.length));
  const hu = new Int16Array(buffer);
  interpolateGaps(hu, plan);
  return { geometry, hu, slices: sliceReferences(plan) };
}
