/** Marks from a map of probabilities with a cell for every few voxels. */
import type { Triple } from '../../volume/lps-grid.ts';
import { classProbability, inverse } from '../activation.ts';
import type { DiameterOutput, HeatmapOutput } from '../manifest/output.ts';
import { cellCentre, cellsOf, finite, guardCount, shaped, type Hit, type Sample } from './hit.ts';

/** Middle of the blob around a cell, in cells from its centre, where the model has no offset output of its own. */
function centroid(probability: (cell: number) => number, cells: Triple, [a, b, c]: Triple): Triple {
  let sum = 0;
  const moment: [number, number, number] = [0, 0, 0];
  for (let da = -1; da <= 1; da++) {
    for (let db = -1; db <= 1; db++) {
      for (let dc = -1; dc <= 1; dc++) {
        const [x, y, z] = [a + da, b + db, c + dc];
        if (x < 0 || y < 0 || z < 0 || x >= cells[0] || y >= cells[1] || z >= cells[2]) continue;
        const weight = probability((x * cells[1] + y) * cells[2] + z);
        sum += weight;
        moment[0] += weight * da;
        moment[1] += weight * db;
        moment[2] += weight * dc;
      }
    }
  }
  return sum > 0 ? [moment[0] / sum, moment[1] / sum, moment[2] / sum] : [0, 0, 0];
}

export const toMm = (value: number, { transform }: Pick<DiameterOutput, 'transform'>): number => (transform === 'log-mm' ? Math.exp(value) : value);

/** @throws AppError `MODEL_OUTPUT_INVALID`. */
export function decodeHeatmap(output: HeatmapOutput, { results, n, batch, window, spacingMm, threshold }: Sample): readonly Hit[] {
  const { probability, stride, offset, diameter } = output;
  const { name, channels = 1, channel = 0, activation } = probability;
  const cells = cellsOf(window, stride);
  const plane = cells[0] * cells[1] * cells[2];
  const heat = shaped(name, results.get(name), [batch, channels, ...cells]);
  const offsets = offset && shaped(offset.name, results.get(offset.name), [batch, 3, ...cells]);
  const diameters = diameter && shaped(diameter.name, results.get(diameter.name), [batch, 1, ...cells]);
  const probabilityAt = (cell: number): number => classProbability((c) => heat[(n * channels + c) * plane + cell] as number, probability);
  const lowest = inverse(threshold, activation);
  const hits: Hit[] = [];
  let cell = 0;
  for (let a = 0; a < cells[0]; a++) {
    for (let b = 0; b < cells[1]; b++) {
      for (let c = 0; c < cells[2]; c++, cell++) {
        // A value that is not a number is not below either: it ends the job.
        if ((heat[(n * channels + channel) * plane + cell] as number) < lowest) continue;
        const score = probabilityAt(cell);
        if (score < threshold) continue;
        const centre = cellCentre([a, b, c], stride);
        const shift = (axis: 0 | 1 | 2): number => (offsets?.[(n * 3 + axis) * plane + cell] ?? 0) / spacingMm[axis];
        const moved: Triple = offsets ? [shift(0), shift(1), shift(2)] : scaled(centroid(probabilityAt, cells, [a, b, c]), stride);
        const said = diameters?.[n * plane + cell];
        const diameterMm = said === undefined || !diameter ? undefined : toMm(said, diameter);
        finite([...moved, diameterMm ?? 0], 'an offset or diameter');
        hits.push({ cell: centre, index: [centre[0] + moved[0], centre[1] + moved[1], centre[2] + moved[2]], score, ...(diameterMm !== undefined && { diameterMm }) });
        guardCount(hits.length);
      }
    }
  }
  return hits;
}

const scaled = (a: Triple, b: Triple): Triple => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
