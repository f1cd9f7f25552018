/**
 * `npm run bench -- scale [OPTIONS]`: how many workers a network of hospitals needs, by simulation of a working week.
 * Nothing is measured here: the times of one study come from `workers` (docs/scale.md says what is assumed).
 */
import { parseArgs } from 'node:util';
import { randomNumbers } from '../helpers/random.ts';
import { drawStudies, type Network, type ServiceTimes } from './scale/network.ts';
import { simulate, type SimulatedJob, type Troubles } from './scale/simulate.ts';
import { printTable, quantile } from './table.ts';

const numbers = {
  'hospitals': '50', 'studies-per-day': '20000', 'days': '5', 'analysed-share': '1', 'median-slices': '300', 'slices-log-sigma': '0.5',
  'outage-share': '0.02', 'outage-minutes': '60',
  'base-s': '12', 'per-slice-s': '0.01', 'log-sigma': '0.1', 'refused-base-s': '0.5', 'refused-per-slice-s': '0.007',
  'hours-between-deaths': '8', 'restart-s': '30', 'lease-s': '30', 'repeat-share': '0.01', 'repeat-after-s': '60',
  'quiet-s': '30', 'goals-minutes-first': '10', 'goals-minutes-second': '30', 'seeds': '3',
} as const;
type Name = keyof typeof numbers;

const dayS = 86_400;
const least = { 'hospitals': 1, 'studies-per-day': 1, 'days': 1, 'seeds': 1 } as const;

function parseOptions(args: readonly string[]): Readonly<Record<Name, number>> {
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { type: 'string', default: value } as const])) });
  return Object.fromEntries(Object.keys(numbers).map((name) => {
    const value = Number(values[name]);
    const from = name in least ? least[name as keyof typeof least] : 0;
    if (!(value >= from)) throw new Error(`--${name} is a number from ${from}`);
    return [name, value];
  })) as Record<Name, number>;
}

interface Outcome {
  readonly workers: number;
  readonly utilisation: number;
  readonly p50S: number;
  readonly p95S: number;
  /** Among the studies that arrived in one hour: of the hour in which it was longest. */
  readonly worstHourP95S: number;
  readonly longestQueue: number;
}

/** An hour with fewer studies has no 95th percentile worth the name. */
const fewestInAnHour = 20;

function worstHour(jobs: readonly SimulatedJob[], toResultS: Float64Array): number {
  const hours = Map.groupBy(toResultS.keys(), (n) => Math.floor(jobs[n]!.arrivedAtS / 3600));
  return Math.max(...[...hours.values()].filter(({ length }) => length >= fewestInAnHour).map((inHour) => quantile(inHour.map((n) => toResultS[n]!), 0.95)));
}

/** The worst of all seeds counts. */
function outcomeOf(weeks: readonly (readonly SimulatedJob[])[], workers: number, quietS: number, troubles: Troubles): Outcome {
  const each = weeks.map((jobs, seed) => {
    const { toResultS, utilisation, longestQueue } = simulate(jobs, workers, randomNumbers(1000 + seed), troubles);
    return { utilisation, p50S: quantile(toResultS, 0.5) + quietS, p95S: quantile(toResultS, 0.95) + quietS, worstHourP95S: worstHour(jobs, toResultS) + quietS, longestQueue };
  });
  const worst = (of: (one: (typeof each)[number]) => number): number => Math.max(...each.map(of));
  return {
    workers, utilisation: worst(({ utilisation }) => utilisation), p50S: worst(({ p50S }) => p50S), p95S: worst(({ p95S }) => p95S),
    worstHourP95S: worst(({ worstHourP95S }) => worstHourP95S), longestQueue: worst(({ longestQueue }) => longestQueue),
  };
}

/** From the number that can just keep up on average, upwards, until all goals are met even in the worst hour. */
function outcomesUntil(goalS: number, least_: number, of: (workers: number) => Outcome): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (let workers = least_; outcomes.length === 0 || outcomes.at(-1)!.worstHourP95S > goalS; workers += 1) outcomes.push(of(workers));
  return outcomes;
}

const minutes = (seconds: number): string => (seconds / 60).toFixed(1);
const row = ({ workers, utilisation, p50S, p95S, worstHourP95S, longestQueue }: Outcome): string[] => [
  String(workers), `${(utilisation * 100).toFixed(0)} %`, minutes(p50S), minutes(p95S), minutes(worstHourP95S), String(longestQueue),
];

export function benchScale(args: readonly string[]): Promise<void> {
  const given = parseOptions(args);
  const network: Network = {
    hospitals: given['hospitals'], studiesPerDay: given['studies-per-day'], days: given['days'], analysedShare: given['analysed-share'],
    medianSlices: given['median-slices'], slicesLogSigma: given['slices-log-sigma'], outageShare: given['outage-share'], outageS: given['outage-minutes'] * 60,
  };
  const times: ServiceTimes = {
    baseS: given['base-s'], perSliceS: given['per-slice-s'], logSigma: given['log-sigma'], refusedBaseS: given['refused-base-s'], refusedPerSliceS: given['refused-per-slice-s'],
  };
  const troubles: Troubles = {
    meanTimeBetweenDeathsS: given['hours-between-deaths'] * 3600, restartS: given['restart-s'], leaseS: given['lease-s'],
    repeatShare: given['repeat-share'], repeatAfterS: given['repeat-after-s'],
  };
  const weeks = Array.from({ length: given['seeds'] }, (_, seed) => drawStudies(network, times, randomNumbers(seed + 1)));
  const [week] = weeks;
  const workS = week!.reduce((sum, { serviceS }) => sum + serviceS, 0);
  const goalsS = [given['goals-minutes-first'] * 60, given['goals-minutes-second'] * 60];
  console.log(`${network.hospitals} hospitals, ${network.studiesPerDay} studies a day, ${(network.analysedShare * 100).toFixed(0)} % of them analysed, ${network.days} days; ${(workS / week!.length).toFixed(1)} s of one worker a study on average;`);
  console.log(`a worker dies every ${given['hours-between-deaths']} hours of work, ${(troubles.repeatShare * 100).toFixed(0)} % of attempts are repeated, ${(network.outageShare * 100).toFixed(0)} % of hospital days with a line down for ${given['outage-minutes']} minutes; the worst of ${weeks.length} seeds.`);
  console.log('Minutes from the last image to the result, quiet time included:');
  const outcomes = outcomesUntil(Math.min(...goalsS), Math.ceil(workS / (network.days * dayS)), (workers) => outcomeOf(weeks, workers, given['quiet-s'], troubles));
  printTable(['workers', 'utilisation', 'p50', 'p95', 'p95 of the worst hour', 'longest queue'], outcomes.map(row));
  for (const goalS of [...goalsS].sort((a, b) => a - b)) {
    const first = (of: (outcome: Outcome) => number): number => outcomes.find((outcome) => of(outcome) <= goalS)!.workers;
    console.log(`95 % within ${minutes(goalS)} minutes: ${first(({ p95S }) => p95S)} workers; also in the worst hour: ${first(({ worstHourP95S }) => worstHourP95S)}.`);
  }
  return Promise.resolve();
}
