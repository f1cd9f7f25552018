/** The non-empty slices of each finding's mask, as frames on the grid of the source images. */
import { AppError } from '../errors.ts';
import type { MaskBox, VolumeGeometry } from '../volume/types.ts';

export interface SegmentFrame {
  /** Index of the finding. */
  readonly finding: number;
  /** From 1 in the order of findings, without gaps: a finding without a single voxel gets none. */
  readonly segmentNumber: number;
  /** Slice of the volume. */
  readonly k: number;
}

export interface Segmentation {
  readonly frames: readonly SegmentFrame[];
  /** By finding; undefined where its mask is empty. */
  readonly segmentNumbers: readonly (number | undefined)[];
}

function checkBox({ start, size, data }: MaskBox, geometry: VolumeGeometry): void {
  const limits = [geometry.columns, geometry.rows, geometry.slices];
  const inside = limits.every((limit, axis) => {
    const low = start[axis] ?? -1;
    const count = size[axis] ?? -1;
    return Number.isInteger(low) && Number.isInteger(count) && low >= 0 && count >= 0 && low + count <= limit;
  });
  if (!inside || data.length !== size[0] * size[1] * size[2]) {
    throw new AppError('DICOM_INVALID_GEOMETRY', 'a mask does not lie inside its volume', { details: { start, size } });
  }
}

function sliceHasVoxels({ size, data }: MaskBox, plane: number): boolean {
  const area = size[0] * size[1];
  return data.subarray(plane * area, (plane + 1) * area).some((voxel) => voxel !== 0);
}

/** @throws AppError DICOM_INVALID_GEOMETRY when a mask sticks out of the volume. */
export function segmentFrames(masks: readonly MaskBox[], geometry: VolumeGeometry): Segmentation {
  const frames: SegmentFrame[] = [];
  let segmentNumber = 0;
  const segmentNumbers = masks.map((mask, finding) => {
    checkBox(mask, geometry);
    const planes = Array.from({ length: mask.size[2] }, (_, plane) => plane).filter((plane) => sliceHasVoxels(mask, plane));
    if (planes.length === 0) return undefined;
    segmentNumber += 1;
    for (const plane of planes) frames.push({ finding, segmentNumber, k: mask.start[2] + plane });
    return segmentNumber;
  });
  return { frames, segmentNumbers };
}

/**
 * All frames as one stream of bits, lowest bit first, no padding between frames (PS3.5 8.1.1), padded to whole
 * words at the end. Rows × columns of the volume for each frame.
 */
export function packFrames(frames: readonly SegmentFrame[], masks: readonly MaskBox[], geometry: VolumeGeometry): Uint8Array {
  const pixels = geometry.rows * geometry.columns;
  const bytes = new Uint8Array(Math.ceil((pixels * frames.length) / 16) * 2);
  frames.forEach(({ finding, k }, index) => {
    const mask = masks[finding];
    if (mask === undefined) return;
    const [startI, startJ, startK] = mask.start;
    const [sizeI, sizeJ] = mask.size;
    const plane = (k - startK) * sizeI * sizeJ;
    for (let j = 0; j < sizeJ; j += 1) {
      for (let i = 0; i < sizeI; i += 1) {
        if (mask.data[plane + j * sizeI + i] === 0) continue;
        const bit = index * pixels + (startJ + j) * geometry.columns + startI + i;
        bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
    }
  });
  return bytes;
}
