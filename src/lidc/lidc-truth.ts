/** The lesions of a series that LIDC-IDRI's readers outlined, as a reference annotation. */
import type { ConvertedSeries } from './convert.ts';
import type { TruthNodule } from './truth.ts';

/** Every lesion that anybody outlined, however many readers did; who wants a stricter truth reads the agreement. */
export function lidcTruth({ nodules, readers }: Pick<ConvertedSeries, 'nodules' | 'readers'>): { readonly nodules: readonly TruthNodule[]; readonly withoutOutline: number } {
  const outlined = nodules.flatMap(({ consensus, worldPoint, readers: outliners, readersOfAnyMark, ratings, type }): readonly TruthNodule[] => (consensus === undefined ? [] : [{
    mask: consensus.mask, description: `${outliners} of ${readersOfAnyMark} readers outlined, ${consensus.diameterMm.toFixed(1)} mm`,
    worldPoint, diameterMm: consensus.diameterMm, diameterFrom: 'ball-of-volume', volumeMm3: consensus.volumeMm3, ...(type !== undefined && { type }),
    agreement: { outlined: outliners, marked: readersOfAnyMark, readers, ratings },
  }]));
  return { nodules: outlined, withoutOutline: nodules.length - outlined.length };
}
