/** A small seeded generator (sfc32), so that a phantom depends on its seed and on nothing else. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  uniform(low: number, high: number): number;
  normal(mean?: number, standardDeviation?: number): number;
  integer(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** FNV-1a with a final avalanche: the four state words come from different suffixes. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The stream named `label` of `seed`: streams are independent, so a change in one part leaves the others alone. */
export function createRandom(seed: number, label: string): Random {
  let a = hash(`${seed}/${label}/a`);
  let b = hash(`${seed}/${label}/b`);
  let c = hash(`${seed}/${label}/c`);
  let d = 1;
  let spare: number | undefined;
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    normal: (mean = 0, standardDeviation = 1) => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return mean + standardDeviation * value;
      }
      // Polar method: only sqrt and log, the same on every machine that runs this Node version.
      for (;;) {
        const u = 2 * next() - 1;
        const v = 2 * next() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) {
          const factor = Math.sqrt((-2 * Math.log(s)) / s);
          spare = v * factor;
          return mean + standardDeviation * u * factor;
        }
      }
    },
    integer: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
  };
}
