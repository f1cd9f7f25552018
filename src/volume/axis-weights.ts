/** One axis of a separable resampling: which source voxels make each target voxel, and with what weight. */
export interface AxisWeights {
  /** Most taps that any target has; the stride of `weights`. */
  readonly taps: number;
  /** First source index of each target; -1 where the target lies outside the source. */
  readonly first: Int32Array;
  /** Taps of each target. */
  readonly count: Int32Array;
  /** `weights[target * taps + t]` belongs to source `first[target] + t`; the taps of a target sum to 1. */
  readonly weights: Float32Array;
}

/** A target centre this far (in source voxels) outside the outermost source centre still belongs to that voxel. */
const halfVoxel = 0.5 + 1e-6;

/**
 * Linear interpolation with anti-aliasing: a triangle whose half-width is one source voxel, or one target voxel where
 * that is larger, so that downsampling averages instead of skipping voxels.
 *
 * @param position source index (fractional) of target 0
 * @param step source voxels between neighbouring targets, negative for a flip
 */
export function axisWeights(sourceCount: number, targetCount: number, position: number, step: number): AxisWeights {
  const halfWidth = Math.max(1, Math.abs(step));
  const taps = Math.floor(2 * halfWidth) + 2;
  const first = new Int32Array(targetCount).fill(-1);
  const count = new Int32Array(targetCount);
  const weights = new Float32Array(targetCount * taps);
  for (let target = 0; target < targetCount; target++) {
    const centre = position + target * step;
    if (centre < -halfVoxel || centre > sourceCount - 1 + halfVoxel) continue;
    const low = Math.max(0, Math.ceil(centre - halfWidth));
    const high = Math.min(sourceCount - 1, Math.floor(centre + halfWidth));
    let sum = 0;
    for (let source = low; source <= high; source++) sum += Math.max(0, 1 - Math.abs(source - centre) / halfWidth);
    for (let source = low; source <= high; source++) {
      weights[target * taps + source - low] = Math.max(0, 1 - Math.abs(source - centre) / halfWidth) / sum;
    }
    first[target] = low;
    count[target] = high - low + 1;
  }
  return { taps, first, count, weights };
}

/** The source indices that any target uses, as a half-open range; empty when there is no overlap. */
export function sourceRange(axis: AxisWeights): readonly [number, number] {
  let low = Infinity;
  let high = 0;
  for (let target = 0; target < axis.first.length; target++) {
    const first = axis.first[target] ?? -1;
    if (first < 0) continue;
    low = Math.min(low, first);
    high = Math.max(high, first + (axis.count[target] ?? 0));
  }
  return low === Infinity ? [0, 0] : [low, high];
}
