/** Cases that are made, not read: phantoms with known nodules. */
import type { WritePhantomOptions } from '../phantom/write-phantom.ts';
import type { BenchCase, PhantomRequest } from './types.ts';

/** Seeds from here on are for evaluation: nothing was trained on them. */
export const firstHeldOutSeed = 100_000;

export function phantomOptions({ seed, nodules, slices, sliceSpacingMm, columns }: PhantomRequest): Omit<WritePhantomOptions, 'out'> {
  return {
    seed, ...(nodules !== undefined && { nodules }), ...(slices !== undefined && { slices }), ...(columns !== undefined && { columns }),
    ...(sliceSpacingMm !== undefined && { sliceSpacingMm, sliceThicknessMm: sliceSpacingMm }),
  };
}

/** `count` phantoms with seeds counting up from that of the request. */
export function phantomCases(count: number, request: PhantomRequest): readonly BenchCase[] {
  return Array.from({ length: count }, (_, n) => {
    const phantom = { ...request, seed: request.seed + n };
    return { id: `phantom-${phantom.seed}`, source: { kind: 'phantom', phantom }, fingerprint: JSON.stringify(phantom) };
  });
}
