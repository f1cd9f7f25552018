/** What is cut out of the volume for the pictures of a finding, while the volume is there: a few small planes each. */
import type { Finding } from '../findings/types.ts';
import { indexToWorld } from '../volume/geometry.ts';
import { planeAround, samplePlane, type PlaneImage } from '../volume/reformat.ts';
import type { Vec3, Volume } from '../volume/types.ts';

export interface FindingViews {
  /** The body at the level of the finding. */
  readonly overview: PlaneImage;
  /** Close up, through the middle of the finding. */
  readonly axial: PlaneImage;
  readonly coronal: PlaneImage;
  readonly sagittal: PlaneImage;
}

/** Pictures are made of so many findings, those with the highest score; the summary says when there are more. */
export const mostViews = 12;
const closeUpPixels = 192;
const overviewPixels = 256;
/** Side of a close-up: some times the nodule, but never so small that its surroundings cannot be told. */
const closeUp = { timesLongAxis: 2.5, leastMm: 40, mostMm: 110 };

function overviewPlane({ geometry }: Volume, [, , z]: Vec3): ReturnType<typeof planeAround> {
  const corners = [0, geometry.columns - 1].flatMap((i) => [0, geometry.rows - 1].map((j) => indexToWorld(geometry, [i, j, (geometry.slices - 1) / 2])));
  const range = (axis: 0 | 1): readonly [number, number] => [Math.min(...corners.map((corner) => corner[axis])), Math.max(...corners.map((corner) => corner[axis]))];
  const [x, y] = [range(0), range(1)];
  const fieldMm = Math.max(x[1] - x[0], y[1] - y[0]) + Math.max(geometry.spacingMm[0], geometry.spacingMm[1]);
  return planeAround('axial', [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2, z], fieldMm, overviewPixels);
}

/** Of the first `mostViews` findings, in their order. */
export function cutViews(volume: Volume, findings: readonly Pick<Finding, 'worldPoint' | 'longAxisMm'>[]): readonly FindingViews[] {
  return findings.slice(0, mostViews).map(({ worldPoint, longAxisMm }) => {
    const fieldMm = Math.min(closeUp.mostMm, Math.max(closeUp.leastMm, closeUp.timesLongAxis * longAxisMm));
    const view = (name: PlaneImage['name']): PlaneImage => samplePlane(volume, planeAround(name, worldPoint, fieldMm, closeUpPixels));
    return { overview: samplePlane(volume, overviewPlane(volume, worldPoint)), axial: view('axial'), coronal: view('coronal'), sagittal: view('sagittal') };
  });
}
