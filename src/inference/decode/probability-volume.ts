/** Probabilities of every voxel, gathered from windows or slices, and the candidates that touching voxels make. */
import type { Triple } from '../../volume/lps-grid.ts';
import { flood } from '../../findings/components.ts';
import type { SegmentationOutput } from '../manifest/output.ts';
import { spacingOf, voxelMm3, type TensorFrame } from '../tensor/frame.ts';
import { guardCount, type Hit } from './hit.ts';

/** Probabilities are kept in so many steps. */
const steps = 65_535;

export interface ProbabilityVolume {
  readonly frame: TensorFrame;
  /** Adds to the sum of a voxel; a volume that is read with flips adds several times. */
  add(voxel: number, probability: number): void;
  components(output: SegmentationOutput): readonly Hit[];
}

/** Visits what touches a voxel by a side, an edge or a corner. */
function floodAll(seed: number, size: Triple, inside: (voxel: number) => boolean, visited: Uint8Array, visit: (voxel: number) => void): void {
  const stack = [seed];
  visited[seed] = 1;
  for (let voxel = stack.pop(); voxel !== undefined; voxel = stack.pop()) {
    visit(voxel);
    const [a, b, c] = placeOf(voxel, size);
    for (let x = Math.max(0, a - 1); x <= Math.min(size[0] - 1, a + 1); x++) {
      for (let y = Math.max(0, b - 1); y <= Math.min(size[1] - 1, b + 1); y++) {
        for (let z = Math.max(0, c - 1); z <= Math.min(size[2] - 1, c + 1); z++) {
          const next = (x * size[1] + y) * size[2] + z;
          if (visited[next] === 1 || !inside(next)) continue;
          visited[next] = 1;
          stack.push(next);
        }
      }
    }
  }
}

function placeOf(voxel: number, [, n1, n2]: Triple): Triple {
  const a = Math.floor(voxel / (n1 * n2));
  const rest = voxel - a * n1 * n2;
  const b = Math.floor(rest / n2);
  return [a, b, rest - b * n2];
}

/** @param passes how many values will be added to each voxel */
export function createProbabilityVolume(frame: TensorFrame, passes: number): ProbabilityVolume {
  const { size } = frame;
  // Sums of up to eight passes fit beside one another without losing steps.
  const share = Math.floor(steps / passes);
  const sums = new Uint16Array(size[0] * size[1] * size[2]);
  return {
    frame,
    add(voxel, probability) { sums[voxel] = (sums[voxel] as number) + Math.round(probability * share); },
    components({ threshold, connectivity = 26, score, minVolumeMm3 = 0 }) {
      const least = Math.max(1, Math.round(threshold * share * passes));
      const inside = (voxel: number): boolean => (sums[voxel] as number) >= least;
      const visited = new Uint8Array(sums.length);
      const oneMm3 = voxelMm3(frame);
      const spacingMm = spacingOf(frame);
      const hits: Hit[] = [];
      for (let start = 0; start < sums.length; start++) {
        if (visited[start] === 1 || !inside(start)) continue;
        let voxels = 0;
        let highest = 0;
        let total = 0;
        const moment: [number, number, number] = [0, 0, 0];
        const visit = (voxel: number): void => {
          const probability = (sums[voxel] as number) / (share * passes);
          const place = placeOf(voxel, size);
          voxels++;
          highest = Math.max(highest, probability);
          total += probability;
          for (const axis of [0, 1, 2] as const) moment[axis] += place[axis] * probability;
        };
        if (connectivity === 6) flood([start], size, inside, visited, visit);
        else floodAll(start, size, inside, visited, visit);
        if (voxels * oneMm3 < minVolumeMm3) continue;
        const index: Triple = [moment[0] / total, moment[1] / total, moment[2] / total];
        const diameterMm = Math.cbrt((6 / Math.PI) * voxels * oneMm3);
        hits.push({ cell: index, index, score: score === 'max' ? highest : total / voxels, diameterMm, sizeVoxels: [diameterMm / spacingMm[0], diameterMm / spacingMm[1], diameterMm / spacingMm[2]] });
        guardCount(hits.length);
      }
      return hits;
    },
  };
}
