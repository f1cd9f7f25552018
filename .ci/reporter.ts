/** For a run that nobody watches: what fails is named the moment it fails, and at the end the files that took longest. */
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

const slowestFiles = 10;

type Errors = readonly { readonly message: string }[];

function say(name: string, errors: Errors = []): void {
  const [reason = ''] = (errors[0]?.message ?? '').split('\n');
  // The dots before it have no end of line.
  console.log(`\nFAILED ${name}${reason === '' ? '' : `: ${reason.slice(0, 200)}`}`);
}

const pathOf = ({ moduleId }: TestModule): string => relative(process.cwd(), moduleId);

export default class FailuresAtOnce implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    if (state === 'failed') say(`${pathOf(test.module)} > ${test.fullName}`, errors);
  }

  /** A hook that failed: the tests of the suite did not run. */
  onTestSuiteResult(suite: TestSuite): void {
    if (suite.errors().length > 0) say(`${pathOf(suite.module)} > ${suite.fullName}`, suite.errors());
  }

  /** A file that could not be loaded, or a hook of the whole file. */
  onTestModuleEnd(module: TestModule): void {
    if (module.errors().length > 0) say(pathOf(module), module.errors());
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log('Slowest files, in seconds:');
    const seconds = (module: TestModule): number => module.diagnostic().duration / 1000;
    for (const module of modules.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, slowestFiles)) {
      console.log(`${seconds(module).toFixed(0).padStart(5)}  ${pathOf(module)}`);
    }
  }
}
