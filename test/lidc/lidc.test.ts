/** Reads of LIDC-IDRI: contours to voxels, readers to lesions, and files of every awkward kind. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { items, text } from '../../src/dicom/access.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { describeSr, type SrNode } from '../../src/results/describe-sr.ts';
import { readSegmentation } from '../../src/results/read-seg.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { AppError } from '../../src/errors.ts';
import { physicalNodules, type PhysicalNodule } from '../../src/lidc/consensus.ts';
import { isIncluded } from '../../src/lidc/luna-tables.ts';
import { noduleVoxels } from '../../src/lidc/nodule-mask.ts';
import { readLidcXml } from '../../src/lidc/read-lidc.ts';
import { seriesGrid, type SeriesGrid } from '../../src/lidc/series-grid.ts';
import { evaluateFiles } from '../../src/evaluation/evaluate.ts';
import { indexToWorld } from '../../src/volume/geometry.ts';
import { distance } from '../../src/volume/vec3.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { dciodvfy, dsrdump, python } from '../results/peers.ts';
import { seriesDatasets } from '../volume/synthetic-series.ts';
import { contour, disk, message, nonNodule, outlined, roi, small, type Ball } from './lidc-xml.ts';

const datasets = seriesDatasets({ name: 'lidc', columns: 64, rows: 60, slices: 40, pixelSpacing: [0.8, 0.7], step: [0, 0, 1.5] });
const seriesInstanceUID = text(datasets[0]!, 'SeriesInstanceUID')!;
const grid: SeriesGrid = seriesGrid(datasets.map((dataset) => ({ dataset, transferSyntaxUID: '1.2.840.10008.1.2.1', sopInstanceUID: text(dataset, 'SOPInstanceUID')! })))!;
/** The synthetic images have no patient and no study but UIDs. */
const absentInImages = /PatientSex|PatientName|PatientID|PatientBirthDate|StudyDate|StudyTime|StudyID|AccessionNumber|ReferringPhysicianName|Laterality|Manufacturer/u;
/** Every content item by name, with what it says. */
function toldBy(node: SrNode): readonly { readonly name: string; readonly value?: string | number; readonly references?: SrNode['references'] }[] {
  const said = node.number ?? node.text ?? node.code?.meaning;
  return [{ name: node.name?.meaning ?? '', ...(said !== undefined && { value: said }), ...(node.references !== undefined && { references: node.references }) }, ...node.children.flatMap(toldBy)];
}
const voxelMm3 = 0.8 * 0.7 * 1.5;

function voxelsOf(ball: Ball): number[] {
  return Array.from({ length: 40 }, (_, k) => disk(ball, k).map(([x, y]) => (k * 60 + y) * 64 + x)).flat().sort((a, b) => a - b);
}

function read(sessions: readonly string[]): { readonly nodules: readonly PhysicalNodule[]; readonly problems: readonly string[] } {
  const parsed = readLidcXml(message(seriesInstanceUID, sessions), 'x.xml');
  const { nodules, problems } = physicalNodules(parsed, grid, 0.5);
  return { nodules, problems: [...parsed.problems, ...problems].map(({ code }) => code) };
}

const ball = fc.record({
  middle: fc.tuple(fc.integer({ min: 14, max: 48 }), fc.integer({ min: 14, max: 44 }), fc.integer({ min: 8, max: 30 })),
  radius: fc.double({ min: 1, max: 9, noNaN: true }), reach: fc.integer({ min: 0, max: 6 }),
});

describe('a contour gives back the voxels that it was drawn around', () => {
  it('whatever the size', () => {
    fc.assert(fc.property(ball, (shape) => {
      const [nodule] = readLidcXml(message(seriesInstanceUID, [outlined(grid, 'n', shape)]), 'x.xml').nodules;
      expect(noduleVoxels(nodule!, grid, [])).toEqual(voxelsOf(shape));
    }));
  });

  it('a hole is no part of it, its rim is', () => {
    const shape: Ball = { middle: [30, 30, 10], radius: 8, reach: 0 };
    const hole: Ball = { middle: [30, 30, 10], radius: 3, reach: 0 };
    const xml = `<unblindedReadNodule><noduleID>h</noduleID>${roi(grid, 10, contour(disk(hole, 10)), { inclusion: false })}${roi(grid, 10, contour(disk(shape, 10)))}</unblindedReadNodule>`;
    const [nodule] = readLidcXml(message(seriesInstanceUID, [xml]), 'x.xml').nodules;
    const inHole = new Set(voxelsOf(hole));
    expect(noduleVoxels(nodule!, grid, [])).toEqual(voxelsOf(shape).filter((voxel) => !inHole.has(voxel)));
  });

  it('an image that is not named is found by its position, one that is nowhere is told', () => {
    const points = contour(disk({ middle: [30, 30, 10], radius: 5, reach: 0 }, 10));
    const xml = `<unblindedReadNodule><noduleID>z</noduleID>${roi(grid, 10, points, { sop: '' })}${roi(grid, 11, points, { sop: '1.2.3', z: '900' })}</unblindedReadNodule>`;
    const { nodules, problems } = read([xml]);
    expect(problems).toEqual(['OFF_SERIES']);
    expect(nodules[0]!.consensus!.volumeMm3 / voxelMm3).toBeCloseTo(voxelsOf({ middle: [30, 30, 10], radius: 5, reach: 0 }).length, 6);
  });

  it('one so tight that nothing lies within it is taken itself', () => {
    const xml = `<unblindedReadNodule><noduleID>t</noduleID>${roi(grid, 10, [[30, 30], [31, 30], [31, 31], [30, 31]])}</unblindedReadNodule>`;
    const { nodules, problems } = read([xml]);
    expect(problems).toEqual(['NOTHING_INSIDE']);
    expect(nodules[0]!.consensus!.volumeMm3).toBeCloseTo(4 * voxelMm3, 6);
  });
});

describe('readers agree or do not', () => {
  const a: Ball = { middle: [20, 20, 10], radius: 6, reach: 3 };
  const shifted = (dx: number): Ball => ({ ...a, middle: [20 + dx, 20, 10] });
  const b: Ball = { middle: [45, 40, 20], radius: 5, reach: 2 };
  const tiny: Ball = { middle: [45, 12, 30], radius: 1, reach: 0 };
  const sessions = [
    [outlined(grid, 'Nodule 001', a, { texture: 5, calcification: 6, malignancy: 4 }), outlined(grid, '2', b, { texture: 1, calcification: 6, malignancy: 2 }), small(grid, 's', [12, 45, 25]), outlined(grid, 'tiny', tiny), nonNodule(grid, 'x', [52, 52, 5])],
    [outlined(grid, 'IL057_1', shifted(1), { texture: 5, calcification: 6, malignancy: 5 }), outlined(grid, '7', b, { texture: 1, calcification: 6, malignancy: 2 }), small(grid, 's', [12, 45, 25]), outlined(grid, 'tiny', tiny)],
    [outlined(grid, 'MI014', shifted(2), { texture: 5, calcification: 6, malignancy: 5 }), small(grid, 's', [13, 45, 25]), outlined(grid, 'tiny', tiny)],
    [outlined(grid, 'a', shifted(-1), { texture: 3, calcification: 6, malignancy: 1 })],
  ].map((nodules) => nodules.join(''));
  const { nodules, problems } = read(sessions);
  const at = (index: Ball['middle']): PhysicalNodule => {
    const world = indexToWorld(grid.geometry, index);
    return nodules.reduce((best, nodule) => (distance(nodule.worldPoint, world) < distance(best.worldPoint, world) ? nodule : best));
  };

  it('every lesion once, with the readers who saw it', () => {
    expect(problems).toEqual([]);
    expect(nodules).toHaveLength(5);
    expect(nodules.map(({ worldPoint }) => worldPoint[2])).toEqual([...nodules].map(({ worldPoint }) => worldPoint[2]).sort((x, y) => y - x));
    expect(at(a.middle)).toMatchObject({ readers: 4, readersOfAnyMark: 4, type: 'solid', ratings: { malignancy: 4.5, texture: 5 } });
    expect(at(b.middle)).toMatchObject({ readers: 2, type: 'ground-glass' });
    expect(at([12, 45, 25])).toMatchObject({ readers: 0, readersOfAnyMark: 3 });
    expect(at([52, 52, 5])).toMatchObject({ readers: 0, readersOfAnyMark: 1, marks: [{ kind: 'non-nodule' }] });
  });

  it('the consensus is what half of the readers hold', () => {
    const votes = new Map<number, number>();
    for (const dx of [0, 1, 2, -1]) for (const voxel of voxelsOf(shifted(dx))) votes.set(voxel, (votes.get(voxel) ?? 0) + 1);
    const expected = [...votes.values()].filter((count) => count >= 2).length;
    const { consensus } = at(a.middle);
    expect(consensus!.volumeMm3).toBeCloseTo(expected * voxelMm3, 6);
    expect(consensus!.diameterMm).toBeCloseTo(2 * (3 * expected * voxelMm3 / (4 * Math.PI)) ** (1 / 3), 9);
    expect(consensus!.mask.data.reduce((sum, value) => sum + value, 0)).toBe(expected);
  });

  it('three readers and 3 mm make a nodule that is to be found', () => {
    const rule = { readers: 3, diameterMm: 3 };
    expect(isIncluded(at(a.middle), rule)).toBe(true);
    expect(isIncluded(at(b.middle), rule)).toBe(false);
    expect(isIncluded(at(b.middle), { ...rule, readers: 2 })).toBe(true);
    // Outlined by three, but below 3 mm.
    expect(at(tiny.middle).readers).toBe(3);
    expect(isIncluded(at(tiny.middle), rule)).toBe(false);
    expect(isIncluded(at([12, 45, 25]), { readers: 1, diameterMm: 0 })).toBe(false);
  });
});

describe('awkward files', () => {
  const codeOf = (xml: string): string => {
    try {
      readLidcXml(xml, 'x.xml');
      return 'read';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };
  const good = message(seriesInstanceUID, ['']);
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${good.slice(good.indexOf('?>') + 2)}`;

  it.each([
    ['a good one', good, /^read$/u],
    ['with a byte order mark', `\uFEFF${good}`, /^read$/u],
    ['with prefixes', good.replaceAll(/<(\/?)(?=[A-Za-z])/gu, '<$1n:').replace('xmlns="', 'xmlns:n="'), /^read$/u],
    ['with entities of its own', bomb, /LIDC_XML_MALFORMED: x\.xml, line 1: a document type/u],
    ['with an entity that nobody defined', good.replace('anonymous', '&secret;'), /LIDC_XML_MALFORMED/u],
    ['cut', good.slice(0, 300), /LIDC_XML_MALFORMED: x\.xml, line \d/u],
    ['no XML', 'hello', /LIDC_XML_MALFORMED/u],
    ['empty', '', /LIDC_XML_MALFORMED/u],
    ['of radiographs', message('1.2', [''], 'IdriReadMessage'), /LIDC_NOT_CT/u],
    ['of something else', message('1.2', [''], 'Other'), /LIDC_XML_MALFORMED: x\.xml: the element Other/u],
    ['without a series', good.replace(/<SeriesInstanceUid>[^<]*/u, '<SeriesInstanceUid>'), /names no series/u],
    ['with a series that is a path', good.replace(/<SeriesInstanceUid>[^<]*/u, '<SeriesInstanceUid>../../x'), /names no series/u],
    ['of five readers', message('1.2', ['', '', '', '', '']), /5 readers/u],
    ['of great depth', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`, /too deeply/u],
  ])('%s', (_what, xml, expected) => {
    expect(codeOf(xml)).toMatch(expected);
  });

  it('random damage gives a code, or a read whose outlines are numbers', () => {
    const source = message(seriesInstanceUID, [outlined(grid, 'a', { middle: [20, 20, 10], radius: 3, reach: 1 }) + small(grid, 's', [40, 40, 20]), nonNodule(grid, 'x', [5, 5, 5])]);
    fc.assert(fc.property(
      fc.array(fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), text: fc.constantFrom('<', '>', '&', '"', '', '/', '9', '-', '\0', '\uD800', '<!--', ']]>', '&#x0;', '&amp;') }), { maxLength: 6 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      (changes, cut) => {
        let xml = source;
        for (const { at, text: put } of changes) xml = xml.slice(0, Math.floor(at * xml.length)) + put + xml.slice(Math.floor(at * xml.length) + 1);
        if (cut !== null) xml = xml.slice(0, Math.floor(cut * xml.length));
        try {
          const damaged = readLidcXml(xml, 'x.xml');
          for (const { outlines } of damaged.nodules) for (const { zMm, points } of outlines) expect([zMm, ...points.flat()].every(Number.isFinite)).toBe(true);
          for (const { consensus } of physicalNodules(damaged, grid, 0.5).nodules) if (consensus) expect(consensus.volumeMm3).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.code).toMatch(/^LIDC_/u);
        }
      },
    ), { numRuns: 300 });
  });

  it('what is wrong inside is told and left out, the rest is kept', () => {
    const sound = outlined(grid, 'sound', { middle: [20, 20, 10], radius: 5, reach: 2 });
    const { nodules, problems } = readLidcXml(message(seriesInstanceUID, [
      `${sound}<unblindedReadNodule><noduleID>text</noduleID>${roi(grid, 3, [[1, 2]]).replace('<xCoord>1', '<xCoord>one')}</unblindedReadNodule>
      <unblindedReadNodule><noduleID>none</noduleID></unblindedReadNodule><unblindedReadNodule><noduleID>bare</noduleID>${roi(grid, 3, [])}</unblindedReadNodule>
      <unblindedReadNodule><noduleID>only a hole</noduleID>${roi(grid, 3, [[1, 2]], { inclusion: false })}</unblindedReadNodule>`, '',
    ]), 'x.xml');
    expect(nodules.map(({ id }) => id)).toEqual(['sound']);
    expect(problems.map(({ code }) => code)).toEqual(['BAD_COORDINATE', 'NO_OUTLINE', 'NO_OUTLINE', 'NO_OUTLINE', 'NO_OUTLINE', 'NO_OUTLINE']);
    expect(problems[0]!.text).toMatch(/reader 1, nodule "text", line \d+/u);
  });
});

describe('phoi convert lidc', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-lidc-'));
    await mkdir(join(folder, 'in', 'patient'), { recursive: true });
    for (const [n, dataset] of datasets.entries()) await writeFile(join(folder, 'in', 'patient', `${n}.dcm`), encodePart10(dataset, { values: 'received' }));
    const a: Ball = { middle: [20, 20, 10], radius: 6, reach: 3 };
    await writeFile(join(folder, 'in', 'patient', '069.xml'), message(seriesInstanceUID, [outlined(grid, 'a', a), outlined(grid, 'b', a), outlined(grid, 'c', a) + small(grid, 's', [45, 40, 30]), '']));
    await writeFile(join(folder, 'in', 'other.xml'), message('1.2.3.4', [small(grid, 's', [1, 1, 1])]));
    await writeFile(join(folder, 'in', 'broken.xml'), '<LidcReadMessage>');
    await writeFile(join(folder, 'in', 'cxr.xml'), message('1.2', [''], 'IdriReadMessage'));
  });
  afterAll(async () => { await rm(folder, { recursive: true, force: true }); });
  const convert = (...args: readonly string[]): Promise<RunResult> => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli/main.ts'), 'convert', ...args]);

  it('writes tables that phoi evaluate takes, and names what it could not use', async () => {
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await convert('lidc', join(folder, 'in'), '--out', out);
    expect(code).toBe(0);
    expect(stdout).toContain('1 series, 1 nodules to be found, 1 lesions that count neither way, 3 problems');
    for (const what of ['UNREADABLE: broken.xml', 'NOT_CT: cxr.xml', 'IMAGES_MISSING: 1.2.3.4']) expect(stderr).toContain(what);
    const [, row] = (await readFile(join(out, 'annotations.csv'), 'utf8')).split('\n');
    const [uid, x, y, z, diameter] = row!.split(',');
    expect(uid).toBe(seriesInstanceUID);
    const world = indexToWorld(grid.geometry, [20, 20, 10]);
    expect(distance([Number(x), Number(y), Number(z)], world)).toBeLessThan(0.01);
    const results = join(folder, 'results.csv');
    await writeFile(results, `seriesuid,coordX,coordY,coordZ,probability\n${uid},${x},${y},${z},0.9\n`);
    const { statistics } = await evaluateFiles({ annotations: join(out, 'annotations.csv'), excluded: join(out, 'annotations_excluded.csv'), seriesUIDs: join(out, 'seriesuids.csv'), results }, { resamples: 0 });
    expect(statistics).toMatchObject({ scans: 1, nodules: 1, truePositives: 1 });
    expect(Number(diameter)).toBeGreaterThan(3);
    const nodules = JSON.parse(await readFile(join(out, 'nodules.json'), 'utf8')) as { nodules: { readers: number }[] }[];
    expect(nodules[0]!.nodules.map(({ readers }) => readers).sort()).toEqual([0, 3]);
  });

  it.runIf(hasPrograms('dciodvfy'))('writes the consensus as a segmentation that is valid and holds the same voxels', async () => {
    const out = join(folder, 'dicom');
    expect((await convert('lidc', join(folder, 'in'), '--out', out, '--dicom')).code).toBe(0);
    const path = join(out, 'seg', `${seriesInstanceUID}.dcm`);
    const { dataset } = parsePart10(await readFile(path));
    const [segment] = items(dataset, 'SegmentSequence');
    expect(text(segment!, 'SegmentDescription')).toMatch(/^3 of 3 readers outlined/u);
    expect(text(segment!, 'SegmentAlgorithmType')).toBe('MANUAL');
    expect(text(dataset, 'SeriesDescription')).toBe('Reference annotation: lung nodules, segmentation');
    const masks = [...readSegmentation(await readFile(path), grid.geometry).values()];
    expect(masks[0]!.data.reduce((sum, value) => sum + value, 0)).toBe(voxelsOf({ middle: [20, 20, 10], radius: 6, reach: 3 }).length);
    const { stderr } = await run('dciodvfy', ['-new', path]);
    expect(stderr.split('\n').filter((line) => line.startsWith('Error') && !absentInImages.test(line))).toEqual([]);
  });

  it('writes it as a report of the readers too, whose groups refer to the segments', async () => {
    const out = join(folder, 'report');
    const seg = parsePart10(await readFile(join(folder, 'dicom', 'seg', `${seriesInstanceUID}.dcm`))).dataset;
    const bytes = await readFile(join(folder, 'dicom', 'sr', `${seriesInstanceUID}.dcm`));
    const { dataset } = parsePart10(bytes);
    expect(text(dataset, 'SeriesDescription')).toBe('Reference annotation: lung nodules, measurements');
    const told = toldBy(describeSr(dataset).content);
    const value = (name: RegExp): unknown => told.find((node) => name.test(node.name))?.value;
    expect(value(/^Person Observer Name$/u)).toBe('LIDC-IDRI readers');
    expect(told.map(({ name }) => name)).not.toContain('Algorithm Name');
    // What was marked without an outline is counted, not left out silently.
    expect(told.filter(({ name }) => name.startsWith('Number of')).map(({ value: count }) => Number(count))).toEqual([1, 1]);
    expect(Number(value(/^Readers who outlined/u))).toBe(3);
    expect(Number(value(/^Readers of the series$/u))).toBe(4);
    const voxels = voxelsOf({ middle: [20, 20, 10], radius: 6, reach: 3 }).length;
    expect(Number(value(/^Volume$/u))).toBeCloseTo(voxels * voxelMm3, 1);
    expect(Number(value(/^Diameter$/u))).toBeCloseTo(2 * (3 * voxels * voxelMm3 / (4 * Math.PI)) ** (1 / 3), 1);
    const [segment] = items(seg, 'SegmentSequence');
    expect(value(/^Tracking Unique Identifier$/u)).toBe(text(segment!, 'TrackingUID'));
    expect(told.find(({ name }) => name === 'Referenced Segment')?.references).toEqual([{ sopClassUID: '1.2.840.10008.5.1.4.1.1.66.4', sopInstanceUID: text(seg, 'SOPInstanceUID'), segments: [1] }]);
    expect(bytes.toString('latin1')).not.toMatch(/\bAI\b|Artificial/u);
    // Again, another day: the same bytes, or a PACS would hold the truth twice.
    expect((await convert('lidc', join(folder, 'in'), '--out', out, '--dicom')).code).toBe(0);
    for (const kind of ['seg', 'sr']) expect(await readFile(join(out, kind, `${seriesInstanceUID}.dcm`))).toEqual(await readFile(join(folder, 'dicom', kind, `${seriesInstanceUID}.dcm`)));
  });

  it.runIf(hasPrograms('dciodvfy', 'dsrdump'))('and DCMTK, dicom3tools and pydicom read it', async () => {
    const bytes = await readFile(join(folder, 'dicom', 'sr', `${seriesInstanceUID}.dcm`));
    const { recognised, errors } = dciodvfy(bytes);
    expect(recognised).toBe('Comprehensive3DSR');
    expect(errors.filter((line) => !absentInImages.test(line))).toEqual([]);
    const dump = dsrdump(bytes);
    for (const words of ['Imaging Measurement Report', 'LIDC-IDRI readers', 'Reference 1', 'Readers who outlined the nodule', 'Sum of segmented voxel volumes']) expect(dump).toContain(words);
    expect(python(bytes, [
      'import sys, json, pydicom',
      'd = pydicom.dcmread(sys.argv[1])',
      'def walk(item):',
      '    yield item',
      '    for child in item.get("ContentSequence", []): yield from walk(child)',
      'print(json.dumps([d.SOPClassUID.name, sum(1 for i in walk(d) if i.ValueType == "NUM"), d.AuthorObserverSequence[0].ObserverType]))',
    ].join('\n'))).toEqual(['Comprehensive 3D SR Storage', expect.any(Number), 'PSN']);
  });

  it('annotations of a table become balls of their size, and what has none is told', async () => {
    const out = join(folder, 'balls');
    const [x, y, z] = indexToWorld(grid.geometry, [30, 30, 15]);
    const table = join(folder, 'table.csv');
    await writeFile(table, `seriesuid,coordX,coordY,coordZ,diameter_mm,confidence\n${seriesInstanceUID},${x},${y},${z},9,không chắc\n${seriesInstanceUID},${x},${y},${z},-1,\n${seriesInstanceUID},9999,0,0,5,\n1.2.3,0,0,0,5,\n`);
    const { code, stdout, stderr } = await convert('annotations', join(folder, 'in'), '--annotations', table, '--out', out);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1 segmentations, 1 nodules, 3 problems') as unknown });
    for (const what of ['line 3: has no diameter', 'line 4: lies outside', 'IMAGES_MISSING: 1.2.3']) expect(stderr).toContain(what);
    const masks = [...readSegmentation(await readFile(join(out, 'seg', `${seriesInstanceUID}.dcm`)), grid.geometry).values()];
    const volumeMm3 = masks[0]!.data.reduce((sum, value) => sum + value, 0) * voxelMm3;
    expect(Math.abs(volumeMm3 / (Math.PI * 9 ** 3 / 6) - 1)).toBeLessThan(0.05);
    const told = toldBy(describeSr(parsePart10(await readFile(join(out, 'sr', `${seriesInstanceUID}.dcm`))).dataset).content);
    expect(Number(told.find(({ name }) => name === 'Diameter')?.value)).toBe(9);
    expect(told.find(({ name }) => name.startsWith('Confidence'))?.value).toBe('không chắc');
    // A nodule without a diameter is counted.
    expect(told.find(({ name }) => name.startsWith('Number of lesions'))?.value).toBe(1);
    // The volume of a ball that was only drawn was measured by nobody.
    expect(told.map(({ name }) => name)).not.toContain('Volume');
    expect(told.find(({ name }) => name === 'Person Observer Name')?.value).toBe('Annotations of table.csv');
  });

  it('nothing converted is a failure, and so is being called wrongly', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect(await convert('lidc', empty, '--out', join(folder, 'o'))).toMatchObject({ code: 1 });
    expect((await convert('lidc', '--out', 'x')).code).toBe(2);
    expect((await convert('luna', empty, '--out', 'x')).code).toBe(2);
  });
});
