/**
 * Real peers (DCMTK, Orthanc, Redis …) and real data. A test that needs one says so; where it is missing the
 * test is skipped with a line on stderr, and with PHOI_PEERS=required it fails instead.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const required = process.env['PHOI_PEERS'] === 'required';

/** Says that something is missing; fails when nothing may be. */
export function absent(what: string): false {
  if (required) throw new Error(`${what} is missing and PHOI_PEERS=required forbids skipping`);
  process.stderr.write(`SKIPPED: ${what} is missing, the tests that need it do not run\n`);
  return false;
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
  return undefined;
}

/** True when every program is on the PATH: `describe.runIf(hasPrograms('storescu'))`. */
export function hasPrograms(...names: readonly string[]): boolean {
  return names.every((name) => findProgram(name) !== undefined || absent(`program ${name}`));
}

/** True when the pydicom of Debian's Python answers. */
export function hasDebianPython(): boolean {
  return existsSync('/usr/bin/python3') && existsSync('/usr/lib/python3/dist-packages/pydicom') || absent('python3-pydicom');
}

/** The folder of real CT and annotations beside the project, or PHOI_SHARED_DATA. */
export const sharedData = resolve(process.env['PHOI_SHARED_DATA'] ?? join(import.meta.dirname, '../../../shared/data'));

/** True when the real CT is there. */
export function hasSharedData(): boolean {
  return existsSync(join(sharedData, 'ct')) || absent('the real CT data');
}
