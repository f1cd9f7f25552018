/** One analysis in a process of its own: timings and peak memory as JSON. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { analyzeStudy } from '../../src/inference/analyze-study.ts';
import { loadPipeline } from '../../src/inference/registry.ts';
import { projectRoot } from '../../src/settings.ts';

const folder = process.argv[2]!;
const model = await loadPipeline(join(projectRoot, 'models'), loadConfig(undefined, {}).model);
let windows = 0;
const { session } = model.detector;
const counted = { ...model, detector: { ...model.detector, session: { ...session, run: (...args: Parameters<typeof session.run>) => { windows += 1; return session.run(...args); } } } };
const { findings } = await analyzeStudy({
  model: counted, instances: (await readdir(folder)).map((name) => ({ read: () => readFile(join(folder, name)) })),
});
console.log(JSON.stringify({ timingsMs: findings.timingsMs, peakMiB: process.resourceUsage().maxRSS / 1024, windows, findings: findings.findings.length }));
process.exit(0);
