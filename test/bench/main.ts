/**
 * `npm run bench [-- NAME… [OPTIONS]]`: speed and memory beside a peer that does the same work in the same run. Figures
 * are ratios of this machine on this day; docs/benchmarks.md keeps some of them with the machine's description.
 */
import { benchDashboard } from './dashboard.ts';
import { benchEvaluate } from './evaluate.ts';
import { benchInference } from './inference.ts';
import { benchIndex } from './index.ts';
import { benchIngest } from './ingest.ts';
import { benchLoad } from './load.ts';
import { benchScale } from './scale.ts';
import { benchViewer } from './viewer.ts';
import { benchWorkers } from './workers.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { ingest: benchIngest, inference: benchInference, evaluate: benchEvaluate, dashboard: benchDashboard, index: benchIndex, viewer: benchViewer };
/** These take options, and are given alone with them. */
const adjustable: Readonly<Record<string, (options: readonly string[]) => Promise<void>>> = { load: benchLoad, workers: benchWorkers, scale: benchScale };

const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const names = firstOption === -1 ? given : given.slice(0, firstOption);
const options = firstOption === -1 ? [] : given.slice(firstOption);
const all: typeof adjustable = { ...benches, ...adjustable };
const wanted = names.length > 0 ? names : Object.keys(all);
const unknown = wanted.find((name) => all[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}; there are ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}
if (options.length > 0 && !(wanted.length === 1 && adjustable[wanted[0]!] !== undefined)) {
  console.error(`Options go to one of ${Object.keys(adjustable).join(', ')}.`);
  process.exit(2);
}
for (const name of wanted) {
  console.log(`\n# ${name}`);
  await all[name]!(options);
}
