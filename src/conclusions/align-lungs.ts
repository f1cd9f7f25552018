/**
 * Laying an earlier examination over a present one. The patient lies elsewhere on the table and breathes in
 * differently: a shift in x and y by the middle of the lungs, and in z by the apex, which hardly moves with the
 * breath; where both lungs are shown down to their base, z is stretched by their heights.
 */
import type { WorldPoint } from '../findings/types.ts';
import type { Examination } from './examination.ts';

/** LPS mm, both ways. */
export interface Alignment {
  readonly toCurrent: (priorPoint: WorldPoint) => WorldPoint;
  readonly toPrior: (currentPoint: WorldPoint) => WorldPoint;
}

/** Closer to the end of the scan than this, the lungs are taken as cut off. */
const cutMm = 4;
/** Breath changes the height of the lungs by less than this; more is a fault of a box. */
const largestStretch = 1.4;

export function shiftBy([x, y, z]: WorldPoint): Alignment {
  return {
    toCurrent: (point) => [point[0] + x, point[1] + y, point[2] + z],
    toPrior: (point) => [point[0] - x, point[1] - y, point[2] - z],
  };
}

/** First one, then the other, from the earlier examination to the present one. */
export function after(first: Alignment, second: Alignment): Alignment {
  return {
    toCurrent: (point) => second.toCurrent(first.toCurrent(point)),
    toPrior: (point) => first.toPrior(second.toPrior(point)),
  };
}

function showsBase({ lungBox, coverageMm }: Examination): boolean {
  return lungBox !== undefined && coverageMm !== undefined && lungBox[0][2] - coverageMm[0] > cutMm;
}

/** An apex that the scan cuts off is no apex: it lies wherever the scan ends. */
function showsApex({ lungBox, coverageMm }: Examination): boolean {
  return lungBox !== undefined && coverageMm !== undefined && coverageMm[1] - lungBox[1][2] > cutMm;
}

/** Undefined where the lungs of one are not known up to their apex. */
export function alignLungs(current: Examination, prior: Examination): Alignment | undefined {
  if (current.lungBox === undefined || prior.lungBox === undefined || !showsApex(current) || !showsApex(prior)) return undefined;
  const [lowNow, highNow] = current.lungBox;
  const [lowThen, highThen] = prior.lungBox;
  const middle = (axis: 0 | 1): number => (lowNow[axis] + highNow[axis] - lowThen[axis] - highThen[axis]) / 2;
  const [x, y] = [middle(0), middle(1)];
  const ratio = (highNow[2] - lowNow[2]) / (highThen[2] - lowThen[2]);
  const isBreath = showsBase(current) && showsBase(prior) && ratio <= largestStretch && ratio >= 1 / largestStretch;
  const stretch = isBreath ? ratio : 1;
  return {
    toCurrent: (point) => [point[0] + x, point[1] + y, highNow[2] + (point[2] - highThen[2]) * stretch],
    toPrior: (point) => [point[0] - x, point[1] - y, highThen[2] + (point[2] - highNow[2]) / stretch],
  };
}
