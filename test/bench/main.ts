/**
 * `npm run bench [-- NAME…]`: speed and memory beside a peer that does the same work in the same run. Figures are ratios
 * of this machine on this day; docs/benchmarks.md keeps some of them with the machine's description.
 */
import { benchEvaluate } from './evaluate.ts';
import { benchInference } from './inference.ts';
import { benchIngest } from './ingest.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { ingest: benchIngest, inference: benchInference, evaluate: benchEvaluate };

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`There is no benchmark ${name}; there are ${Object.keys(benches).join(', ')}.`);
    process.exit(2);
  }
  console.log(`\n# ${name}`);
  await bench();
}
