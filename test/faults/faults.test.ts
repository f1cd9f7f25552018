/** A few rounds of what `npm run faults` does for hours. */
import { expect, it } from 'vitest';
import { hasPrograms } from '../helpers/peers.ts';
import { runRounds } from './rounds.ts';

it.runIf(hasPrograms('storescp'))('nothing acknowledged is lost and every study gets one current result, whatever is killed, cut or filled', {
  timeout: 900_000,
}, async () => {
  const report = await runRounds({ rounds: 8, seed: 20_260_301, redis: false, checkEvery: 4, patienceMs: 120_000, say: () => undefined });
  expect(report.faults).toEqual([]);
  expect(report.checks).toBe(2);
  expect(Object.keys(report.injected).length).toBeGreaterThan(3);
});
