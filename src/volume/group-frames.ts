/** Splits the images of one series into sets that can each be one volume. */
import type { FrameHeader } from './frame-header.ts';
import type { Vec3 } from './types.ts';
import { cross, dot } from './vec3.ts';

/** Direction cosines that differ by less than this are the same orientation. */
const cosineTolerance = 1e-4;
const spacingTolerance = 1e-3;
/** Images closer together than this along the normal lie at the same position, mm. */
export const samePositionMm = 0.01;

function close(a: Vec3 | undefined, b: Vec3 | undefined, tolerance: number): boolean {
  if (!a || !b) return a === b;
  return a.every((value, axis) => Math.abs(value - (b[axis] ?? NaN)) <= tolerance);
}

function sameSpacing(a: FrameHeader['pixelSpacing'], b: FrameHeader['pixelSpacing']): boolean {
  if (!a || !b) return a === b;
  return Math.abs(a[0] - b[0]) <= spacingTolerance && Math.abs(a[1] - b[1]) <= spacingTolerance;
}

/** Whether two images may belong to one volume, by everything but their position. */
function compatible(a: FrameHeader, b: FrameHeader): boolean {
  return (
    a.sopClassUID === b.sopClassUID &&
    a.format.rows === b.format.rows &&
    a.format.columns === b.format.columns &&
    a.frameOfReferenceUID === b.frameOfReferenceUID &&
    a.stackKey === b.stackKey &&
    [0, 1, 2].every((n) => (a.imageType[n] ?? '') === (b.imageType[n] ?? '')) &&
    close(a.rowCosines, b.rowCosines, cosineTolerance) &&
    close(a.columnCosines, b.columnCosines, cosineTolerance) &&
    sameSpacing(a.pixelSpacing, b.pixelSpacing)
  );
}

/** Unit normal of an image's plane. */
export function planeNormal(frame: FrameHeader): Vec3 | undefined {
  return frame.rowCosines && frame.columnCosines && cross(frame.rowCosines, frame.columnCosines);
}

/** Position along a normal, mm. */
export const along = (frame: FrameHeader, normal: Vec3): number => (frame.position ? dot(frame.position, normal) : NaN);

function repeatsPosition(frames: readonly FrameHeader[]): boolean {
  const normal = frames[0] && planeNormal(frames[0]);
  if (!normal) return false;
  const positions = frames.map((frame) => along(frame, normal)).sort((a, b) => a - b);
  return positions.some((position, n) => n > 0 && position - (positions[n - 1] ?? NaN) < samePositionMm);
}

function groupBy(frames: readonly FrameHeader[], key: (frame: FrameHeader) => string): readonly (readonly FrameHeader[])[] {
  const groups = new Map<string, FrameHeader[]>();
  for (const frame of frames) {
    const known = groups.get(key(frame));
    if (known) known.push(frame);
    else groups.set(key(frame), [frame]);
  }
  return [...groups.values()];
}

/** What may tell apart two passes over the same positions, the surest first. */
const passKeys: readonly ((frame: FrameHeader) => string)[] = [
  (frame) => String(frame.acquisitionNumber ?? ''),
  (frame) => frame.kernel,
  (frame) => frame.imageType.join('\\'),
  (frame) => String(frame.sliceThicknessMm ?? ''),
  (frame) => frame.contentTime,
];

/** Splits where positions repeat, by the first attribute that leaves no repetition in any part. */
function splitPasses(frames: readonly FrameHeader[]): readonly (readonly FrameHeader[])[] {
  if (!repeatsPosition(frames)) return [frames];
  for (const key of passKeys) {
    const parts = groupBy(frames, key);
    if (parts.length > 1 && parts.every((part) => !repeatsPosition(part))) return parts;
  }
  return [frames];
}

/**
 * The sets of images that agree in class, size, orientation, pixel spacing, frame of reference, image type and stack;
 * several passes over the same positions are told apart by acquisition, kernel, image type, thickness or time.
 * Largest set first.
 */
export function groupFrames(frames: readonly FrameHeader[]): readonly (readonly FrameHeader[])[] {
  const groups: FrameHeader[][] = [];
  for (const frame of frames) {
    const group = groups.find(([first]) => first && compatible(first, frame));
    if (group) group.push(frame);
    else groups.push([frame]);
  }
  return groups.flatMap(splitPasses).sort((a, b) => b.length - a.length);
}
