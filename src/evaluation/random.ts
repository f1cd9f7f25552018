/** Whole numbers below `bound`, uniform, drawn from `seed` alone (sfc32; rejection instead of a remainder that favours low numbers). */
export function createIntegerSource(seed: number, bound: number): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) next();
  const limit = 2 ** 32 - (2 ** 32 % bound);
  return () => {
    for (;;) {
      const value = next();
      if (value < limit) return value % bound;
    }
  };
}
