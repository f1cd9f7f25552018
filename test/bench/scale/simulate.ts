/**
 * A queue with several workers as a discrete-event simulation, by the rules of Phoi's queue: of the jobs that are ready
 * the one that arrived first goes first, a worker takes one at a time, a worker that dies takes its attempt with it, and
 * the job is ready again once its lease has run out. Times in seconds, from the start of the simulation.
 */
import type { RandomNumbers } from '../../helpers/random.ts';
import { createHeap } from './heap.ts';

export interface SimulatedJob {
  readonly arrivedAtS: number;
  /** Of one undisturbed attempt. */
  readonly serviceS: number;
}

export interface Troubles {
  /** Mean time of work between two deaths of a worker, exponential. */
  readonly meanTimeBetweenDeathsS: number;
  /** Until a dead worker takes jobs again. */
  readonly restartS: number;
  /** Until the job of a dead worker is ready again, from its death. */
  readonly leaseS: number;
  /** Share of attempts that run to their end and must be repeated nevertheless, and when the job is ready again. */
  readonly repeatShare: number;
  readonly repeatAfterS: number;
}

export interface SimulationResult {
  /** Of each job, in the order given: from its arrival to its result, and to the start of its first attempt. */
  readonly toResultS: Float64Array;
  readonly waitedS: Float64Array;
  /** Worked time, lost attempts included, in shares of the workers' time from the first arrival to the last result. */
  readonly utilisation: number;
  readonly attempts: number;
  readonly deaths: number;
  readonly longestQueue: number;
}

type Event =
  | { readonly atS: number; readonly kind: 'ready' | 'done'; readonly job: number }
  | { readonly atS: number; readonly kind: 'worker-back' };

const never: Troubles = { meanTimeBetweenDeathsS: Number.POSITIVE_INFINITY, restartS: 0, leaseS: 0, repeatShare: 0, repeatAfterS: 0 };

/** `jobs` in the order of their arrival. Without `troubles` every first attempt succeeds. */
export function simulate(jobs: readonly SimulatedJob[], workers: number, random: RandomNumbers, troubles: Troubles = never): SimulationResult {
  const toResultS = new Float64Array(jobs.length);
  const waitedS = new Float64Array(jobs.length).fill(-1);
  const events = createHeap<Event>(({ atS }) => atS);
  const queue = createHeap<number>((job) => job);
  let [idle, arrived, workedS, endS, attempts, deaths, longestQueue] = [workers, 0, 0, 0, 0, 0, 0];

  function start(job: number, nowS: number): void {
    const { arrivedAtS, serviceS } = jobs[job]!;
    if (waitedS[job]! < 0) waitedS[job] = nowS - arrivedAtS;
    attempts += 1;
    idle -= 1;
    const deathAfterS = Number.isFinite(troubles.meanTimeBetweenDeathsS) ? -Math.log(1 - random.between(0, 1)) * troubles.meanTimeBetweenDeathsS : Number.POSITIVE_INFINITY;
    workedS += Math.min(serviceS, deathAfterS);
    if (deathAfterS < serviceS) {
      deaths += 1;
      events.push({ atS: nowS + deathAfterS + troubles.restartS, kind: 'worker-back' });
      events.push({ atS: nowS + deathAfterS + troubles.leaseS, kind: 'ready', job });
    } else if (troubles.repeatShare > 0 && random.between(0, 1) < troubles.repeatShare) {
      events.push({ atS: nowS + serviceS, kind: 'worker-back' });
      events.push({ atS: nowS + serviceS + troubles.repeatAfterS, kind: 'ready', job });
    } else {
      events.push({ atS: nowS + serviceS, kind: 'done', job });
    }
  }

  function nextEvent(): Event | undefined {
    const arrival = jobs[arrived];
    const first = events.peek();
    if (arrival === undefined || (first !== undefined && first.atS <= arrival.arrivedAtS)) return events.pop();
    arrived += 1;
    return { atS: arrival.arrivedAtS, kind: 'ready', job: arrived - 1 };
  }

  for (let event = nextEvent(); event !== undefined; event = nextEvent()) {
    if (event.kind === 'ready') {
      queue.push(event.job);
    } else {
      idle += 1;
      if (event.kind === 'done') {
        toResultS[event.job] = event.atS - jobs[event.job]!.arrivedAtS;
        endS = event.atS;
      }
    }
    for (let job = idle > 0 ? queue.pop() : undefined; job !== undefined; job = idle > 0 ? queue.pop() : undefined) start(job, event.atS);
    longestQueue = Math.max(longestQueue, queue.size);
  }
  return { toResultS, waitedS, utilisation: workedS / (workers * (endS - (jobs[0]?.arrivedAtS ?? 0))), attempts, deaths, longestQueue };
}
