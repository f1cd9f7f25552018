/** The studies that a network of hospitals sends in some days, drawn from a seed. Times in seconds from midnight of the first day. */
import type { RandomNumbers } from '../../helpers/random.ts';
import type { SimulatedJob } from './simulate.ts';

export interface Network {
  readonly hospitals: number;
  readonly studiesPerDay: number;
  readonly days: number;
  /** Share of studies that are analysed; the others are refused after their headers and pixels were read. */
  readonly analysedShare: number;
  /** Median of the images in a study and standard deviation of its logarithm. */
  readonly medianSlices: number;
  readonly slicesLogSigma: number;
  /** Share of days on which the line of a hospital is down for `outageS`; what gathers in that time is sent at its end. */
  readonly outageShare: number;
  readonly outageS: number;
}

/** What one worker needs for a study: seconds, seconds for each image, and the standard deviation of the logarithm around that. */
export interface ServiceTimes {
  readonly baseS: number;
  readonly perSliceS: number;
  readonly logSigma: number;
  /** For a study that is refused. */
  readonly refusedBaseS: number;
  readonly refusedPerSliceS: number;
}

/** Studies of a working day by the hour, midnight first: emergencies at night, lists in the morning and in the afternoon. */
const dayCurve = [8, 6, 5, 5, 6, 10, 20, 50, 85, 105, 110, 100, 75, 85, 105, 100, 80, 55, 35, 28, 22, 18, 14, 10];
/** The largest hospital sends so many times as much as the smallest. */
const largestToSmallest = 10;
const [fewestSlices, mostSlices] = [40, 2000];
const hourS = 3600;
const dayS = 24 * hourS;

const exponential = (random: RandomNumbers, mean: number): number => -Math.log(1 - random.between(0, 1)) * mean;

/** Box and Muller. */
function normal(random: RandomNumbers): number {
  return Math.sqrt(-2 * Math.log(1 - random.between(0, 1))) * Math.cos(2 * Math.PI * random.between(0, 1));
}

/** Arrivals of one hospital: a Poisson process whose rate changes with the hour. */
function arrivalsOf(random: RandomNumbers, perDay: number, days: number): readonly number[] {
  const sum = dayCurve.reduce((total, weight) => total + weight, 0);
  const arrivals: number[] = [];
  for (let hour = 0; hour < days * 24; hour += 1) {
    const gapS = hourS / (perDay * dayCurve[hour % 24]! / sum);
    for (let atS = exponential(random, gapS); atS < hourS; atS += exponential(random, gapS)) arrivals.push(hour * hourS + atS);
  }
  return arrivals;
}

/** Moves what arrives while the line is down to the moment when it is up again. */
function heldBack(arrivals: readonly number[], random: RandomNumbers, { days, outageShare, outageS }: Network): readonly number[] {
  const outages = Array.from({ length: days }, (_, day) => day).filter(() => random.between(0, 1) < outageShare)
    .map((day) => day * dayS + random.between(0, dayS - outageS));
  return arrivals.map((atS) => {
    const outage = outages.find((fromS) => atS >= fromS && atS < fromS + outageS);
    return outage === undefined ? atS : outage + outageS;
  });
}

function serviceOf(random: RandomNumbers, network: Network, times: ServiceTimes): number {
  const slices = Math.min(mostSlices, Math.max(fewestSlices, network.medianSlices * Math.exp(network.slicesLogSigma * normal(random))));
  const isAnalysed = random.between(0, 1) < network.analysedShare;
  const meanS = isAnalysed ? times.baseS + times.perSliceS * slices : times.refusedBaseS + times.refusedPerSliceS * slices;
  return meanS * Math.exp(times.logSigma * normal(random));
}

/** All studies of all hospitals in the order of their arrival. */
export function drawStudies(network: Network, times: ServiceTimes, random: RandomNumbers): readonly SimulatedJob[] {
  const weights = Array.from({ length: network.hospitals }, (_, n) => largestToSmallest ** (n / Math.max(1, network.hospitals - 1)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.flatMap((weight) => heldBack(arrivalsOf(random, network.studiesPerDay * weight / sum, network.days), random, network))
    .sort((a, b) => a - b)
    .map((arrivedAtS) => ({ arrivedAtS, serviceS: serviceOf(random, network, times) }));
}
