/** `npm run fuzz -- [--inputs N] [--seed N] [--target NAME]`: N inputs shared by the targets, counted at the end. */
import { parseArgs } from 'node:util';
import { fuzz, keep } from './fuzz.ts';
import { targets } from './targets.ts';

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, target: { type: 'string' } } });
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
const each = Math.ceil(Number(values.inputs) / chosen.length);
let total = 0;
for (const target of chosen) {
  const { tried, finding } = await fuzz(target, each, Number(values.seed));
  total += tried;
  console.log(`${target.name.padEnd(20)} ${tried} inputs${finding === undefined ? '' : `  WRONG: ${finding.why}  ${await keep(finding)}`}`);
  if (finding !== undefined) process.exitCode = 1;
}
console.log(`${total} inputs`);
