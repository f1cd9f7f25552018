import type { PhantomGrid, PhantomScene } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import { cross } from './vector.ts';

/** How the patient lies in the gantry (PS3.3 C.7.3.1.1.2). */
export type PatientPosition = 'HFS' | 'HFP' | 'FFS' | 'FFP';

export interface SeriesGeometryOptions {
  readonly patientPosition?: PatientPosition;
  /** Image width and height in pixels. Default 512. */
  readonly columns?: number;
  /** Default: lungs and chest wall fill the image. */
  readonly pixelSpacingMm?: number;
  /** Distance between slices. Default 1.25 mm. */
  readonly sliceSpacingMm?: number;
  /** Default: as many as cover both lungs. */
  readonly slices?: number;
  /** Turns the scan planes around the patient's x, y and z axes. Default none. */
  readonly obliqueDegrees?: Vec3;
}

/**
 * The grid a scanner would reconstruct. Images are shown as they lie in the gantry, so that for feet-first and
 * prone patients rows and columns run the other way in patient coordinates; slices follow the normal.
 */
export function seriesGrid(scene: PhantomScene, options: SeriesGeometryOptions): PhantomGrid {
  const position = options.patientPosition ?? 'HFS';
  const prone = position.endsWith('P');
  const x = (position.startsWith('F') ? -1 : 1) * (prone ? -1 : 1);
  const turn = rotation(options.obliqueDegrees ?? [0, 0, 0]);
  const columnDirection = turn([x, 0, 0]);
  const rowDirection = turn([0, prone ? -1 : 1, 0]);
  const sliceDirection = cross(columnDirection, rowDirection);
  const columns = options.columns ?? 512;
  const { bodyBox, lungBox } = scene;
  const field = Math.min(Math.max(lungBox.high[0] - lungBox.low[0] + 95, bodyBox.high[1] - bodyBox.low[1] + 30), 500);
  const pixel = options.pixelSpacingMm ?? Math.round((field / columns) * 10_000) / 10_000;
  const extent = lungBox.high[2] - lungBox.low[2] + 16;
  const spacing = options.sliceSpacingMm ?? (options.slices === undefined ? 1.25 : Math.round((extent / options.slices) * 100) / 100);
  const slices = options.slices ?? Math.ceil(extent / spacing);
  const centre: Vec3 = [0, (bodyBox.low[1] + bodyBox.high[1]) / 2, (lungBox.low[2] + lungBox.high[2]) / 2];
  const half = [((columns - 1) * pixel) / 2, ((columns - 1) * pixel) / 2, ((slices - 1) * spacing) / 2] as const;
  const at = (axis: 0 | 1 | 2): number => (
    centre[axis] - half[0] * columnDirection[axis] - half[1] * rowDirection[axis] - half[2] * sliceDirection[axis]
  );
  return {
    columns, rows: columns, slices, origin: [at(0), at(1), at(2)].map((v) => Math.round(v * 1000) / 1000) as [number, number, number],
    columnDirection, rowDirection, sliceDirection, spacingMm: [pixel, pixel, spacing],
  };
}

function rotation(degrees: Vec3): (v: Vec3) => Vec3 {
  const [a, b, c] = degrees.map((d) => (d * Math.PI) / 180) as [number, number, number];
  return (v) => {
    const aboutX: Vec3 = [v[0], v[1] * Math.cos(a) - v[2] * Math.sin(a), v[1] * Math.sin(a) + v[2] * Math.cos(a)];
    const aboutY: Vec3 = [aboutX[0] * Math.cos(b) + aboutX[2] * Math.sin(b), aboutX[1], aboutX[2] * Math.cos(b) - aboutX[0] * Math.sin(b)];
    return [aboutY[0] * Math.cos(c) - aboutY[1] * Math.sin(c), aboutY[0] * Math.sin(c) + aboutY[1] * Math.cos(c), aboutY[2]];
  };
}
