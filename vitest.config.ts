import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { compileCacheDir } from './src/compile-cache.ts';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, longest first. The others go by size, which says little about these. */
const longest = [
  'test/results/every-object.test.ts', 'test/faults/faults.test.ts', 'test/e2e/real-ct.test.ts', 'test/e2e/phantom-accuracy.test.ts', 'test/bench/bench.test.ts',
  'test/e2e/remote-worker.test.ts', 'test/inference/analyze-study.test.ts', 'test/e2e/refusals.test.ts', 'test/e2e/reading.test.ts',
  'test/models/shipped-models.test.ts', 'test/viewer/reader-images.test.ts', 'test/workers/bad-models.test.ts', 'test/e2e/kill.test.ts', 'test/viewer/review.test.ts',
];

/** A long file that starts last would leave the other worker idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(relative(import.meta.dirname, moduleId));
      return at === -1 ? longest.length : at;
    };
    return others.sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The suites start real servers, databases and browsers on two cores: a third file at once gains a tenth of the time, and time-outs
    // with it. A deadline is there to end a hang.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // The servers, workers and commands that tests start come from here faster.
    env: { NODE_COMPILE_CACHE: compileCacheDir },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    sequence: { sequencer: LongestFirst },
  },
});
