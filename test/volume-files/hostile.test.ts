/** Headers that lie, files that end too early, and random damage: an error with a code, never a crash or a volume of rubbish size. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { readVolumeFile } from '../../src/volume-files/read-volume-file.ts';
import { encodeSamples, metaHeader, niftiBytes, writeMetaImage, writeNifti, writeNrrd, type Stored } from './writers.ts';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-volume-')); });
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

const good: Stored = { size: [4, 3, 2], steps: [[0.7, 0, 0], [0, 0.7, 0], [0, 0, 2]], origin: [-1, 2, 3], type: 'int16', littleEndian: true, compressed: false, values: Array.from({ length: 24 }, (_, n) => n * 10) };

async function codeOf(path: string): Promise<string> {
  try {
    await readVolumeFile(path);
    return 'read';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.message).not.toContain(folder);
    return error.code;
  }
}

async function mha(change: (header: string) => string, data: Uint8Array = encodeSamples(good)): Promise<string> {
  const path = join(folder, 'x.mha');
  await writeFile(path, Buffer.concat([Buffer.from(change(metaHeader(good, 'LOCAL'))), data]));
  return codeOf(path);
}

async function nrrd(change: (header: string) => string): Promise<string> {
  const path = await writeNrrd(folder, good, 'left-posterior-superior', false);
  const { readFile } = await import('node:fs/promises');
  const bytes = (await readFile(path)).toString('latin1');
  const cut = bytes.indexOf('\n\n') + 2;
  await writeFile(path, Buffer.from(change(bytes.slice(0, cut)) + bytes.slice(cut), 'latin1'));
  return codeOf(path);
}

async function nifti(extras: Parameters<typeof niftiBytes>[2], stored: Stored = good): Promise<string> {
  return codeOf(await writeNifti(folder, stored, 1, extras));
}

describe('MetaImage', () => {
  it.each([
    ['more voxels than samples', 'DimSize = 4 3 2', 'DimSize = 4 3 3', 'VOLUME_FILE_TRUNCATED'],
    ['fewer voxels than samples', 'DimSize = 4 3 2', 'DimSize = 4 3 1', 'VOLUME_FILE_MALFORMED'],
    ['a size beyond any memory', 'DimSize = 4 3 2', 'DimSize = 1000000 1000000 1000000', 'VOLUME_FILE_TOO_LARGE'],
    ['a size of zero', 'DimSize = 4 3 2', 'DimSize = 4 0 2', 'VOLUME_FILE_MALFORMED'],
    ['a negative size', 'DimSize = 4 3 2', 'DimSize = 4 -3 -2', 'VOLUME_FILE_MALFORMED'],
    ['a broken size', 'DimSize = 4 3 2', 'DimSize = 4 3.5 2', 'VOLUME_FILE_MALFORMED'],
    ['four dimensions', 'NDims = 3', 'NDims = 4', 'VOLUME_FILE_UNSUPPORTED'],
    ['an unknown type', 'MET_SHORT', 'MET_QUAD', 'VOLUME_FILE_UNSUPPORTED'],
    ['a spacing of zero', /ElementSpacing = [^\n]*/u, 'ElementSpacing = 0.7 0 2', 'VOLUME_FILE_GEOMETRY'],
    ['a spacing that is text', /ElementSpacing = [^\n]*/u, 'ElementSpacing = 0.7 nan 2', 'VOLUME_FILE_MALFORMED'],
    ['no spacing', /ElementSpacing = [^\n]*\n/u, '', 'VOLUME_FILE_GEOMETRY'],
    ['a sheared matrix', /TransformMatrix = [^\n]*/u, 'TransformMatrix = 1 0 0 0.7071068 0.7071068 0 0 0 1', 'VOLUME_FILE_GEOMETRY'],
    ['a flat matrix', /TransformMatrix = [^\n]*/u, 'TransformMatrix = 1 0 0 0 1 0 1 0 0', 'VOLUME_FILE_GEOMETRY'],
    ['a matrix that is no rotation', /TransformMatrix = [^\n]*/u, 'TransformMatrix = 2 0 0 0 1 0 0 0 1', 'VOLUME_FILE_GEOMETRY'],
    ['a position out of any room', /Offset = [^\n]*/u, 'Offset = 1e30 0 0', 'VOLUME_FILE_GEOMETRY'],
    ['a key said twice', 'NDims = 3', 'NDims = 3\nNDims = 3', 'VOLUME_FILE_MALFORMED'],
    ['two channels', 'NDims = 3', 'NDims = 3\nElementNumberOfChannels = 2', 'VOLUME_FILE_UNSUPPORTED'],
    ['text samples', 'BinaryData = True', 'BinaryData = False', 'VOLUME_FILE_UNSUPPORTED'],
    ['a data file elsewhere', 'ElementDataFile = LOCAL', 'ElementDataFile = /etc/passwd', 'VOLUME_FILE_MALFORMED'],
    ['a data file above', 'ElementDataFile = LOCAL', 'ElementDataFile = ../v.raw', 'VOLUME_FILE_MALFORMED'],
    ['a data file that is not there', 'ElementDataFile = LOCAL', 'ElementDataFile = nowhere.raw', 'VOLUME_FILE_UNREADABLE'],
    ['a list of too few files', 'ElementDataFile = LOCAL', 'ElementDataFile = LIST\na.raw', 'VOLUME_FILE_MALFORMED'],
    ['compressed, but is not', 'CompressedData = False', 'CompressedData = True', 'VOLUME_FILE_MALFORMED'],
    ['untouched', 'x', 'x', 'read'],
  ] as const)('%s', async (_what, from, to, expected) => {
    expect(await mha((header) => header.replace(from, to))).toBe(expected);
  });

  it('compressed samples that end too early, that are too many, or that could never be so many', async () => {
    const packed = (change: string, data: Buffer): Promise<string> => mha((header) => header.replace('CompressedData = False', `CompressedData = True${change}`), data);
    const raw = encodeSamples(good);
    expect(await packed('', deflateSync(raw))).toBe('read');
    expect(await packed('', gzipSync(raw))).toBe('read');
    expect(await packed('', deflateSync(raw).subarray(0, -9))).toBe('VOLUME_FILE_TRUNCATED');
    expect(await packed('', deflateSync(raw.subarray(2)))).toBe('VOLUME_FILE_TRUNCATED');
    expect(await packed('', deflateSync(Buffer.alloc(50_000_000)))).toBe('VOLUME_FILE_MALFORMED');
    const bomb = await mha((header) => header.replace('CompressedData = False', 'CompressedData = True').replace('4 3 2', '1024 1024 1000'), deflateSync(raw));
    expect(bomb).toBe('VOLUME_FILE_TRUNCATED');
  });

  it('slices in files of their own, as a list and as a pattern', async () => {
    const raw = encodeSamples(good);
    await writeFile(join(folder, 's1.raw'), raw.subarray(0, 24));
    await writeFile(join(folder, 's2.raw'), raw.subarray(24));
    const path = join(folder, 'x.mhd');
    for (const data of ['LIST\ns1.raw\ns2.raw', 's%d.raw 1 2 1', 'LIST 2D\ns1.raw\ns2.raw\n']) {
      await writeFile(path, metaHeader(good, data));
      expect([...(await readVolumeFile(path)).volume.hu]).toEqual(good.values);
    }
    await writeFile(join(folder, 's2.raw'), raw.subarray(22));
    expect(await codeOf(path)).toBe('VOLUME_FILE_MALFORMED');
  });

  it('bytes before the samples, given as a number and counted from the end', async () => {
    await writeFile(join(folder, 'h.raw'), Buffer.concat([Buffer.alloc(13, 7), encodeSamples(good)]));
    const path = join(folder, 'x.mhd');
    for (const skip of ['13', '-1']) {
      await writeFile(path, metaHeader(good, 'h.raw').replace('NDims = 3', `NDims = 3\nHeaderSize = ${skip}`));
      expect([...(await readVolumeFile(path)).volume.hu]).toEqual(good.values);
    }
  });
});

describe('NRRD', () => {
  it.each([
    ['no space', 'space: left-posterior-superior\n', '', 'VOLUME_FILE_GEOMETRY'],
    ['a space that is no patient', 'left-posterior-superior', 'scanner-xyz', 'VOLUME_FILE_GEOMETRY'],
    ['an axis without direction', /space directions: \([^)]*\)/u, 'space directions: none', 'VOLUME_FILE_GEOMETRY'],
    ['no origin', /space origin: [^\n]*\n/u, '', 'VOLUME_FILE_GEOMETRY'],
    ['colours', 'kinds: domain', 'kinds: RGB-color', 'VOLUME_FILE_UNSUPPORTED'],
    ['an encoding that is not read', 'encoding: raw', 'encoding: bzip2', 'VOLUME_FILE_UNSUPPORTED'],
    ['no order of bytes', 'endian: little\n', '', 'VOLUME_FILE_MALFORMED'],
    ['more voxels than samples', 'sizes: 4 3 2', 'sizes: 4 3 20', 'VOLUME_FILE_TRUNCATED'],
    ['a huge size', 'sizes: 4 3 2', 'sizes: 4 3 2000000000', 'VOLUME_FILE_TOO_LARGE'],
    ['four dimensions', 'dimension: 3', 'dimension: 4', 'VOLUME_FILE_UNSUPPORTED'],
    ['a line that is no field', 'dimension: 3', 'dimension 3', 'VOLUME_FILE_MALFORMED'],
    ['a file elsewhere', 'encoding: raw', 'encoding: raw\ndata file: /etc/passwd', 'VOLUME_FILE_MALFORMED'],
    ['metres', 'endian: little', 'endian: little\nspace units: "m" "m" "m"', 'VOLUME_FILE_UNSUPPORTED'],
    ['untouched', 'x', 'x', 'read'],
  ] as const)('%s', async (_what, from, to, expected) => {
    expect(await nrrd((header) => header.replace(from, to))).toBe(expected);
  });
});

describe('NIfTI', () => {
  it('says what is wrong', async () => {
    expect(await nifti({})).toBe('read');
    expect(await nifti({ sformCode: 0 })).toBe('VOLUME_FILE_GEOMETRY');
    expect(await nifti({ magic: 'ni1' })).toBe('VOLUME_FILE_UNSUPPORTED');
    expect(await nifti({ magic: '\0\0\0' })).toBe('VOLUME_FILE_UNSUPPORTED');
    expect(await nifti({ datatype: 128 })).toBe('VOLUME_FILE_UNSUPPORTED');
    expect(await nifti({ dim: [4, 4, 3, 2, 5, 1, 1, 1] })).toBe('VOLUME_FILE_UNSUPPORTED');
    expect(await nifti({ dim: [4, 4, 3, 2, 1, 1, 1, 1] })).toBe('read');
    expect(await nifti({ dim: [3, 4, 3, -2, 1, 1, 1, 1] })).toBe('VOLUME_FILE_MALFORMED');
    expect(await nifti({ dim: [3, 4, 3, 200, 1, 1, 1, 1] })).toBe('VOLUME_FILE_TRUNCATED');
    expect(await nifti({ voxOffset: 10 })).toBe('VOLUME_FILE_MALFORMED');
    expect(await nifti({ voxOffset: NaN })).toBe('VOLUME_FILE_MALFORMED');
    expect(await nifti({ slope: 1, intercept: NaN })).toBe('VOLUME_FILE_MALFORMED');
    expect(await nifti({}, { ...good, steps: [[NaN, 0, 0], [0, 1, 0], [0, 0, 1]] })).toBe('VOLUME_FILE_GEOMETRY');
  });
});

it('a file that is none of these', async () => {
  const path = join(folder, 'x.nii');
  for (const content of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(5000, 1), gzipSync(Buffer.from('hello'))]) {
    await writeFile(path, content);
    expect(await codeOf(path)).toBe('VOLUME_FILE_UNSUPPORTED');
  }
  expect(await codeOf(join(folder, 'absent.nii'))).toBe('VOLUME_FILE_UNREADABLE');
});

it('random damage gives a code or a volume of the size that the file says', async () => {
  const seeds = [
    (at: string): Promise<string> => writeMetaImage(at, good, true), (at: string): Promise<string> => writeMetaImage(at, { ...good, compressed: true }, true),
    (at: string): Promise<string> => writeNifti(at, good, 1), (at: string): Promise<string> => writeNifti(at, { ...good, compressed: true }, 2),
    (at: string): Promise<string> => writeNrrd(at, good, 'RAS', false), (at: string): Promise<string> => writeNrrd(at, { ...good, compressed: true }, 'RAS', false),
  ];
  const { readFile } = await import('node:fs/promises');
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 0, max: seeds.length - 1 }),
    fc.array(fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), value: fc.integer({ min: 0, max: 255 }) }), { maxLength: 8 }),
    fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    async (seed, flips, length) => {
      const path = await seeds[seed]!(folder);
      const bytes = await readFile(path);
      for (const { at, value } of flips) bytes[Math.floor(at * bytes.length)] = value;
      await writeFile(path, bytes);
      if (length !== null) await truncate(path, Math.floor(length * bytes.length));
      try {
        const { volume: { geometry, hu } } = await readVolumeFile(path);
        expect(hu.length).toBe(geometry.columns * geometry.rows * geometry.slices);
        expect(hu.length).toBeLessThan(200_000);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        expect(error.code).toMatch(/^VOLUME_FILE_/u);
      }
    },
  ), { numRuns: 400 });
});
