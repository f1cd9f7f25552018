/** One analysis in a process of its own, from files to written results: what each stage took, memory and findings, as JSON. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakMemoryMiB } from '../../src/bench/peak-memory.ts';
import { loadConfig } from '../../src/config.ts';
import { analyzeStudy } from '../../src/inference/analyze-study.ts';
import { loadPipeline } from '../../src/inference/registry.ts';
import type { ModelSession } from '../../src/inference/session.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import { projectRoot, version } from '../../src/settings.ts';

interface GraphClock {
  readonly session: ModelSession;
  runs: number;
  /** All windows together. */
  voxels: number;
  ms: number;
  firstRunAt: number;
}

/** The same session, which counts its runs and their time. */
function clocked(session: ModelSession): GraphClock {
  const clock: GraphClock = {
    runs: 0, voxels: 0, ms: 0, firstRunAt: 0,
    session: {
      ...session,
      async run(inputs, outputNames) {
        const begun = performance.now();
        if (clock.runs === 0) clock.firstRunAt = begun;
        const results = await session.run(inputs, outputNames);
        clock.runs += 1;
        for (const { data } of Object.values(inputs)) clock.voxels += data.length;
        clock.ms += performance.now() - begun;
        return results;
      },
    },
  };
  return clock;
}

const folder = process.argv[2]!;
const { model: name, results } = loadConfig(undefined, {});
const model = await loadPipeline(join(projectRoot, 'models'), name);
const { finder } = model;
const [stage] = finder.stages;
const [second] = stage?.classifiers ?? [];
if (finder.kind !== 'detector' || !stage || !second) throw new Error('the benchmark knows a detector that one classifier follows');
const detector = clocked(finder.session);
const classifier = clocked(second.model.session);
const watched = { ...model, finder: { ...finder, session: detector.session, stages: [{ ...stage, classifiers: [{ ...second, model: { ...second.model, session: classifier.session } }] }] } };

const begun = performance.now();
let inferAt = 0;
const result = await analyzeStudy({
  model: watched, instances: (await readdir(folder)).map((file) => ({ read: () => readFile(join(folder, file)) })),
  onProgress: (at) => { if (at === 'infer' && inferAt === 0) inferAt = performance.now(); },
});
const writeAt = performance.now();
const out = await mkdtemp(join(tmpdir(), 'phoi-bench-out-'));
for (const [n, { part10 }] of (await buildAnalysisObjects(result, { softwareVersion: version, options: results })).entries()) await writeFile(join(out, `${n}.dcm`), part10);
const end = performance.now();
await rm(out, { recursive: true });

const { timingsMs } = result.findings;
const resample = detector.firstRunAt - inferAt;
console.log(JSON.stringify({
  timingsMs: {
    'read': timingsMs['read'], 'decode and assemble': timingsMs['assemble'], 'segment': timingsMs['segment'],
    resample, 'detector': detector.ms, 'classifier': classifier.ms, 'post': timingsMs['infer']! - resample - detector.ms - classifier.ms,
    'measure': timingsMs['measure'], 'write': end - writeAt, 'total': end - begun,
  },
  peakMiB: peakMemoryMiB(),
  windows: detector.runs,
  detectorVoxels: detector.voxels,
  candidates: result.candidates.map(({ worldPoint, probability }) => [...worldPoint, probability]),
  threshold: result.findings.operatingPoint,
}));
process.exit(0);
