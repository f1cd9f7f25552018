/** Numbers that follow from a seed (mulberry32). */
export interface RandomNumbers {
  between(low: number, high: number): number;
}

export function randomNumbers(seed: number): RandomNumbers {
  let state = seed >>> 0;
  return {
    between(low, high) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return low + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (high - low);
    },
  };
}
