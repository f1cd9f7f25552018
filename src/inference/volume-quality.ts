/** What findings.json tells of the images, as far as the volume itself shows it. */
import { softTissueNoiseHU } from '../findings/noise.ts';
import type { FindingsDocument } from '../findings/types.ts';
import type { Vec3 } from '../volume/types.ts';
import type { PreparedVolume } from './analyze-volume.ts';
import { round } from './round.ts';

/** Where the scan and the lungs lie, LPS mm: what a later examination is laid over. */
function placeOf({ volume: { geometry, slices }, lungs: { box } }: PreparedVolume): Readonly<Record<string, number>> {
  const heights = [slices[0], slices.at(-1)].map((slice) => slice?.imagePositionPatient[2] ?? geometry.origin[2]);
  const corner = (which: 'Low' | 'High', [x, y, z]: Vec3) => ({
    [`lung${which}XMm`]: round(x, 1), [`lung${which}YMm`]: round(y, 1), [`lung${which}ZMm`]: round(z, 1),
  });
  return {
    scanLowZMm: round(Math.min(...heights), 1), scanHighZMm: round(Math.max(...heights), 1),
    ...(box && { ...corner('Low', box[0]), ...corner('High', box[1]) }),
  };
}

export function volumeQuality(prepared: PreparedVolume, candidates: number): FindingsDocument['quality'] {
  const { volume, lungs, gate } = prepared;
  const { geometry } = volume;
  const noiseHU = softTissueNoiseHU(volume);
  return {
    slices: geometry.slices,
    sliceSpacingMm: round(geometry.spacingMm[2], 3),
    pixelSpacingMm: round(geometry.spacingMm[0], 4),
    coverageMm: round((geometry.slices - 1) * geometry.spacingMm[2], 1),
    fieldOfViewMm: round(Math.min(geometry.columns * geometry.spacingMm[0], geometry.rows * geometry.spacingMm[1]), 1),
    lungsComplete: gate.isComplete,
    lungCutTopCm2: round(lungs.topAreaCm2, 1),
    lungCutBottomCm2: round(lungs.bottomAreaCm2, 1),
    rightLungMl: Math.round(lungs.rightMl),
    leftLungMl: Math.round(lungs.leftMl),
    lungMeanHU: Math.round(lungs.meanHU),
    ...(noiseHU !== undefined && { noiseHU: round(noiseHU, 1) }),
    candidates,
    ...placeOf(prepared),
  };
}
