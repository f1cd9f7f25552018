import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { numbers, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { readFrame } from '../../src/dicom/pixels.ts';
import { describeSeries, phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { clean, isolatedSolid, sceneOf, withoutNodules } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoi-phantom-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scene = sceneOf(isolatedSolid);
const { truth } = scene.nodules[0]!;

/** Centre of the nodule in the files: from attributes and pixels alone, the same files without it taken away. */
function locate(options: Omit<Parameters<typeof phantomToInstances>[1], 'scanner'>): number[] {
  const all = { scanner: clean, columns: 128, sliceSpacingMm: 2.5, ...options };
  const shown = phantomToInstances(scene, all);
  const empty = phantomToInstances(withoutNodules(scene), all);
  let mass = 0;
  const sum = [0, 0, 0];
  shown.forEach(({ part10 }, n) => {
    const parsed = parsePart10(part10);
    const before = parsePart10(empty[n]!.part10);
    const position = numbers(parsed.dataset, 'ImagePositionPatient')!;
    const orientation = numbers(parsed.dataset, 'ImageOrientationPatient')!;
    const spacing = numbers(parsed.dataset, 'PixelSpacing')!;
    const a = readFrame(part10, parsed, 0);
    const b = readFrame(empty[n]!.part10, before, 0);
    const values = new Uint16Array(a.buffer.slice(a.byteOffset, a.byteOffset + a.byteLength));
    const others = new Uint16Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength));
    values.forEach((value, p) => {
      const more = value - others[p]!;
      if (Math.abs(more) < 3) return;
      mass += more;
      const column = p % 128;
      const row = Math.floor(p / 128);
      for (let axis = 0; axis < 3; axis++) {
        sum[axis]! += more * (position[axis]! + column * spacing[1]! * orientation[axis]! + row * spacing[0]! * orientation[axis + 3]!);
      }
    });
  });
  return sum.map((v) => v / mass);
}

describe('orientation', () => {
  test.each([
    ['head first, supine', { patientPosition: 'HFS' }, [1, 0, 0, 0, 1, 0]],
    ['head first, prone', { patientPosition: 'HFP' }, [-1, 0, 0, 0, -1, 0]],
    ['feet first, supine', { patientPosition: 'FFS' }, [-1, 0, 0, 0, 1, 0]],
    ['feet first, prone', { patientPosition: 'FFP' }, [1, 0, 0, 0, -1, 0]],
    ['oblique', { obliqueDegrees: [8, -5, 12] }, undefined],
  ] as const)('%s: the nodule lies at the same point of the patient', (_, options, orientation) => {
    const found = locate(options);
    const { grid } = describeSeries(scene, { scanner: clean, columns: 128, sliceSpacingMm: 2.5, ...options });
    if (orientation) expect([...grid.columnDirection, ...grid.rowDirection].map((v) => v + 0)).toEqual(orientation);
    const halfPixel = grid.spacingMm[0] / 2;
    found.forEach((v, axis) => expect(Math.abs(v - truth.worldPoint[axis]!)).toBeLessThan(halfPixel));
  });
});

describe('files', () => {
  test('UIDs repeat with the options and change with them', () => {
    const options = { scanner: clean, columns: 64, slices: 3 };
    const a = describeSeries(scene, options).identity;
    expect(describeSeries(scene, options).identity.instanceUID(2)).toBe(a.instanceUID(2));
    const b = describeSeries(scene, { ...options, columns: 65 }).identity;
    expect(b.seriesInstanceUID).not.toBe(a.seriesInstanceUID);
    expect(b.studyInstanceUID).toBe(a.studyInstanceUID);
    expect(describeSeries(scene, { ...options, studyLabel: 'again' }).identity.studyInstanceUID).not.toBe(a.studyInstanceUID);
  });

  test('a folder with its truth', async () => {
    const out = join(folder, 'study');
    const { files, truth: written } = await writePhantom({ out, seed: 31, nodules: 1, slices: 6, columns: 96 });
    expect(files).toBe(6);
    expect(readdirSync(out).sort()).toEqual(['IM0001', 'IM0002', 'IM0003', 'IM0004', 'IM0005', 'IM0006', 'truth.json']);
    expect(JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'))).toEqual(written);
    const header = parsePart10(readFileSync(join(out, 'IM0001'))).dataset;
    expect(text(header, 'StudyInstanceUID')).toBe(written.studyInstanceUID);
    expect(text(header, 'PatientName')).toMatch(/^Phantom\^/u);
  });

  test.runIf(hasPrograms('dciodvfy', 'dcmdump'))('dciodvfy finds no error and dcmdump reads them', () => {
    const small = { scanner: { kernel: 'sharp', noise: 30 }, slices: 3, columns: 96 } as const;
    const classic = phantomToInstances({ ...scene, contrast: true }, small);
    const enhanced = phantomToInstances(scene, { ...small, enhanced: true, patientPosition: 'FFP' });
    expect(enhanced).toHaveLength(1);
    for (const [n, instance] of [...classic, ...enhanced].entries()) {
      const path = join(folder, `check-${n}`);
      writeFileSync(path, instance.part10);
      // dciodvfy reports on stderr and leaves with 1 when there is an error.
      const report = execFileSync('/bin/sh', ['-c', 'dciodvfy "$1" 2>&1', 'sh', path], { encoding: 'utf8' });
      expect(report).not.toMatch(/Error/u);
      expect(execFileSync('dcmdump', ['+P', 'Rows', path], { encoding: 'utf8' })).toContain('US 96');
    }
  });

  test.runIf(hasDebianPython())('pydicom reads the pixels that were rendered', () => {
    const [instance] = phantomToInstances(scene, { scanner: clean, slices: 2, columns: 96 });
    const path = join(folder, 'pydicom');
    writeFileSync(path, instance!.part10);
    const script = 'import pydicom,sys; d=pydicom.dcmread(sys.argv[1]); a=d.pixel_array*int(d.RescaleSlope)+int(d.RescaleIntercept); print(str(d.PatientName), a.shape, a.min(), a[0,0])';
    const answer = execFileSync('/usr/bin/python3', ['-c', script, path], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } });
    expect(answer).toMatch(/^Phantom\^\p{Lu}.* \(96, 96\) -10\d\d -?\d+/u);
  });
});

test('a few slices over the whole chest stay thin and cost little', () => {
  const [first] = phantomToInstances(scene, { scanner: clean, columns: 64, slices: 2 });
  const header = parsePart10(first!.part10).dataset;
  expect(text(header, 'SliceThickness')).toBe('5');
  expect(Number(text(header, 'SpacingBetweenSlices'))).toBeGreaterThan(80);
});
