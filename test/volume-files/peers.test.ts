/** Files written by others (nibabel, ITK through plastimatch, teem), and what the others say of every voxel. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVolumeFile } from '../../src/volume-files/read-volume-file.ts';
import { worldToIndex } from '../../src/volume/geometry.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';

interface Case {
  readonly name: string;
  readonly path: string;
  /** LPS mm and the value in Hounsfield units. */
  readonly probes: readonly (readonly [number, number, number, number])[];
}

function hasNibabel(): boolean {
  if (existsSync('/usr/lib/python3/dist-packages/nibabel')) return true;
  if (process.env['PHOI_PEERS'] === 'required') throw new Error('python3-nibabel is missing and PHOI_PEERS=required forbids skipping');
  process.stderr.write('SKIPPED: python3-nibabel is missing, the comparison of volume files does not run\n');
  return false;
}

async function expectProbes(path: string, probes: Case['probes']): Promise<void> {
  const { volume: { geometry, hu } } = await readVolumeFile(path);
  for (const [x, y, z, value] of probes) {
    const index = worldToIndex(geometry, [x, y, z]);
    const [i = 0, j = 0, k = 0] = index.map(Math.round);
    expect(Math.max(...index.map((at, n) => Math.abs(at - [i, j, k][n]!)))).toBeLessThan(0.01);
    expect(hu[(k * geometry.rows + j) * geometry.columns + i]).toBe(Math.round(value));
  }
  expect(hu).toHaveLength(probes.length);
}

describe.runIf(hasNibabel())('files of other programs', () => {
  let folder: string;
  let cases: readonly Case[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-volume-'));
    cases = JSON.parse(await runOk('/usr/bin/python3', [join(import.meta.dirname, 'write_volumes.py'), folder])) as Case[];
  });
  afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

  it('NIfTI as nibabel sees it', async () => {
    expect(cases.length).toBeGreaterThan(10);
    for (const { path, probes } of cases) await expectProbes(path, probes);
  });

  it.runIf(hasPrograms('plastimatch'))('MetaImage and NRRD written by ITK', async () => {
    // ITK 5.2 does not read NIfTI-2.
    for (const { name, path, probes } of cases.filter((one) => one.name !== 'version2')) {
      for (const ending of ['mha', 'mhd', 'nrrd']) {
        const output = join(folder, `${name}.${ending}`);
        await runOk('plastimatch', ['convert', '--input', path, '--output-img', output]);
        await expectProbes(output, probes);
      }
    }
  });

  it.runIf(hasPrograms('plastimatch', 'teem-unu'))('NRRD written by teem', async () => {
    const { path, probes } = cases.find(({ name }) => name === 'oblique')!;
    const whole = join(folder, 'whole.nrrd');
    await runOk('plastimatch', ['convert', '--input', path, '--output-type', 'short', '--output-img', whole]);
    for (const [ending, args] of [['nrrd', ['-e', 'gzip', '-en', 'big']], ['nrrd', ['-e', 'raw', '-en', 'big']], ['nhdr', ['-e', 'gzip', '-en', 'little']], ['nhdr', ['-e', 'raw', '-en', 'little']]] as const) {
      const output = join(folder, `teem.${ending}`);
      await runOk('teem-unu', ['save', '-f', 'nrrd', ...args, '-i', whole, '-o', output]);
      await expectProbes(output, probes);
    }
  });
});
