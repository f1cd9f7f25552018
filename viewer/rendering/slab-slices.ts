export type SlabMode = 'mip' | 'minip' | 'average';

export interface Slab {
  readonly mode: SlabMode;
  readonly thicknessMm: number;
}

/** Takes planes of one size one after the other. */
export interface Combiner {
  readonly add: (values: ArrayLike<number>) => void;
  /** After the last plane. */
  readonly finish: () => void;
}

const pick: Readonly<Record<SlabMode, (a: number, b: number) => number>> = {
  mip: (a, b) => (b > a ? b : a), minip: (a, b) => (b < a ? b : a), average: (a, b) => a + b,
};

/** Maximum, minimum or mean of planes, pixel by pixel, in `out`. Values that are `absent` take no part. */
export function combiner(mode: SlabMode, out: Float32Array, absent?: number): Combiner {
  const choose = pick[mode];
  const counts = new Uint16Array(out.length);
  return {
    add(values) {
      for (let at = 0; at < out.length; at++) {
        const value = values[at] as number;
        if (value === absent) continue;
        out[at] = counts[at] === 0 ? value : choose(out[at] as number, value);
        counts[at] = (counts[at] as number) + 1;
      }
    },
    finish() {
      for (let at = 0; at < out.length; at++) {
        const count = counts[at] as number;
        if (count === 0) out[at] = absent ?? 0;
        else if (mode === 'average') out[at] = (out[at] as number) / count;
      }
    },
  };
}

/** Maximum, minimum or mean of several slices of one size, pixel by pixel. */
export function combineSlices(mode: SlabMode, slices: readonly ArrayLike<number>[]): Float32Array {
  const out = new Float32Array(slices[0]?.length ?? 0);
  const combine = combiner(mode, out);
  for (const slice of slices) combine.add(slice);
  combine.finish();
  return out;
}

/** A hundredth of a millimetre: positions are decimal strings. */
const tolerance = 0.01;

/**
 * Indices of the slices within half the thickness of one, itself first. `along` holds the places of the slices along the
 * normal in mm; a slice without one ends the slab on its side.
 */
export function slicesAlong(along: readonly (number | undefined)[], index: number, thicknessMm: number): readonly number[] | undefined {
  const own = along[index];
  if (own === undefined) return undefined;
  const within = (at: number): boolean => {
    const there = along[at];
    return there !== undefined && Math.abs(there - own) <= thicknessMm / 2 + tolerance;
  };
  const found = [index];
  for (const step of [-1, 1]) for (let at = index + step; within(at); at += step) found.push(at);
  return found;
}
