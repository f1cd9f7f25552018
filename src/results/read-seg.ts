/** The masks of a binary segmentation that this service wrote (`seg.ts`), back on the volume that they came from. */
import { item, items, number, numbers, text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { AppError } from '../errors.ts';
import { indexToWorld, worldToIndex } from '../volume/geometry.ts';
import { gridTolerance } from '../volume/stack.ts';
import type { MaskBox, SliceReference, Vec3, VolumeGeometry } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';

/** A plane is that of a slice when it is no farther from it than this part of the distance between slices: as far as an image may lie, and what rounding adds. */
const planeTolerance = gridTolerance + 0.02;

interface Plane {
  readonly k: number;
  /** First bit of the frame. */
  readonly bit: number;
}

/** The slice that has the image which the frame was made from. */
function sliceOfSource(groups: Dataset, slices: readonly SliceReference[]): number {
  const source = item(item(groups, 'DerivationImageSequence') ?? {}, 'SourceImageSequence') ?? {};
  const uid = text(source, 'ReferencedSOPInstanceUID');
  return uid === undefined ? -1 : slices.findIndex(({ sopInstanceUID, frameNumber }) => sopInstanceUID === uid && frameNumber === number(source, 'ReferencedFrameNumber'));
}

function sliceAt(position: Vec3, geometry: VolumeGeometry): number {
  const k = Math.round(worldToIndex(geometry, position)[2]);
  if (distance(indexToWorld(geometry, [0, 0, k]), position) > planeTolerance * geometry.spacingMm[2]) {
    throw new AppError('DICOM_INVALID_GEOMETRY', 'a frame of the segmentation does not lie on a slice');
  }
  return k;
}

/** Frames of each segment, by the slice that they lie on. */
function planesOf(dataset: Dataset, geometry: VolumeGeometry, slices: readonly SliceReference[]): ReadonlyMap<number, readonly Plane[]> {
  const planes = new Map<number, Plane[]>();
  items(dataset, 'PerFrameFunctionalGroupsSequence').forEach((groups, frame) => {
    const segment = number(item(groups, 'SegmentIdentificationSequence') ?? {}, 'ReferencedSegmentNumber');
    const position = numbers(item(groups, 'PlanePositionSequence') ?? {}, 'ImagePositionPatient');
    if (segment === undefined || position?.length !== 3) throw new AppError('DICOM_INVALID_GEOMETRY', 'a frame of the segmentation has no place');
    // One that was interpolated over a gap, or made from a copy of the image, has its place alone.
    const known = sliceOfSource(groups, slices);
    const k = known >= 0 ? known : sliceAt(position as unknown as Vec3, geometry);
    planes.set(segment, [...(planes.get(segment) ?? []), { k, bit: frame * geometry.rows * geometry.columns }]);
  });
  return planes;
}

function maskOf(bits: Uint8Array, planes: readonly Plane[], { rows, columns }: VolumeGeometry): MaskBox | undefined {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-1, -1, -1];
  const set: [number, number, number][] = [];
  for (const { k, bit } of planes) {
    for (let at = 0; at < rows * columns; at++) {
      // Nearly every byte is empty.
      if ((at + bit) % 8 === 0 && bits[(at + bit) >>> 3] === 0) { at += 7; continue; }
      if (((bits[(at + bit) >>> 3] ?? 0) & (1 << ((at + bit) & 7))) === 0) continue;
      const voxel: [number, number, number] = [at % columns, Math.floor(at / columns), k];
      set.push(voxel);
      for (const axis of [0, 1, 2] as const) {
        low[axis] = Math.min(low[axis], voxel[axis]);
        high[axis] = Math.max(high[axis], voxel[axis]);
      }
    }
  }
  if (set.length === 0) return undefined;
  const size = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] as const;
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (const [i, j, k] of set) data[((k - low[2]) * size[1] + j - low[1]) * size[0] + i - low[0]] = 1;
  return { start: low, size, data };
}

/**
 * Masks by Tracking UID. Where the slices are given, a frame is that of its source image, else that of its place.
 * @throws AppError DICOM_INVALID_GEOMETRY when the segmentation does not lie on this volume.
 */
export function readSegmentation(part10: Uint8Array, geometry: VolumeGeometry, slices: readonly SliceReference[] = []): ReadonlyMap<string, MaskBox> {
  const { dataset, pixelData, inflated } = parsePart10(part10);
  if (number(dataset, 'Rows') !== geometry.rows || number(dataset, 'Columns') !== geometry.columns || pixelData?.kind !== 'native') {
    throw new AppError('DICOM_INVALID_GEOMETRY', 'the segmentation does not lie on this volume');
  }
  const bits = (inflated ?? part10).subarray(pixelData.offset, pixelData.offset + pixelData.length);
  const planes = planesOf(dataset, geometry, slices);
  return new Map(items(dataset, 'SegmentSequence').flatMap((segment): readonly (readonly [string, MaskBox])[] => {
    const trackingUID = text(segment, 'TrackingUID');
    const mask = maskOf(bits, planes.get(number(segment, 'SegmentNumber') ?? -1) ?? [], geometry);
    return trackingUID === undefined || mask === undefined ? [] : [[trackingUID, mask]];
  }));
}
