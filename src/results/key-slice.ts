/** The image on which a finding's axes were measured, and its outline there. */
import type { Finding } from '../findings/types.ts';
import type { SopReference } from './content-item.ts';
import type { ResultInput } from './input.ts';

/** Reference to the key image; undefined when it is not among the images that were read. */
export function keySlice(input: Pick<ResultInput, 'sourceHeaders'>, finding: Pick<Finding, 'sliceInstanceUID' | 'sliceFrameNumber'>): SopReference | undefined {
  const found = input.sourceHeaders.references.find(({ sopInstanceUID }) => sopInstanceUID === finding.sliceInstanceUID);
  if (found === undefined) return undefined;
  return { ...found, ...(finding.sliceFrameNumber === undefined ? {} : { frameNumber: finding.sliceFrameNumber }) };
}

/** Twice the area of a flat polygon. */
function doubledArea(polygon: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at + 1 < polygon.length; at += 2) {
    const next = (at + 2) % polygon.length;
    sum += (polygon[at] ?? 0) * (polygon[next + 1] ?? 0) - (polygon[next] ?? 0) * (polygon[at + 1] ?? 0);
  }
  return Math.abs(sum);
}

/** The outline on the key image; of several islands the largest. Columns and rows, pixel centres are whole numbers. */
export function largestPolygon(finding: Pick<Finding, 'outlines' | 'sliceInstanceUID' | 'sliceFrameNumber'>): readonly number[] | undefined {
  const outline = finding.outlines.find(({ sopInstanceUID, frameNumber }) => (
    sopInstanceUID === finding.sliceInstanceUID && frameNumber === finding.sliceFrameNumber
  ));
  const polygons = (outline?.polygons ?? []).filter((polygon) => polygon.length >= 6);
  return polygons.reduce<readonly number[] | undefined>(
    (best, polygon) => (best === undefined || doubledArea(polygon) > doubledArea(best) ? polygon : best), undefined,
  );
}
