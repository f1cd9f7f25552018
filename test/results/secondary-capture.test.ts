/**
 * The pictures of a result. PHOI_WRITE_SCREENSHOTS=1 renews sc-summary.webp and sc-panel.webp in docs/, which people
 * look at; here is held what a picture must show.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi as vitest } from 'vitest';
import { item, number, text } from '../../src/dicom/access.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { readFrame } from '../../src/dicom/pixels.ts';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import { buildResultObjects, type ResultInput } from '../../src/results/build-result-objects.ts';
import { plainResults, type ResultOptions } from '../../src/results/options.ts';
import { projectRoot } from '../../src/settings.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { writePicture } from '../helpers/picture.ts';
import { runOk } from '../helpers/run.ts';
import { measureStudy } from './measured-study.ts';
import { dciodvfy, python } from './peers.ts';
import { picturedInput } from './pictured.ts';
import { axial, createdAt, feetFirst, notAnalysedInput, oblique, sampleInput, spheres, worldOf, type Grid } from './sample.ts';

vitest.setConfig({ testTimeout: 400_000 });

const pictures: ResultOptions = { ...plainResults, secondaryCapture: true };
const writes = process.env['PHOI_WRITE_SCREENSHOTS'] === '1';

interface Shown {
  readonly dataset: Dataset;
  readonly part10: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

async function shown(input: ResultInput): Promise<readonly Shown[]> {
  return (await buildResultObjects(input)).filter(({ role }) => role === 'sc').map(({ part10 }) => {
    const parsed = parsePart10(part10);
    return { dataset: parsed.dataset, part10, width: number(parsed.dataset, 'Columns')!, height: number(parsed.dataset, 'Rows')!, rgb: readFrame(part10, parsed, 0) };
  });
}

type Colour = readonly [number, number, number];
const amber: Colour = [0xf5, 0xa6, 0x23];
const red: Colour = [0xff, 0x6b, 0x5e];

function isColour({ rgb, width }: Shown, x: number, y: number, [r, g, b]: Colour): boolean {
  const at = (y * width + x) * 3;
  return Math.abs((rgb[at] ?? 0) - r) < 12 && Math.abs((rgb[at + 1] ?? 0) - g) < 12 && Math.abs((rgb[at + 2] ?? 0) - b) < 12;
}

/** Part of the picture's first rows that has a colour: the banner. */
function bannerShare(picture: Shown, colour: Colour): number {
  let count = 0;
  for (let y = 0; y < 30; y += 1) for (let x = 0; x < picture.width; x += 1) if (isColour(picture, x, y, colour)) count += 1;
  return count / (30 * picture.width);
}

const tile = 400;
const pitch = 404;
/** Middle of what is brighter than `least` in a tile, pixels from the tile's own middle. */
function brightMiddle({ rgb, width, height }: Shown, column: 0 | 1, row: 0 | 1, least: number): readonly [number, number] {
  const [left, top] = [column * pitch, height - tile - (1 - row) * pitch];
  let [sx, sy, count] = [0, 0, 0];
  for (let y = 30; y < tile - 60; y += 1) {
    for (let x = 30; x < tile - 30; x += 1) {
      const at = ((top + y) * width + left + x) * 3;
      const [r = 0, g = 0, b = 0] = [rgb[at], rgb[at + 1], rgb[at + 2]];
      if (r < least || Math.abs(r - b) > 8 || Math.abs(r - g) > 8) continue;
      sx += x;
      sy += y;
      count += 1;
    }
  }
  return [sx / count - tile / 2, sy / count - tile / 2];
}

describe('pictures', () => {
  it('are a page of summary and a key image for each finding, in one series, told to be AI and to name the patient', async () => {
    const all = await shown(picturedInput());
    expect(all.map(({ dataset }) => [number(dataset, 'InstanceNumber'), text(dataset, 'Modality'), text(dataset, 'BurnedInAnnotation'), number(dataset, 'SeriesNumber')]))
      .toEqual([1, 2, 3, 4].map((n) => [n, 'OT', 'YES', 9005]));
    expect(new Set(all.map(({ dataset }) => text(dataset, 'SeriesInstanceUID'))).size).toBe(1);
    for (const picture of all) expect(bannerShare(picture, amber)).toBeGreaterThan(0.75);
    expect(text(item(all[1]!.dataset, 'SourceImageSequence') ?? {}, 'ReferencedSOPInstanceUID')).toBe('2.25.100015');
  });

  it('of a study that was not analysed are red, and of one without findings are not', async () => {
    const refused = await shown({ ...notAnalysedInput(), options: pictures });
    const none = await shown({ ...sampleInput(axial, []), options: pictures });
    expect(refused).toHaveLength(1);
    expect(none).toHaveLength(1);
    expect(bannerShare(refused[0]!, red)).toBeGreaterThan(0.75);
    expect(bannerShare(none[0]!, red)).toBe(0);
    expect(bannerShare(none[0]!, amber)).toBeGreaterThan(0.75);
    expect(text(refused[0]!.dataset, 'SeriesDescription')).toContain('NOT ANALYSED');
    expect(text(none[0]!.dataset, 'SeriesDescription')).toContain('none at or above threshold');
  });

  it('take as many pages as there are findings, and say when not each has a key image', async () => {
    const many = Array.from({ length: 45 }, (_, n) => spheres[n % 3]!);
    const input = picturedInput(axial, {}, many);
    expect(input.views).toHaveLength(12);
    const all = await shown(input);
    const pages = all.filter(({ height }) => height === 1280);
    expect(pages.length).toBeGreaterThan(2);
    expect(all).toHaveLength(pages.length + 12);
  });

  it.each<readonly [string, Grid]>([['axial', axial], ['feet first', feetFirst], ['oblique', oblique]])('show left, front and head where their letters stand, on an %s series', async (_name, grid) => {
    const [sphere] = spheres;
    const middle = worldOf(sampleInput(grid, spheres).volume!.geometry, sphere!.centre);
    // In each plane a brighter ball, towards the patient's left, front or head.
    const marker = (x: number, y: number, z: number) => ({ centre: [middle[0] + 9 * x, middle[1] - 7 * y, middle[2] + 6 * z] as const, radiusMm: 2.5, hu: 600 });
    const input = picturedInput(grid, {}, spheres.slice(0, 1), [marker(1, 1, 0), marker(1, 0, 1), marker(0, 1, 1)]);
    const [, panel] = await shown(input);
    const mm = tile / (input.views![0]!.axial.size * input.views![0]!.axial.spacingMm);
    const seen = { axial: brightMiddle(panel!, 1, 0, 245), coronal: brightMiddle(panel!, 0, 1, 245), sagittal: brightMiddle(panel!, 1, 1, 245) };
    for (const [plane, x, y] of [['axial', 9, -7], ['coronal', 9, -6], ['sagittal', -7, -6]] as const) {
      expect(Math.abs(seen[plane][0] - x * mm), plane).toBeLessThan(0.8 * mm);
      expect(Math.abs(seen[plane][1] - y * mm), plane).toBeLessThan(0.8 * mm);
    }
  });

  it('outline the finding on all three planes, and nothing on the fourth but the frame', async () => {
    const [, panel] = await shown(picturedInput(axial, {}, spheres.slice(0, 1)));
    const mm = tile / 40;
    for (const [column, row] of [[1, 0], [0, 1], [1, 1]] as const) {
      const [left, top] = [column * pitch, panel!.height - tile - (1 - row) * pitch];
      const distances: number[] = [];
      for (let y = 0; y < tile; y += 1) for (let x = 0; x < tile; x += 1) if (isColour(panel!, left + x, top + y, amber)) distances.push(Math.hypot(x - tile / 2, y - tile / 2) / mm);
      expect(distances.length).toBeGreaterThan(100);
      // A ball of 5 mm radius on voxels of 0.7, 0.75 and 1.25 mm.
      for (const distance of distances) expect(Math.abs(distance - 5)).toBeLessThan(1.1);
    }
  });

  it('are the same bytes each time, and other objects in the other language', async () => {
    const input = picturedInput();
    const [a, b, vi] = [await shown(input), await shown(input), await shown({ ...input, options: { ...pictures, language: 'vi' } })];
    a.forEach((picture, n) => {
      expect(Buffer.compare(picture.part10, b[n]!.part10)).toBe(0);
      expect(text(picture.dataset, 'SOPInstanceUID')).not.toBe(text(vi[n]!.dataset, 'SOPInstanceUID'));
    });
    expect(Buffer.compare(a[0]!.rgb, vi[0]!.rgb)).not.toBe(0);
  });

  it('need no font of the machine', async () => {
    const hash = `import { createDrawing, paint } from './src/results/drawing.ts'; import { createHash } from 'node:crypto';
      const drawing = createDrawing(400, 60); drawing.text(5, 40, 'Nguyễn Thị Hồng 5.2 × 4.1 mm³', { size: 24, fill: '#fff' });
      const { rgb } = await paint(drawing, '#000'); console.log(createHash('sha256').update(rgb).digest('hex'), rgb.some((v) => v > 200));`;
    const withFonts = await runOk(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', hash], { cwd: projectRoot });
    const without = await runOk(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', hash], { cwd: projectRoot, env: { PATH: process.env['PATH'], FONTCONFIG_FILE: '/dev/null', FONTCONFIG_PATH: '/nonexistent' } });
    expect(without).toBe(withFonts);
    expect(without).toContain('true');
  });
});

describe.runIf(hasPrograms('dciodvfy'))('pictures are valid', () => {
  it.each<readonly [string, () => ResultInput]>([
    ['with findings', () => picturedInput()], ['without', () => ({ ...sampleInput(axial, []), options: pictures })], ['not analysed', () => ({ ...notAnalysedInput(), options: pictures })],
  ])('%s', async (_name, input) => {
    for (const { part10 } of await shown(input())) expect(dciodvfy(part10)).toEqual({ recognised: 'SCImage', errors: [] });
  });
});

describe.runIf(hasDebianPython())('pictures read by pydicom', () => {
  it('have the pixels that were drawn', async () => {
    const [page] = await shown(picturedInput());
    const sum = python(page!.part10, 'import sys, json, pydicom; a = pydicom.dcmread(sys.argv[1]).pixel_array; print(json.dumps([list(a.shape), int(a.astype("int64").sum())]))');
    expect(sum).toEqual([[page!.height, page!.width, 3], page!.rgb.reduce((total, value) => total + value, 0)]);
  });
});

describe('pictures for the documentation', () => {
  let folder: string;
  beforeAll(async () => {
    folder = writes ? join(projectRoot, 'docs/screenshots') : await mkdtemp(join(tmpdir(), 'phoi-pictures-'));
    await mkdir(folder, { recursive: true });
  });
  afterAll(async () => { if (!writes) await rm(folder, { recursive: true, force: true }); });

  it('are of a synthetic thorax', async () => {
    const study = makePhantomStudy({
      seed: 100_007, columns: 400, sliceSpacingMm: 1.5, kernel: 'standard', noise: 14, sliceThicknessMm: 1.5,
      nodules: [{ diameterMm: 13, type: 'solid', margin: 'spiculated', location: 'isolated' }, { diameterMm: 19, type: 'part-solid', location: 'isolated' }, { diameterMm: 7, type: 'solid' }],
    });
    const result = await measureStudy(study.instances.map(({ part10 }) => part10), study.truth.nodules);
    const objects = (await buildAnalysisObjects(result, { softwareVersion: '0.1.0', createdAt, options: pictures })).filter(({ role }) => role === 'sc');
    expect(objects).toHaveLength(4);
    for (const [n, name] of ['sc-summary.webp', 'sc-panel.webp'].entries()) {
      const { part10 } = objects[n]!;
      const parsed = parsePart10(part10);
      const raw = { width: number(parsed.dataset, 'Columns')!, height: number(parsed.dataset, 'Rows')!, channels: 3 } as const;
      await writePicture(sharp(readFrame(part10, parsed, 0), { raw }), join(folder, name), n === 0 ? 16 : undefined);
    }
  });
});
