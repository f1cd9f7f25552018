import { isDataset, itemsOf, numberOf, numbersOf, textOf, type JsonDataset } from '../dicom-json.ts';

export type Point3 = readonly [number, number, number];

/** Where an image lies in the patient, LPS mm (PS3.3 C.7.6.2). */
export interface ImagePlane {
  /** Centre of the top-left pixel. */
  readonly position: Point3;
  /** Unit vector of increasing column index. */
  readonly columnDirection: Point3;
  /** Unit vector of increasing row index. */
  readonly rowDirection: Point3;
  /** Distance between the centres of neighbouring columns. */
  readonly columnSpacingMm: number;
  readonly rowSpacingMm: number;
}

/** One image or one frame that can be shown. */
export interface SliceImage {
  /** The address of its frame; no two images have the same. */
  readonly imageId: string;
  readonly sopInstanceUID: string;
  /** 1-based, only for multi-frame images. */
  readonly frameNumber?: number;
  readonly instanceNumber?: number;
  readonly rows: number;
  readonly columns: number;
  readonly plane?: ImagePlane;
  /** The attributes of this image alone; for a frame with its functional groups merged in. */
  readonly attributes: JsonDataset;
}

const tag = {
  sopInstanceUID: '00080018', numberOfFrames: '00280008', sharedGroups: '52009229', perFrameGroups: '52009230',
  rows: '00280010', columns: '00280011', position: '00200032', orientation: '00200037', pixelSpacing: '00280030', instanceNumber: '00200013',
} as const;

/** The macros of a functional group each hold one item whose attributes belong to the frame (PS3.3 C.7.6.16). */
function macros(groups: JsonDataset | undefined): JsonDataset {
  if (groups === undefined) return {};
  return Object.assign({}, ...Object.keys(groups).flatMap((key) => itemsOf(groups, key).slice(0, 1))) as JsonDataset;
}

function frameAttributes(instance: JsonDataset, frame: number): JsonDataset {
  const shared = macros(itemsOf(instance, tag.sharedGroups)[0]);
  const own = macros(itemsOf(instance, tag.perFrameGroups)[frame - 1]);
  const ofAllFrames: readonly string[] = [tag.sharedGroups, tag.perFrameGroups, tag.numberOfFrames];
  const rest = Object.fromEntries(Object.entries(instance).filter(([key]) => !ofAllFrames.includes(key)));
  return { ...rest, ...shared, ...own };
}

/** From the values of Image Position, Image Orientation and Pixel Spacing (PS3.3 C.7.6.2.1.1); undefined while one is missing. */
export function planeFrom(position: readonly number[], orientation: readonly number[], spacingMm: readonly number[]): ImagePlane | undefined {
  const [x, y, z] = position;
  const [cx, cy, cz, rx, ry, rz] = orientation;
  const [rowSpacingMm, columnSpacingMm] = spacingMm;
  if (x === undefined || y === undefined || z === undefined || rowSpacingMm === undefined || columnSpacingMm === undefined) return undefined;
  if (cx === undefined || cy === undefined || cz === undefined || rx === undefined || ry === undefined || rz === undefined) return undefined;
  return { position: [x, y, z], columnDirection: [cx, cy, cz], rowDirection: [rx, ry, rz], columnSpacingMm, rowSpacingMm };
}

function sliceImage(seriesUrl: string, attributes: JsonDataset, sopInstanceUID: string, frame: number, multiframe: boolean): SliceImage | undefined {
  const rows = numberOf(attributes, tag.rows);
  const columns = numberOf(attributes, tag.columns);
  if (rows === undefined || columns === undefined) return undefined;
  const instanceNumber = numberOf(attributes, tag.instanceNumber);
  const plane = planeFrom(numbersOf(attributes, tag.position), numbersOf(attributes, tag.orientation), numbersOf(attributes, tag.pixelSpacing));
  return {
    imageId: `${seriesUrl}/instances/${encodeURIComponent(sopInstanceUID)}/frames/${String(frame)}`,
    sopInstanceUID, rows, columns, attributes,
    ...(multiframe ? { frameNumber: frame } : {}),
    ...(instanceNumber === undefined ? {} : { instanceNumber }),
    ...(plane === undefined ? {} : { plane }),
  };
}

function cross(a: Point3, b: Point3): Point3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: Point3, b: Point3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Unit normal of the image: columns × rows. */
export function normalOf(plane: ImagePlane): Point3 {
  return cross(plane.columnDirection, plane.rowDirection);
}

/** Head first for axial slices, as a chest is read; otherwise along the normal. */
function inReadingOrder(images: readonly SliceImage[]): readonly SliceImage[] {
  const reference = images.find((image) => image.plane !== undefined)?.plane;
  if (reference === undefined || images.some((image) => image.plane === undefined)) {
    return images.toSorted((a, b) => (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) || (a.frameNumber ?? 0) - (b.frameNumber ?? 0));
  }
  const normal = normalOf(reference);
  const axial = Math.abs(normal[2]) >= Math.max(Math.abs(normal[0]), Math.abs(normal[1]));
  // With the normal pointing to the head, descending distance runs from head to feet.
  const sign = axial ? -Math.sign(normal[2]) : 1;
  const along = (image: SliceImage): number => (image.plane === undefined ? 0 : sign * dot(image.plane.position, normal));
  return images.toSorted((a, b) => along(a) - along(b) || (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0));
}

/** The images of a series' metadata in reading order; instances without pixels (reports …) are none. */
export function sliceImages(seriesUrl: string, metadata: readonly unknown[]): readonly SliceImage[] {
  const images = metadata.filter(isDataset).flatMap((instance) => {
    const sopInstanceUID = textOf(instance, tag.sopInstanceUID);
    if (sopInstanceUID === undefined) return [];
    const frames = numberOf(instance, tag.numberOfFrames) ?? 1;
    const multiframe = frames > 1 || instance[tag.perFrameGroups] !== undefined;
    return Array.from({ length: frames }, (_, index) => sliceImage(
      seriesUrl, multiframe ? frameAttributes(instance, index + 1) : instance, sopInstanceUID, index + 1, multiframe,
    )).filter((image) => image !== undefined);
  });
  return inReadingOrder(images);
}

/** The image a finding refers to; -1 when it is not in this series. */
export function indexOfImage(images: readonly SliceImage[], sopInstanceUID: string, frameNumber?: number): number {
  return images.findIndex((image) => image.sopInstanceUID === sopInstanceUID && image.frameNumber === frameNumber);
}

/** The slice whose plane is nearest to the point. */
export function nearestSlice(images: readonly SliceImage[], world: Point3): number | undefined {
  let best: { readonly index: number; readonly distance: number } | undefined;
  for (const [index, { plane }] of images.entries()) {
    if (plane === undefined) return undefined;
    const distance = Math.abs(dot(normalOf(plane), [world[0] - plane.position[0], world[1] - plane.position[1], world[2] - plane.position[2]]));
    if (best === undefined || distance < best.distance) best = { index, distance };
  }
  return best?.index;
}

/** The point moved along the normal into the plane of the slice. */
export function ontoPlane(plane: ImagePlane, world: Point3): Point3 {
  const [column, row] = worldToPixel(plane, world);
  return pixelToWorld(plane, column, row);
}

/** LPS mm of a point given in pixels, (0,0) being the centre of the top-left pixel (PS3.3 C.7.6.2.1.1). */
export function pixelToWorld(plane: ImagePlane, column: number, row: number): Point3 {
  const at = (axis: 0 | 1 | 2): number => plane.position[axis]
    + plane.columnDirection[axis] * plane.columnSpacingMm * column
    + plane.rowDirection[axis] * plane.rowSpacingMm * row;
  return [at(0), at(1), at(2)];
}

/** Column and row of the foot of the perpendicular from a point onto the image. */
export function worldToPixel(plane: ImagePlane, world: Point3): readonly [column: number, row: number] {
  const from: Point3 = [world[0] - plane.position[0], world[1] - plane.position[1], world[2] - plane.position[2]];
  return [dot(from, plane.columnDirection) / plane.columnSpacingMm, dot(from, plane.rowDirection) / plane.rowSpacingMm];
}
