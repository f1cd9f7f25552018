/** Prints "N passed, N failed" from vitest's JSON report and the number of failed steps; exits 1 unless all passed. */
import { readFileSync } from 'node:fs';

const [reportPath, failedSteps] = process.argv.slice(2);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTotalTestSuites: number;
  readonly testResults: readonly { readonly status: string; readonly name: string; readonly assertionResults: readonly unknown[] }[];
}

function readReport(path: string): Report | undefined {
  const text = readFileSync(path, 'utf8');
  return text.trim() === '' ? undefined : JSON.parse(text) as Report;
}

const report = readReport(reportPath!);
const passed = report?.numPassedTests ?? 0;
// A file that does not even load has no failed test of its own.
const brokenFiles = report?.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length ?? 1;
const failed = Math.max((report?.numFailedTests ?? 0) + brokenFiles, Number(failedSteps));
for (const file of report?.testResults ?? []) if (file.status === 'failed') console.log(`failed: ${file.name}`);
if ((report?.numPendingTests ?? 0) > 0) console.log(`${report!.numPendingTests} tests did not run`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
