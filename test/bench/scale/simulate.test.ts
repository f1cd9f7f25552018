/** The simulation against what queueing theory knows exactly. */
import { describe, expect, it } from 'vitest';
import { randomNumbers, type RandomNumbers } from '../../helpers/random.ts';
import { drawStudies, type Network } from './network.ts';
import { simulate, type SimulatedJob } from './simulate.ts';

const count = 400_000;
const exponential = (random: RandomNumbers, mean: number): number => -Math.log(1 - random.between(0, 1)) * mean;
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function poisson(random: RandomNumbers, ratePerS: number, serviceS: () => number): readonly SimulatedJob[] {
  let atS = 0;
  return Array.from({ length: count }, () => {
    atS += exponential(random, 1 / ratePerS);
    return { arrivedAtS: atS, serviceS: serviceS() };
  });
}

/** Erlang's C: the chance that an arrival must wait, for an offered load of `erlangs`. */
function chanceOfWaiting(servers: number, erlangs: number): number {
  let term = 1;
  let sum = 0;
  for (let n = 0; n < servers; n += 1) {
    sum += term;
    term *= erlangs / (n + 1);
  }
  const waiting = term * servers / (servers - erlangs);
  return waiting / (sum + waiting);
}

describe('workers without trouble', () => {
  it.each([[1, 0.7], [3, 0.8], [12, 0.9]])('M/M/%i at %f waits as Erlang\'s C says', (servers, utilisation) => {
    const random = randomNumbers(servers);
    const erlangs = servers * utilisation;
    const result = simulate(poisson(random, erlangs, () => exponential(random, 1)), servers, random);
    const chance = chanceOfWaiting(servers, erlangs);
    const expected = chance / (servers - erlangs);
    expect(Math.abs(mean(result.waitedS) / expected - 1)).toBeLessThan(0.04);
    expect(Math.abs(result.waitedS.filter((waited) => waited > 0).length / count / chance - 1)).toBeLessThan(0.02);
    // Who waits at all waits exponentially long.
    expect(Math.abs(result.waitedS.filter((waited) => waited > 2 / (servers - erlangs)).length / count / (chance * Math.exp(-2)) - 1)).toBeLessThan(0.06);
    expect(result.utilisation).toBeCloseTo(utilisation, 2);
    expect(result.attempts).toBe(count);
  });

  it.each([0.5, 0.8])('M/D/1 at %f waits half as long as M/M/1', (utilisation) => {
    const random = randomNumbers(7);
    const { waitedS } = simulate(poisson(random, utilisation, () => 1), 1, random);
    expect(Math.abs(mean(waitedS) / (utilisation / (2 * (1 - utilisation))) - 1)).toBeLessThan(0.03);
  });

  it('M/G/1 waits as Pollaczek and Khinchine say', () => {
    const random = randomNumbers(11);
    const { waitedS } = simulate(poisson(random, 0.4, () => (random.between(0, 1) < 0.5 ? 0.5 : 3)), 1, random);
    expect(Math.abs(mean(waitedS) / (0.4 * ((0.25 + 9) / 2) / (2 * (1 - 0.7))) - 1)).toBeLessThan(0.03);
  });
});

describe('workers that die', () => {
  it('a job begun anew after each death takes as long as it must on average', () => {
    const random = randomNumbers(3);
    const [serviceS, betweenDeathsS, leaseS] = [10, 15, 4];
    // So far apart that no job meets another.
    const jobs = Array.from({ length: 40_000 }, (_, n) => ({ arrivedAtS: n * 5000, serviceS }));
    const result = simulate(jobs, 1, random, { meanTimeBetweenDeathsS: betweenDeathsS, restartS: 1, leaseS, repeatShare: 0, repeatAfterS: 0 });
    const rate = 1 / betweenDeathsS;
    expect(Math.abs(mean(result.toResultS) / (Math.expm1(rate * serviceS) * (betweenDeathsS + leaseS)) - 1)).toBeLessThan(0.02);
    expect(result.attempts).toBe(jobs.length + result.deaths);
  });

  it('every job gets its result, and a share of repeats makes the work longer by just that share', () => {
    const random = randomNumbers(5);
    const jobs = poisson(random, 1, () => 1);
    const result = simulate(jobs, 3, random, { meanTimeBetweenDeathsS: Number.POSITIVE_INFINITY, restartS: 0, leaseS: 0, repeatShare: 0.1, repeatAfterS: 60 });
    expect(result.toResultS.every((seconds) => seconds > 0.999)).toBe(true);
    expect(Math.abs(result.attempts / jobs.length / (1 / 0.9) - 1)).toBeLessThan(0.005);
    expect(result.deaths).toBe(0);
  });
});

describe('the studies of a network', () => {
  const network: Network = { hospitals: 50, studiesPerDay: 20_000, days: 5, analysedShare: 0.4, medianSlices: 300, slicesLogSigma: 0.5, outageShare: 0, outageS: 3600 };
  const times = { baseS: 10, perSliceS: 0.01, logSigma: 0.2, refusedBaseS: 0.5, refusedPerSliceS: 0.002 };
  const jobs = drawStudies(network, times, randomNumbers(1));

  it('are as many as stated, in order, most of them by day', () => {
    expect(Math.abs(jobs.length / 100_000 - 1)).toBeLessThan(0.02);
    expect(jobs.every(({ arrivedAtS }, n) => n === 0 || arrivedAtS >= jobs[n - 1]!.arrivedAtS)).toBe(true);
    const byDay = jobs.filter(({ arrivedAtS }) => { const hour = arrivedAtS / 3600 % 24; return hour >= 8 && hour < 17; }).length / jobs.length;
    expect(byDay).toBeGreaterThan(0.7);
    expect(byDay).toBeLessThan(0.8);
  });

  it('take what was measured', () => {
    const analysed = jobs.filter(({ serviceS }) => serviceS > 5);
    expect(analysed.length / jobs.length).toBeCloseTo(0.4, 2);
  });

  it('come at once after a line was down, and none is lost', () => {
    const held = drawStudies({ ...network, outageShare: 1 }, times, randomNumbers(1));
    expect(Math.abs(held.length / 100_000 - 1)).toBeLessThan(0.02);
    const together = held.filter(({ arrivedAtS }, n) => held[n - 1]?.arrivedAtS === arrivedAtS).length;
    expect(together).toBeGreaterThan(held.length * 0.02);
    expect(jobs.filter(({ arrivedAtS }, n) => jobs[n - 1]?.arrivedAtS === arrivedAtS)).toEqual([]);
  });
});
