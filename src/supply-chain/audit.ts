/**
 * `npm run audit`: known vulnerabilities of the packages that a production installation has. Fails on high and critical
 * ones. Where the registry does not answer the question the check did not happen: that is said, and is no failure.
 */
import { spawnSync } from 'node:child_process';
import { projectRoot } from '../settings.ts';

interface AuditReport {
  readonly message?: string;
  readonly vulnerabilities?: Readonly<Record<string, { readonly name: string; readonly severity: string; readonly via: readonly (string | { readonly url: string })[] }>>;
}

const failing: ReadonlySet<string> = new Set(['high', 'critical']);

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json', ...process.argv.slice(2)], { cwd: projectRoot, encoding: 'utf8' });
let report: AuditReport;
try {
  report = JSON.parse(stdout) as AuditReport;
} catch (error) {
  throw new Error(`npm audit gave no report: ${stderr.slice(-2000)}`, { cause: error });
}
if (report.vulnerabilities === undefined) {
  console.log(`SKIPPED: the registry did not answer the audit, nothing was checked (${report.message ?? 'no reason'})`);
} else {
  const found = Object.values(report.vulnerabilities);
  const bad = found.filter(({ severity }) => failing.has(severity));
  for (const { name, severity, via } of bad) console.log(`${severity}: ${name} ${via.map((each) => (typeof each === 'string' ? `by ${each}` : each.url)).join(' ')}`);
  console.log(`${found.length} packages with known vulnerabilities, ${bad.length} of them high or critical`);
  if (bad.length > 0) process.exitCode = 1;
}
