#!/usr/bin/env node
/**
 * Starts the command line under the Node that `npm ci` brought: the system's own may be too old to run TypeScript.
 * Plain JavaScript on purpose, so that any Node can read it.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const oldestMajor = 24;

/** Path of the pinned Node, or of the running one when that is new enough. */
function nodeProgram() {
  if (Number(process.versions.node.split('.')[0]) >= oldestMajor) return process.execPath;
  return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
}

const child = spawn(
  nodeProgram(),
  ['--disable-warning=ExperimentalWarning', join(here, 'main.ts'), ...process.argv.slice(2)],
  // Beside the code, as src/compile-cache.ts has it, which cannot be read here.
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: join(here, '../../node_modules/.cache/phoi-compiled'), ...process.env } },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`phoi: cannot start Node ${oldestMajor}: ${error.message}. Run "npm ci" first.\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
