/** Running other DICOM toolkits on bytes in a private folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls `use` with the path of a new folder, which is removed afterwards. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'phoi-dicom-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a converter (`program ...options in out`) makes of a file. */
export function convert(bytes: Uint8Array, program: string, ...options: readonly string[]): Uint8Array {
  return withFolder((folder) => {
    writeFileSync(join(folder, 'in.dcm'), bytes);
    execFileSync(program, [...options, join(folder, 'in.dcm'), join(folder, 'out.dcm')], { stdio: 'pipe' });
    return Uint8Array.from(readFileSync(join(folder, 'out.dcm')));
  });
}

/** Standard output of a program given the file as its last argument. */
export function inspect(bytes: Uint8Array, program: string, ...options: readonly string[]): string {
  return withFolder((folder) => {
    writeFileSync(join(folder, 'in.dcm'), bytes);
    return execFileSync(program, [...options, join(folder, 'in.dcm')], { stdio: 'pipe', maxBuffer: 64 * 1024 * 1024 }).toString('utf8');
  });
}

/** Output of a script for Debian's Python with pydicom; the file is its first argument. */
export function pydicom(bytes: Uint8Array, script: string): string {
  return withFolder((folder) => {
    writeFileSync(join(folder, 'in.dcm'), bytes);
    return execFileSync('/usr/bin/python3', ['-c', script, join(folder, 'in.dcm')], { stdio: 'pipe', maxBuffer: 64 * 1024 * 1024 }).toString('utf8');
  });
}
