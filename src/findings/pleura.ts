/**
 * The pleura under a nodule that sits on it. The mask's surface dips into a wide flat nodule; a smooth surface through
 * the pleura around the nodule does not.
 */
import { gridToWorld, type LpsGrid } from '../volume/lps-grid.ts';
import type { Vec3 } from '../volume/types.ts';
import { add, cross, dot, length, normalize, subtract } from '../volume/vec3.ts';
import { depthAt } from './lung-location.ts';
import type { LungMask } from './lung-mask.ts';
import { solveSymmetric } from './solve.ts';

/** Height over the tangent plane as a polynomial of second degree; heights point out of the lung. */
export interface PleuraFit {
  readonly centre: Vec3;
  readonly outward: Vec3;
  readonly u: Vec3;
  readonly v: Vec3;
  readonly coefficients: readonly number[];
  /** The surface is only known this far sideways from the centre, mm. */
  readonly reachMm: number;
}

/** Pleura this far beyond the nodule's own footprint is used, mm. */
const ringMm = 14;
/** Points further than this above or below the centre belong to another wall, mm. */
const heightMm = 14;
/** A surface that fits its points worse than this is not smooth: a fissure, a corner, the hilum. */
const worstResidualMm = 1.7;
const fewestPoints = 24;
/** The surface may lie this far outside the mask, mm. */
const mostRaiseMm = 7;

/** Towards the nearest pleura: against the gradient of depth, averaged over the neighbourhood. */
function outwardAt(lungs: LungMask, centre: Vec3): Vec3 {
  let sum: Vec3 = [0, 0, 0];
  for (const step of [3, 6, 9]) {
    const gradient: Vec3 = [
      depthAt(lungs, add(centre, [step, 0, 0])) - depthAt(lungs, add(centre, [-step, 0, 0])),
      depthAt(lungs, add(centre, [0, step, 0])) - depthAt(lungs, add(centre, [0, -step, 0])),
      depthAt(lungs, add(centre, [0, 0, step])) - depthAt(lungs, add(centre, [0, 0, -step])),
    ];
    sum = subtract(sum, normalize(gradient));
  }
  return normalize(sum);
}

/** Points of the mask's surface within a distance of the centre. */
function surfacePoints({ grid, depthMm }: LungMask, centre: Vec3, radiusMm: number): readonly Vec3[] {
  const [nz, ny, nx] = grid.size;
  const range = (axis: 0 | 1 | 2, count: number): readonly [number, number] => {
    const spacing = grid.spacingMm[2 - axis as 0 | 1 | 2];
    const middle = (centre[axis] - grid.origin[axis]) / spacing;
    return [Math.max(0, Math.floor(middle - radiusMm / spacing)), Math.min(count - 2, Math.ceil(middle + radiusMm / spacing))];
  };
  const [[x0, x1], [y0, y1], [z0, z1]] = [range(0, nx), range(1, ny), range(2, nz)];
  const points: Vec3[] = [];
  const crossing = (n: number, z: number, y: number, x: number, other: number, dz: number, dy: number, dx: number): void => {
    const a = depthMm[n] as number;
    const b = depthMm[other] as number;
    if (a > 0 === b > 0) return;
    const t = a / (a - b);
    points.push(gridToWorld(grid, [z + dz * t, y + dy * t, x + dx * t]));
  };
  for (let z = z0; z <= z1; z++) {
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const n = (z * ny + y) * nx + x;
        crossing(n, z, y, x, n + 1, 0, 0, 1);
        crossing(n, z, y, x, n + nx, 0, 1, 0);
        crossing(n, z, y, x, n + ny * nx, 1, 0, 0);
      }
    }
  }
  return points;
}

const terms = (a: number, b: number): readonly number[] => [1, a, b, a * a, a * b, b * b];

interface Sample {
  readonly terms: readonly number[];
  readonly height: number;
}

function leastSquares(samples: readonly Sample[], weights: readonly number[]): readonly number[] | undefined {
  const size = 6;
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const right = new Array<number>(size).fill(0);
  samples.forEach((sample, n) => {
    const weight = weights[n] ?? 0;
    for (let row = 0; row < size; row++) {
      const term = weight * (sample.terms[row] ?? 0);
      right[row] = (right[row] ?? 0) + term * sample.height;
      const line = matrix[row];
      if (line) for (let column = 0; column < size; column++) line[column] = (line[column] ?? 0) + term * (sample.terms[column] ?? 0);
    }
  });
  return solveSymmetric(matrix, right);
}

const evaluate = (coefficients: readonly number[], values: readonly number[]): number => values.reduce((sum, value, n) => sum + value * (coefficients[n] ?? 0), 0);

/** In how many of eight directions around the nodule the pleura is seen. */
function directionsSeen(samples: readonly Sample[]): number {
  return new Set(samples.map(({ terms: [, a = 0, b = 0] }) => Math.floor(((Math.atan2(b, a) + Math.PI) / (2 * Math.PI)) * 8) % 8)).size;
}

/**
 * A smooth pleura under a nodule of about `expectedMm` at `centre`; undefined when the nodule is away from the pleura
 * or the surface around it is not smooth.
 */
export function fitPleura(lungs: LungMask, centre: Vec3, expectedMm: number): PleuraFit | undefined {
  if (depthAt(lungs, centre) > 0.75 * expectedMm + 2) return undefined;
  const outward = outwardAt(lungs, centre);
  if (length(outward) === 0) return undefined;
  const u = normalize(cross(outward, Math.abs(outward[2]) < 0.8 ? [0, 0, 1] : [1, 0, 0]));
  const v = cross(outward, u);
  const innerMm = 0.65 * expectedMm + 1;
  const outerMm = innerMm + ringMm;
  const samples = surfacePoints(lungs, centre, outerMm).flatMap((point): readonly Sample[] => {
    const relative = subtract(point, centre);
    const [a, b, height] = [dot(relative, u), dot(relative, v), dot(relative, outward)];
    const aside = Math.hypot(a, b);
    return aside < innerMm || aside > outerMm || Math.abs(height) > heightMm ? [] : [{ terms: terms(a, b), height }];
  });
  if (samples.length < fewestPoints || directionsSeen(samples) < 6) return undefined;
  let weights: readonly number[] = samples.map(() => 1);
  let coefficients: readonly number[] | undefined;
  let residuals: readonly number[] = [];
  for (let round = 0; round < 4; round++) {
    coefficients = leastSquares(samples, weights);
    if (!coefficients) return undefined;
    const fitted = coefficients;
    residuals = samples.map((sample) => Math.abs(sample.height - evaluate(fitted, sample.terms)));
    weights = residuals.map((residual) => 1 / (1 + (residual / 1) ** 2));
  }
  const sorted = [...residuals].sort((a, b) => a - b);
  if (!coefficients || (sorted[Math.floor(sorted.length * 0.7)] ?? Infinity) > worstResidualMm) return undefined;
  return { centre, outward, u, v, coefficients, reachMm: innerMm };
}

/** Raises depths to the distance from the fitted pleura, under the nodule's footprint and a few millimetres beyond the mask only. */
export function raiseToPleura(depthMm: Float32Array, grid: LpsGrid, fit: PleuraFit): void {
  const [nz, ny, nx] = grid.size;
  const start = subtract(grid.origin, fit.centre);
  for (let z = 0, n = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, n++) {
        const depth = depthMm[n] as number;
        if (depth > 1 || depth < -mostRaiseMm) continue;
        const relative = add(start, [x * grid.spacingMm[2], y * grid.spacingMm[1], z * grid.spacingMm[0]]);
        const [a, b] = [dot(relative, fit.u), dot(relative, fit.v)];
        if (Math.hypot(a, b) > fit.reachMm) continue;
        const below = evaluate(fit.coefficients, terms(a, b)) - dot(relative, fit.outward);
        if (below > depth) depthMm[n] = below;
      }
    }
  }
}

