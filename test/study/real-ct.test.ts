/** The two real series: how complete they look, whole and with images taken out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { numbers } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { hasSharedData, sharedData } from '../helpers/peers.ts';
import { stream } from './instances.ts';
import { createServiceFixture, type ServiceFixture } from './service-fixture.ts';

async function filesOf(series: string): Promise<readonly Uint8Array[]> {
  const folder = join(sharedData, 'ct', series);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.dcm')).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}
const zOf = (file: Uint8Array): number => numbers(parsePart10(file).dataset, 'ImagePositionPatient')![2]!;

describe.runIf(hasSharedData())('real CT', () => {
  let f: ServiceFixture;
  beforeEach(async () => {
    f = await createServiceFixture();
  });
  afterEach(() => f.dispose());

  async function receive(files: readonly Uint8Array[]): Promise<string> {
    let studyInstanceUID = '';
    const waiting = [...files];
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        ({ studyInstanceUID } = await f.service.receive(stream(file, 16_384), { transport: 'dimse' }));
      }
    }));
    return studyInstanceUID;
  }

  it.each(['cptac-c3n-00247', 'ncia-0117'])('%s is complete when it is whole', async (series) => {
    const files = await filesOf(series);
    const uid = await receive(files);
    await f.pass(30);
    expect(await f.item(uid)).toMatchObject({ state: 'waiting', instanceCount: files.length, reasons: [], conflictCount: 0 });
  });

  it.each(['cptac-c3n-00247', 'ncia-0117'])('%s without one of its images waits for it, and says where it is missing', async (series) => {
    const files = [...await filesOf(series)].sort((a, b) => zOf(a) - zOf(b));
    const [missing] = files.splice(40, 1);
    const uid = await receive(files);
    await f.pass(30);
    const [before, after] = [zOf(files[39]!), zOf(files[40]!)];
    expect(await f.state(uid)).toBe('incomplete');
    expect(await f.reasons(uid)).toEqual([expect.stringContaining(`slice missing between z=${before.toFixed(1)} and z=${after.toFixed(1)} mm`)]);
    await receive([missing!]);
    await f.pass(30);
    expect(await f.item(uid)).toMatchObject({ state: 'waiting', reasons: [] });
  });
});
