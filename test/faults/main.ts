/** `npm run faults -- [--rounds N] [--seed N] [--check-every N] [--patience SECONDS] [--redis] [--postgres]`: many rounds, with a report at the end. */
import { parseArgs } from 'node:util';
import { runRounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' },
    'check-every': { type: 'string', default: '10' }, 'patience': { type: 'string', default: '240' }, redis: { type: 'boolean', default: false }, postgres: { type: 'boolean', default: false },
  },
});
const report = await runRounds({
  rounds: Number(values.rounds), seed: Number(values.seed), redis: values.redis, postgres: values.postgres, checkEvery: Number(values['check-every']), patienceMs: Number(values.patience) * 1000,
  say: (line) => console.log(line),
});
console.log(JSON.stringify(report, undefined, 2));
process.exitCode = report.faults.length === 0 ? 0 : 1;
