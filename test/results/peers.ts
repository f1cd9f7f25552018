/** Running validators and readers of other toolkits on a Part 10 file. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function onFile(bytes: Uint8Array, program: string, options: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'phoi-results-'));
  try {
    const path = join(folder, 'object.dcm');
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = spawnSync(program, [...options, path], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return { status, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines of dciodvfy that start with Error, and the name of the object class that it recognised. */
export function dciodvfy(bytes: Uint8Array): { readonly recognised: string; readonly errors: readonly string[] } {
  const { stdout, stderr } = onFile(bytes, 'dciodvfy', ['-new']);
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return { recognised: lines.find((line) => /^[A-Za-z0-9]+$/u.test(line)) ?? '', errors: lines.filter((line) => line.startsWith('Error')) };
}

/** What dsrdump prints; fails where it cannot read the report. */
export function dsrdump(bytes: Uint8Array, ...options: readonly string[]): string {
  const { status, stdout, stderr } = onFile(bytes, 'dsrdump', ['+Pl', '+Pc', ...options]);
  if (status !== 0) throw new Error(`dsrdump: ${stderr}`);
  return stdout;
}

/** JSON printed by a script for Debian's Python; the file is its last argument. */
export function python(bytes: Uint8Array, script: string): unknown {
  const { status, stdout, stderr } = onFile(bytes, '/usr/bin/python3', ['-c', script]);
  if (status !== 0) throw new Error(`python: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

/** The data set as dcm2json of DCMTK prints it (DICOM JSON, PS3.18 F). */
export function dcm2json(bytes: Uint8Array): Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>> {
  const { status, stdout, stderr } = onFile(bytes, 'dcm2json', ['-q']);
  if (status !== 0) throw new Error(`dcm2json: ${stderr}`);
  return JSON.parse(stdout) as ReturnType<typeof dcm2json>;
}
