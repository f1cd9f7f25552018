/** When a case counts as changed. */
import { mkdtemp, rm, unlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCases } from '../../src/bench/dataset.ts';
import { writeMetaImage } from '../volume-files/writers.ts';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-dataset-')); });
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a volume of two files', () => {
  const fingerprint = async (): Promise<string> => {
    const { cases } = await findCases(folder);
    expect(cases).toHaveLength(1);
    return cases[0]!.fingerprint;
  };

  it('is another case when the file with its samples is another, or is gone', async () => {
    await writeMetaImage(folder, { size: [2, 2, 2], steps: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], origin: [0, 0, 0], type: 'int16', littleEndian: true, compressed: true, values: [1, 2, 3, 4, 5, 6, 7, 8] }, false);
    const first = await fingerprint();
    expect(await fingerprint()).toBe(first);
    await utimes(join(folder, 'v.zraw'), new Date(1000), new Date(1000));
    const touched = await fingerprint();
    expect(touched).not.toBe(first);
    await unlink(join(folder, 'v.zraw'));
    expect([first, touched]).not.toContain(await fingerprint());
  });
});
