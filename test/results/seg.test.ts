import { describe, expect, it } from 'vitest';

import { decodeFrame } from '../../src/dicom/codec.ts';
import { items, number, numbers, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import type { ResultInput } from '../../src/results/build-result-objects.ts';
import { readSegmentation } from '../../src/results/read-seg.ts';
import { encodeCIELab } from '../../src/results/segment.ts';
import { packFrames, segmentFrames } from '../../src/results/segment-frames.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { dciodvfy, python } from './peers.ts';
import { axial, feetFirst, geometryOf, multiFrameInput, oblique, sampleInput, spheres, tilted, worldOf } from './sample.ts';
import type { Grid } from './sample.ts';

const grids: readonly (readonly [string, Grid])[] = [['axial', axial], ['feet first and mirrored', feetFirst], ['oblique', oblique], ['tilted gantry', tilted]];

async function segOf(input: ResultInput): Promise<Uint8Array> {
  const seg = (await buildResultObjects(input)).find(({ role }) => role === 'seg');
  if (seg === undefined) throw new Error('no segmentation');
  return seg.part10;
}

/** Centre (LPS mm), volume and source images of each segment, by pydicom and numpy alone. */
const measure = `
import sys, json, numpy as np, pydicom
d = pydicom.dcmread(sys.argv[1])
shared = d.SharedFunctionalGroupsSequence[0]
spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
between = float(shared.PixelMeasuresSequence[0].SpacingBetweenSlices)
iop = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
row, col = np.array(iop[:3]), np.array(iop[3:])
pixels = d.pixel_array
if pixels.ndim == 2: pixels = pixels[None]
out = {}
for frame, groups in zip(pixels, d.PerFrameFunctionalGroupsSequence):
    number = int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
    position = np.array([float(v) for v in groups.PlanePositionSequence[0].ImagePositionPatient])
    r, c = np.nonzero(frame)
    points = position + np.outer(c * spacing[1], row) + np.outer(r * spacing[0], col)
    entry = out.setdefault(number, {'sum': np.zeros(3), 'count': 0, 'frames': 0})
    entry['sum'] += points.sum(axis=0); entry['count'] += len(r); entry['frames'] += 1
print(json.dumps([{'centre': (e['sum'] / e['count']).tolist(), 'volume': e['count'] * spacing[0] * spacing[1] * between, 'frames': e['frames']} for _, e in sorted(out.items())]))
`;
interface Measured {
  readonly centre: readonly number[];
  readonly volume: number;
  readonly frames: number;
}

describe.runIf(hasPrograms('dciodvfy'))('the segmentation is valid', () => {
  it.each(grids)('on an %s series', async (_name, grid) => {
    expect(dciodvfy(await segOf(sampleInput(grid, spheres)))).toEqual({ recognised: 'Segmentation', errors: [] });
  });

  it('over a gap that was interpolated', async () => {
    expect(dciodvfy(await segOf(sampleInput(axial, spheres, { interpolated: [16] }))).errors).toEqual([]);
  });

  it('of a multi-frame image', async () => {
    const bytes = await segOf(multiFrameInput());
    expect(dciodvfy(bytes).errors).toEqual([]);
    const [group] = items(parsePart10(bytes).dataset, 'PerFrameFunctionalGroupsSequence');
    const source = items(items(group ?? {}, 'DerivationImageSequence')[0] ?? {}, 'SourceImageSequence')[0] ?? {};
    expect([text(source, 'ReferencedSOPInstanceUID'), number(source, 'ReferencedFrameNumber')]).toEqual(['2.25.800', 12]);
  });

  it('of lossy images', async () => {
    const input = sampleInput(axial, spheres);
    input.sourceHeaders.header['00282110'] = { vr: 'CS', Value: ['01'] };
    input.sourceHeaders.header['00282112'] = { vr: 'DS', Value: [8.5] };
    input.sourceHeaders.header['00282114'] = { vr: 'CS', Value: ['ISO_15444_1'] };
    expect(dciodvfy(await segOf(input)).errors).toEqual([]);
  });
});

describe('the masks read back from the segmentation', () => {
  const slicesBack = async (input: ResultInput): Promise<readonly unknown[]> => {
    const { geometry, slices } = input.volume!;
    const seg = await segOf(input);
    // With the images that they were made from, and by their places alone.
    return [slices, []].map((known) => [...readSegmentation(seg, geometry, known).values()].map(({ start, size, data }) => [start, size, data.reduce((sum, voxel) => sum + voxel, 0)]));
  };

  it.each([['even', {}], ['over a gap', { interpolated: [16] }], ['uneven', { unevenBy: 0.15 }], ['as uneven as is analysed', { unevenBy: 0.2 }]])('are those that it was made of: %s', async (_name, options) => {
    const input = sampleInput(axial, spheres, options);
    const [bySource, byPlace] = await slicesBack(input);
    expect(bySource).toEqual(byPlace);
    const voxels = (bySource as readonly (readonly [unknown, unknown, number])[]).map(([, , count]) => count);
    expect(voxels).toEqual(input.masks.map(({ data }) => data.reduce((sum, voxel) => sum + voxel, 0)));
    expect((bySource as readonly (readonly [readonly number[]])[]).map(([start]) => start[2])).toEqual(input.masks.map(({ start, size, data }) => start[2] + Math.floor(data.indexOf(1) / (size[0] * size[1]))));
  });

  it('are refused on a volume that they do not lie on', async () => {
    const { geometry } = sampleInput(axial, []).volume!;
    const seg = await segOf(sampleInput(axial, spheres));
    for (const origin of [[-63.5, -48.25, -209.5], [-61, -48.25, -210.125]] as const) expect(() => readSegmentation(seg, { ...geometry, origin })).toThrow(expect.objectContaining({ code: 'DICOM_INVALID_GEOMETRY' }) as Error);
  });
});

describe.runIf(hasDebianPython())('the segmentation read by pydicom', () => {
  it.each(grids)('lies where the findings are on an %s series', async (_name, grid) => {
    const input = sampleInput(grid, spheres);
    const measured = python(await segOf(input), measure) as readonly Measured[];
    const geometry = geometryOf(grid);
    expect(measured).toHaveLength(spheres.length);
    measured.forEach((segment, index) => {
      const truth = worldOf(geometry, spheres[index]?.centre ?? [0, 0, 0]);
      const distance = Math.hypot(...truth.map((value, axis) => value - (segment.centre[axis] ?? Infinity)));
      expect(distance).toBeLessThan(0.5);
      const voxels = input.masks[index]?.data.reduce((sum, voxel) => sum + voxel, 0) ?? 0;
      const { columnDirection: a, rowDirection: b, sliceDirection: c, spacingMm } = geometry;
      const skew = Math.abs((a[1] * b[2] - a[2] * b[1]) * c[0] + (a[2] * b[0] - a[0] * b[2]) * c[1] + (a[0] * b[1] - a[1] * b[0]) * c[2]);
      const volume = voxels * spacingMm[0] * spacingMm[1] * spacingMm[2] * skew;
      expect(Math.abs(segment.volume / volume - 1)).toBeLessThan(0.01);
      // A sphere: not only our own arithmetic says how large it is.
      expect(Math.abs(segment.volume / (input.findings.findings[index]?.volumeMm3 ?? 0) - 1)).toBeLessThan(0.12);
    });
  });
});

describe('the segmentation', () => {
  it('has one segment per finding, in order, under the same tracking UIDs', async () => {
    const input = sampleInput(axial, spheres);
    const { dataset } = parsePart10(await segOf(input));
    expect(items(dataset, 'SegmentSequence').map((segment) => [number(segment, 'SegmentNumber'), text(segment, 'TrackingUID'), text(segment, 'SegmentAlgorithmType')]))
      .toEqual(input.findings.findings.map(({ trackingUID }, index) => [index + 1, trackingUID, 'AUTOMATIC']));
    expect(text(dataset, 'PatientName')).toBe('Nguyễn^Thị Hồng');
    expect(text(dataset, 'StudyInstanceUID')).toBe('2.25.5');
    expect(text(dataset, 'SeriesInstanceUID')).not.toBe('2.25.6');
    expect(text(dataset, 'FrameOfReferenceUID')).toBe('2.25.77');
  });

  it('keeps only slices with voxels, each with its own image and position', async () => {
    const { dataset } = parsePart10(await segOf(sampleInput(feetFirst, spheres.slice(0, 1))));
    const groups = items(dataset, 'PerFrameFunctionalGroupsSequence');
    expect(groups).toHaveLength(9);
    const geometry = geometryOf(feetFirst);
    groups.forEach((group, index) => {
      const k = 11 + index;
      expect(numbers(items(group, 'PlanePositionSequence')[0] ?? {}, 'ImagePositionPatient')?.[2]).toBeCloseTo(worldOf(geometry, [0, 0, k])[2], 6);
      const source = items(items(group, 'DerivationImageSequence')[0] ?? {}, 'SourceImageSequence')[0] ?? {};
      expect(text(source, 'ReferencedSOPInstanceUID')).toBe(`2.25.1000${k}`);
      expect(numbers(items(group, 'FrameContentSequence')[0] ?? {}, 'DimensionIndexValues')).toEqual([1, index + 1]);
    });
  });

  it('holds the very voxels of the masks', async () => {
    const input = sampleInput(axial, spheres.slice(1, 2));
    const bytes = await segOf(input);
    const parsed = parsePart10(bytes);
    const [mask] = input.masks;
    if (mask === undefined) throw new Error('no mask');
    const firstPlane = mask.data.findIndex((voxel) => voxel === 1);
    const plane = Math.floor(firstPlane / (mask.size[0] * mask.size[1]));
    const { samples } = await decodeFrame(bytes, parsed, 0);
    let differing = 0;
    for (let j = 0; j < 70; j += 1) {
      for (let i = 0; i < 90; i += 1) {
        const [x, y] = [i - mask.start[0], j - mask.start[1]];
        const inside = x >= 0 && y >= 0 && x < mask.size[0] && y < mask.size[1] && mask.data[(plane * mask.size[1] + y) * mask.size[0] + x] === 1;
        if ((samples[j * 90 + i] === 1) !== inside) differing += 1;
      }
    }
    expect(differing).toBe(0);
  });

  it('gives no segment to a finding without a voxel, and none at all when no finding has one', async () => {
    const input = sampleInput(axial, spheres);
    const empty = { ...input, masks: input.masks.map((mask, index) => (index === 0 ? { ...mask, data: new Uint8Array(mask.data.length) } : mask)) };
    const { dataset } = parsePart10(await segOf(empty));
    expect(items(dataset, 'SegmentSequence').map((segment) => text(segment, 'TrackingID'))).toEqual(['Nodule 2', 'Nodule 3']);
    const none = { ...input, masks: input.masks.map((mask) => ({ ...mask, data: new Uint8Array(mask.data.length) })) };
    expect((await buildResultObjects(none)).map(({ role }) => role)).not.toContain('seg');
  });

  it('refuses masks that stick out of the volume', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    const out = { ...input, masks: input.masks.map((mask) => ({ ...mask, start: [80, 0, 0] as const })) };
    await expect(buildResultObjects(out)).rejects.toMatchObject({ code: 'DICOM_INVALID_GEOMETRY' });
    await expect(buildResultObjects({ ...input, masks: [] })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('packs frames without padding between them', () => {
    const geometry = { ...geometryOf(axial), columns: 3, rows: 3, slices: 2 };
    const mask = { start: [1, 1, 0] as const, size: [2, 1, 2] as const, data: Uint8Array.of(1, 0, 1, 1) };
    const { frames } = segmentFrames([mask], geometry);
    // Nine bits a frame: bit 4 of the first; bits 4 and 5 of the second, 13 and 14 of the stream.
    expect([...packFrames(frames, [mask], geometry)]).toEqual([0b0001_0000, 0b0110_0000, 0, 0]);
  });

  it('encodes colours as PS3.3 C.10.7.1.1 says', () => {
    expect(encodeCIELab([100, 0, 0])).toEqual([65_535, 32_896, 32_896]);
    expect(encodeCIELab([0, -128, 127])).toEqual([0, 0, 65_535]);
  });
});
