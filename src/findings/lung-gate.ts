/** Is what was found a chest with lungs enough for the model? */
import { worldBounds } from '../volume/geometry.ts';
import { reason } from '../volume/reasons.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { Volume } from '../volume/types.ts';
import type { LungMask } from './lung-mask.ts';
import type { Reason } from './types.ts';

/** Less than this is no lung, even in a scan of a part of the chest. */
const leastLungMl = 250;
/** A scan that does not cut the lungs shows at least this much (small adults, deep expiration). */
const leastWholeLungMl = 900;
/** Lung of this area on the first or last slice means that the scan cuts it. */
const cutAreaCm2 = 30;
/** Mean density of aerated lung, HU. */
const plausibleLungHU = [-975, -500] as const;
/** Lung this close to the side of the image is cut by the field of view, mm. */
const sideMarginMm = 8;

/** Stored values that are no Hounsfield units show neither air nor soft tissue where a chest has both. */
export function checkPlausibleHU({ hu }: Volume): Reason | undefined {
  let air = 0;
  let soft = 0;
  let samples = 0;
  for (let n = 0; n < hu.length; n += 37) {
    const value = hu[n] as number;
    if (value < -850) air++;
    else if (value > -150 && value < 250) soft++;
    samples++;
  }
  if (air < 0.02 * samples) return reason('hu-implausible', { problem: 'no air' });
  return soft < 0.02 * samples ? reason('hu-implausible', { problem: 'no soft tissue' }) : undefined;
}

export interface LungGate {
  readonly refusal?: Reason;
  readonly warnings: readonly Reason[];
  /** The scan shows the lungs from top to bottom. */
  readonly isComplete: boolean;
}

function cutAtSide(lungs: LungMask, volume: Volume): boolean {
  if (!lungs.box) return false;
  const [low, high] = worldBounds(volume.geometry);
  return ([0, 1] as const).some((axis) => (lungs.box?.[0][axis] ?? Infinity) - low[axis] < sideMarginMm || high[axis] - (lungs.box?.[1][axis] ?? -Infinity) < sideMarginMm);
}

/** Which end of the lungs the scan cuts. */
function cutEnd({ topAreaCm2, bottomAreaCm2 }: LungMask): 'apex' | 'base' | 'both' {
  if (topAreaCm2 > cutAreaCm2 && bottomAreaCm2 > cutAreaCm2) return 'both';
  return topAreaCm2 > cutAreaCm2 ? 'apex' : 'base';
}

export function gateLungs(lungs: LungMask, volume: Volume, limits: SeriesLimits): LungGate {
  const totalMl = Math.round(lungs.rightMl + lungs.leftMl);
  const isCut = Math.max(lungs.topAreaCm2, lungs.bottomAreaCm2) > cutAreaCm2;
  if (totalMl < leastLungMl || (!isCut && totalMl < (limits.minLungVolumeMl ?? leastWholeLungMl))) return { refusal: reason('not-chest', { lungMl: totalMl }), warnings: [], isComplete: false };
  if (lungs.meanHU < plausibleLungHU[0] || lungs.meanHU > plausibleLungHU[1]) {
    return { refusal: reason('hu-implausible', { lungMeanHU: Math.round(lungs.meanHU) }), warnings: [], isComplete: false };
  }
  const warnings: Reason[] = [];
  if (isCut) {
    const incomplete = reason('incomplete-lung', { end: cutEnd(lungs), topCm2: Math.round(lungs.topAreaCm2), bottomCm2: Math.round(lungs.bottomAreaCm2) });
    if (limits.incompleteLung === 'refuse') return { refusal: incomplete, warnings, isComplete: false };
    warnings.push(incomplete);
  }
  if (cutAtSide(lungs, volume)) warnings.push(reason('fov'));
  return { warnings, isComplete: !isCut };
}
