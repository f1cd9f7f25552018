/** Segmentations of any maker on the slices they belong to (PS3.3 A.51): binary, label maps, or fractional from one half on. */
import { itemsOf, numberOf, numbersOf, textOf, type JsonDataset } from '../dicom-json.ts';
import { normalOf, planeFrom, type ImagePlane, type SliceImage } from '../rendering/slice-images.ts';

export interface SegmentFrame {
  /** From 0. */
  readonly frame: number;
  readonly segmentNumber: number;
  /** What the pixels of the segment hold in `masks`. */
  readonly value: number;
  readonly sopInstanceUIDs: readonly string[];
  readonly plane?: ImagePlane;
}

export interface Segmentation {
  readonly sopInstanceUID: string;
  readonly rows: number;
  readonly columns: number;
  readonly segments: ReadonlyMap<number, string>;
  readonly frames: readonly SegmentFrame[];
  /** One number for each pixel, frame after frame: 1 inside, or in label maps the number of the segment. */
  readonly masks: Uint8Array | Uint16Array;
}

const tag = {
  shared: '52009229', perFrame: '52009230', derivation: '00089124', source: '00082112', referencedSOP: '00081155', segmentIdentification: '0062000A', segmentNumberRef: '0062000B',
  planePosition: '00209113', planeOrientation: '00209116', measures: '00289110', position: '00200032', orientation: '00200037', spacing: '00280030',
  segments: '00620002', segmentNumber: '00620004', segmentLabel: '00620005', rows: '00280010', columns: '00280011', frames: '00280008', bits: '00280100', maximum: '0062000E', type: '00620001',
} as const;

function macro(groups: readonly (JsonDataset | undefined)[], name: string): JsonDataset | undefined {
  return groups.map((group) => (group === undefined ? undefined : itemsOf(group, name)[0])).find((found) => found !== undefined);
}

function planeOf(groups: readonly (JsonDataset | undefined)[]): ImagePlane | undefined {
  const [positions, orientations, measures] = [tag.planePosition, tag.planeOrientation, tag.measures].map((name) => macro(groups, name));
  if (positions === undefined || orientations === undefined || measures === undefined) return undefined;
  return planeFrom(numbersOf(positions, tag.position), numbersOf(orientations, tag.orientation), numbersOf(measures, tag.spacing));
}

/** Bits or bytes of every frame as one byte a pixel. Frames come one after the other, each in whole bytes. */
export function unpackMasks(bytes: Uint8Array, frameCount: number, pixels: number, bitsAllocated: number, threshold: number): Uint8Array {
  const stride = frameCount === 0 ? 0 : Math.floor(bytes.length / frameCount);
  const isPacked = bitsAllocated === 1 && stride < pixels;
  if (stride < (isPacked ? Math.ceil(pixels / 8) : pixels)) throw new RangeError('the pixel data of the segmentation ends too early');
  const out = new Uint8Array(frameCount * pixels);
  for (let frame = 0; frame < frameCount; frame++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = isPacked ? ((bytes[frame * stride + (pixel >> 3)] ?? 0) >> (pixel & 7)) & 1 : bytes[frame * stride + pixel] ?? 0;
      out[frame * pixels + pixel] = value >= threshold ? 1 : 0;
    }
  }
  return out;
}

/** The number of its segment at each pixel. */
function labels(bytes: Uint8Array, count: number, bitsAllocated: number): Uint8Array | Uint16Array {
  if (bytes.length < count * bitsAllocated / 8) throw new RangeError('the pixel data of the label map ends too early');
  if (bitsAllocated === 8) return bytes.subarray(0, count);
  return Uint16Array.from({ length: count }, (_, at) => (bytes[at * 2] ?? 0) | (bytes[at * 2 + 1] ?? 0) << 8);
}

export function readSegmentation(dataset: JsonDataset, bytes: Uint8Array): Segmentation {
  const rows = numberOf(dataset, tag.rows) ?? 0;
  const columns = numberOf(dataset, tag.columns) ?? 0;
  const count = numberOf(dataset, tag.frames) ?? 1;
  const shared = itemsOf(dataset, tag.shared)[0];
  const perFrame = itemsOf(dataset, tag.perFrame);
  const bits = numberOf(dataset, tag.bits) ?? 1;
  const isLabelmap = textOf(dataset, tag.type) === 'LABELMAP';
  const masks = isLabelmap ? labels(bytes, count * rows * columns, bits) : unpackMasks(bytes, count, rows * columns, bits, bits === 1 ? 1 : Math.max(1, (numberOf(dataset, tag.maximum) ?? 255) / 2));
  const frames = Array.from({ length: count }, (_, frame): readonly SegmentFrame[] => {
    const groups = [perFrame[frame], shared];
    const plane = planeOf(groups);
    const derivation = macro(groups, tag.derivation);
    const identification = macro(groups, tag.segmentIdentification);
    const place = {
      frame,
      sopInstanceUIDs: derivation === undefined ? [] : itemsOf(derivation, tag.source).flatMap((item) => textOf(item, tag.referencedSOP) ?? []),
      ...(plane === undefined ? {} : { plane }),
    };
    if (!isLabelmap) return [{ ...place, value: 1, segmentNumber: (identification === undefined ? undefined : numberOf(identification, tag.segmentNumberRef)) ?? 1 }];
    const there = new Set(masks.subarray(frame * rows * columns, (frame + 1) * rows * columns));
    // 0 is what belongs to no segment.
    there.delete(0);
    return [...there].map((value) => ({ ...place, value, segmentNumber: value }));
  }).flat();
  return {
    sopInstanceUID: textOf(dataset, '00080018') ?? '', rows, columns, frames,
    segments: new Map(itemsOf(dataset, tag.segments).map((item) => [numberOf(item, tag.segmentNumber) ?? 0, textOf(item, tag.segmentLabel) ?? ''])),
    masks,
  };
}

/** Frames of the segmentation that lie on this image: by its place in space, or by its identity where it has none. */
export function framesOn(segmentation: Segmentation, image: SliceImage, sliceSpacingMm: number): readonly SegmentFrame[] {
  return segmentation.frames.filter(({ plane, sopInstanceUIDs }) => {
    if (image.frameNumber === undefined && sopInstanceUIDs.length > 0) return sopInstanceUIDs.includes(image.sopInstanceUID);
    if (plane === undefined || image.plane === undefined) return sopInstanceUIDs.includes(image.sopInstanceUID);
    const normal = normalOf(image.plane);
    const own = normalOf(plane);
    const cosine = Math.abs(normal.reduce((sum, each, axis) => sum + each * (own[axis] ?? 0), 0));
    const distance = Math.abs(normal.reduce((sum, each, axis) => sum + each * ((plane.position[axis] ?? 0) - (image.plane?.position[axis] ?? 0)), 0));
    return cosine > 0.999 && distance <= sliceSpacingMm / 2;
  });
}
