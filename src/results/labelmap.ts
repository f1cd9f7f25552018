/**
 * The segmentation as a label map (PS3.3 A.51, SegmentationType LABELMAP): the number of its segment in each voxel, one
 * frame a slice. Numbers are those of the binary segmentation.
 */
import { put, putBytes } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { MaskBox, VolumeGeometry } from '../volume/types.ts';
import { momentFor, putOwnModules } from './common-modules.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { copiedImageModules, isLossy } from './lossy.ts';
import { frameOfReference, putReferencedSeries, sourceSeries } from './references.ts';
import { planeGroups, positionDimension, putDimensions, sharedGroups } from './seg-groups.ts';
import type { Segmentation } from './segment-frames.ts';
import { automaticSegment, segmentItem } from './segment.ts';
import { writeObject } from './write.ts';

export const labelmapStorage = '1.2.840.10008.5.1.4.1.1.66.7';

/** Calls `visit` with each set voxel: offset in its slice, and the slice. */
function eachVoxel({ start, size, data }: MaskBox, columns: number, visit: (pixel: number, k: number) => void): void {
  data.forEach((value, n) => {
    if (value === 0) return;
    const [i, j, k] = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))];
    visit((start[1] + j) * columns + start[0] + i, start[2] + k);
  });
}

/** Findings in as few sets as it takes for those of a set to share no voxel: one label map can say one thing of a voxel. */
function disjointSets(masks: readonly MaskBox[], findings: readonly number[], { columns, rows }: VolumeGeometry): readonly (readonly number[])[] {
  const sets: { readonly findings: number[]; readonly taken: Set<number> }[] = [];
  for (const finding of findings) {
    const voxels: number[] = [];
    const mask = masks[finding];
    if (mask !== undefined) eachVoxel(mask, columns, (pixel, k) => voxels.push(k * columns * rows + pixel));
    let set = sets.find(({ taken }) => !voxels.some((voxel) => taken.has(voxel)));
    if (set === undefined) sets.push(set = { findings: [], taken: new Set() });
    set.findings.push(finding);
    for (const voxel of voxels) set.taken.add(voxel);
  }
  return sets.map((set) => set.findings);
}

interface LabelFrames {
  /** Slices with any segment, in order. */
  readonly slices: readonly number[];
  readonly bytesPerPixel: 1 | 2;
  readonly pixels: Uint8Array;
}

function labelFrames(masks: readonly MaskBox[], segmentNumbers: ReadonlyMap<number, number>, geometry: VolumeGeometry): LabelFrames {
  const slices = new Set<number>();
  for (const finding of segmentNumbers.keys()) if (masks[finding]) eachVoxel(masks[finding], geometry.columns, (_, k) => slices.add(k));
  const order = [...slices].sort((a, b) => a - b);
  const frameOf = new Map(order.map((k, n) => [k, n]));
  const bytesPerPixel = Math.max(...segmentNumbers.values()) > 255 ? 2 : 1;
  const plane = geometry.columns * geometry.rows;
  const pixels = new Uint8Array(Math.ceil((plane * order.length * bytesPerPixel) / 2) * 2);
  for (const [finding, segmentNumber] of segmentNumbers) {
    const mask = masks[finding];
    if (mask === undefined) continue;
    eachVoxel(mask, geometry.columns, (pixel, k) => {
      const at = ((frameOf.get(k) ?? 0) * plane + pixel) * bytesPerPixel;
      pixels[at] = segmentNumber & 0xff;
      if (bytesPerPixel === 2) pixels[at + 1] = segmentNumber >> 8;
    });
  }
  return { slices: order, bytesPerPixel, pixels };
}

function putImage(own: Dataset, header: Dataset, { slices, bytesPerPixel, pixels }: LabelFrames, { columns, rows }: VolumeGeometry): void {
  put(own, 'ImageType', 'DERIVED', 'PRIMARY');
  put(own, 'SamplesPerPixel', 1);
  put(own, 'PhotometricInterpretation', 'MONOCHROME2');
  put(own, 'NumberOfFrames', slices.length);
  put(own, 'Rows', rows);
  put(own, 'Columns', columns);
  put(own, 'BitsAllocated', 8 * bytesPerPixel);
  put(own, 'BitsStored', 8 * bytesPerPixel);
  put(own, 'HighBit', 8 * bytesPerPixel - 1);
  put(own, 'PixelRepresentation', 0);
  // What belongs to no segment.
  put(own, 'PixelPaddingValue', 0);
  put(own, 'LossyImageCompression', isLossy(header) ? '01' : '00');
  putBytes(own, 'PixelData', bytesPerPixel === 1 ? 'OB' : 'OW', pixels);
}

/** One object, several where findings overlap; none when no finding has a voxel. */
export function buildLabelmaps(input: ResultInput, identity: ResultIdentity, segmentation: Segmentation): readonly ResultObject[] {
  const { volume, findings, masks, sourceHeaders: { header } } = input;
  const numbered = segmentation.segmentNumbers.flatMap((segmentNumber, finding) => (segmentNumber === undefined ? [] : [finding]));
  if (volume === undefined || numbered.length === 0) return [];
  const { geometry, slices } = volume;
  return disjointSets(masks, numbered, geometry).map((set, n) => {
    const segmentNumbers = new Map(set.map((finding) => [finding, segmentation.segmentNumbers[finding] ?? 0]));
    const frames = labelFrames(masks, segmentNumbers, geometry);
    const own: Dataset = {};
    const sopInstanceUID = identity.uid(`labelmap-${n + 1}`);
    putOwnModules(own, input, {
      sopClassUID: labelmapStorage, sopInstanceUID, seriesInstanceUID: identity.uid('labelmap-series'),
      seriesNumber: 9009, seriesDescription: 'AI lung nodules, label map', modality: 'SEG', instanceNumber: n + 1,
    }, momentFor(header, identity.createdAt));
    put(own, 'FrameOfReferenceUID', frameOfReference(input));
    put(own, 'PositionReferenceIndicator');
    put(own, 'ContentLabel', 'LUNG_NODULES');
    put(own, 'ContentDescription', 'Lung nodules found by AI, not verified');
    put(own, 'ContentCreatorName', 'Phoi^AI');
    putImage(own, header, frames, geometry);
    put(own, 'SegmentationType', 'LABELMAP');
    put(own, 'SegmentsOverlap', 'NO');
    put(own, 'SegmentSequence', ...set.flatMap((finding) => {
      const found = findings.findings[finding];
      return found === undefined ? [] : [segmentItem(input, automaticSegment(found), segmentNumbers.get(finding) ?? 0)];
    }));
    putDimensions(own, identity.uid(`labelmap-dimensions-${n + 1}`), [positionDimension]);
    put(own, 'SharedFunctionalGroupsSequence', sharedGroups(geometry));
    put(own, 'PerFrameFunctionalGroupsSequence', ...frames.slices.flatMap((k, at) => (slices[k] === undefined ? [] : [planeGroups(slices[k], [at + 1])])));
    const used = new Set(frames.slices.flatMap((k) => slices[k]?.sopInstanceUID ?? []));
    const series = sourceSeries(input);
    if (series !== undefined) putReferencedSeries(own, { ...series, instances: series.instances.filter(({ sopInstanceUID: uid }) => used.has(uid)) });
    return { role: 'labelmap', sopInstanceUID, sopClassUID: labelmapStorage, part10: writeObject(copiedImageModules(header), own) };
  });
}
