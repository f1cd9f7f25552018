import { describe, expect, it } from 'vitest';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { tag } from '../../src/dicom/tags.ts';
import { uidFromName } from '../../src/dicom/uid.ts';
import { gridOver } from '../../src/volume/lps-grid.ts';
import { indexToWorld, voxelVolumeMm3, worldBounds, worldToIndex } from '../../src/volume/geometry.ts';
import { resample } from '../../src/volume/resample.ts';
import type { Vec3, Volume } from '../../src/volume/types.ts';
import { assemble, choose, fieldError, fieldHU, reasonsOf, seriesDatasets, shuffled, sourcesOf } from './synthetic-series.ts';

const degrees = Math.PI / 180;

/** Largest error of the volume resampled to an LPS grid, voxels of the border left out. */
function resampledError(volume: Volume): number {
  const [low, high] = worldBounds(volume.geometry);
  const inset: Vec3 = [5, 5, 5];
  const grid = gridOver([low[0] + inset[0], low[1] + inset[1], low[2] + inset[2]], [high[0] - inset[0], high[1] - inset[1], high[2] - inset[2]], [1, 1, 1]);
  const { hu } = resample(volume, grid, -1024);
  let worst = 0;
  let n = 0;
  for (let z = 0; z < grid.size[0]; z++) {
    for (let y = 0; y < grid.size[1]; y++) {
      for (let x = 0; x < grid.size[2]; x++, n++) {
        const world: Vec3 = [grid.origin[0] + x, grid.origin[1] + y, grid.origin[2] + z];
        if (hu[n] !== -1024) worst = Math.max(worst, Math.abs((hu[n] ?? NaN) - fieldHU(world)));
      }
    }
  }
  return worst;
}

describe('a volume lies where the patient is', () => {
  it('head first, files in any order', async () => {
    const volume = await assemble(shuffled(sourcesOf(seriesDatasets())));
    expect(volume.geometry).toMatchObject({ columns: 12, rows: 10, slices: 40, origin: [-9, -10, -40] });
    expect(volume.geometry.spacingMm.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([1.5, 2, 1.25]);
    expect(fieldError(volume)).toBe(0);
    expect(volume.slices[3]?.sopInstanceUID).toBe(uidFromName('series 3'));
    expect(volume.slices[3]?.imagePositionPatient).toEqual([-9, -10, -36.25]);
  });

  it('known voxels and points', async () => {
    const { geometry } = await assemble(sourcesOf(seriesDatasets()));
    expect(indexToWorld(geometry, [4, 7, 10])).toEqual([-3, 4, -27.5]);
    expect(worldToIndex(geometry, [-3, 4, -27.5]).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([4, 7, 10]);
    expect(voxelVolumeMm3(geometry)).toBeCloseTo(1.5 * 2 * 1.25, 9);
  });

  it('with slices stored from head to feet', async () => {
    const volume = await assemble(sourcesOf(seriesDatasets({ origin: [-9, -10, 40], step: [0, 0, -1.25] })));
    expect(fieldError(volume)).toBe(0);
    expect(volume.geometry.sliceDirection[2]).toBeCloseTo(1, 9);
    expect(volume.slices[0]?.sopInstanceUID).toBe(uidFromName('series 39'));
  });

  it.each([
    ['feet first, supine', [-1, 0, 0], [0, 1, 0], [0, 0, -1.25]],
    ['head first, prone', [-1, 0, 0], [0, -1, 0], [0, 0, 1.25]],
    ['feet first, prone', [1, 0, 0], [0, -1, 0], [0, 0, -1.25]],
  ] as const)('%s', async (_, rowCosines, columnCosines, step) => {
    const volume = await assemble(sourcesOf(seriesDatasets({ rowCosines, columnCosines, step, origin: [9, 10, 0] })));
    expect(fieldError(volume)).toBe(0);
    expect(resampledError(volume)).toBeLessThanOrEqual(4);
  });

  it('oblique', async () => {
    const [c, s] = [Math.cos(12 * degrees), Math.sin(12 * degrees)];
    const volume = await assemble(sourcesOf(seriesDatasets({ columns: 24, rows: 24, rowCosines: [c, 0, -s], columnCosines: [0, 1, 0], step: [1.25 * s, 0, 1.25 * c] })));
    expect(fieldError(volume)).toBeLessThanOrEqual(1);
    expect(resampledError(volume)).toBeLessThanOrEqual(3);
  });

  it('with a gantry tilted by 10 degrees', async () => {
    const [c, s] = [Math.cos(10 * degrees), Math.sin(10 * degrees)];
    const options = { columns: 24, rows: 24, columnCosines: [0, c, -s] as const, step: [0, 0, 1.25] as const };
    const sources = sourcesOf(seriesDatasets(options));
    expect((await reasonsOf(sources)).codes).toEqual(['tilt-corrected']);
    const volume = await assemble(sources);
    expect(fieldError(volume)).toBeLessThanOrEqual(1);
    expect(voxelVolumeMm3(volume.geometry)).toBeCloseTo(1.5 * 2 * 1.25 * c, 5);
    expect(resampledError(volume)).toBeLessThanOrEqual(3);
  });

  it('one dense voxel keeps its place through resampling, whatever the orientation', async () => {
    const marker: Vec3 = [0, 4, 0];
    const hu = (world: Vec3): number => (Math.hypot(world[0] - marker[0], world[1] - marker[1], world[2] - marker[2]) < 0.5 ? 2000 : -1000);
    for (const [rowCosines, columnCosines, origin, step] of [
      [[1, 0, 0], [0, 1, 0], [-9, -10, -25], [0, 0, 1.25]],
      [[-1, 0, 0], [0, -1, 0], [9, 10, 25], [0, 0, -1.25]],
    ] as const) {
      const volume = await assemble(sourcesOf(seriesDatasets({ rowCosines, columnCosines, origin, step, hu })));
      const [low, high] = worldBounds(volume.geometry);
      const grid = gridOver(low, high, [0.5, 0.5, 0.5]);
      const { hu: fine } = resample(volume, grid, -1000);
      const at = fine.indexOf(Math.max(...fine));
      const [, ny, nx] = grid.size;
      const found: Vec3 = [grid.origin[0] + (at % nx) * 0.5, grid.origin[1] + (Math.floor(at / nx) % ny) * 0.5, grid.origin[2] + Math.floor(at / (nx * ny)) * 0.5];
      for (const axis of [0, 1, 2] as const) expect(Math.abs(found[axis] - marker[axis])).toBeLessThanOrEqual(0.5);
    }
  });
});

describe('pixel values become Hounsfield units', () => {
  it('with another slope and intercept on each slice', async () => {
    const volume = await assemble(sourcesOf(seriesDatasets({ signed: true, slope: (k) => 0.5 + 0.25 * (k % 3), intercept: (k) => -1000 + k })));
    expect(fieldError(volume)).toBeLessThanOrEqual(1);
  });

  it('unsigned with padding -2000 stored as 63536', async () => {
    const outside = ([x, y]: Vec3): boolean => Math.hypot(x, y) > 8;
    const datasets = seriesDatasets({
      signed: true,
      intercept: () => 0,
      hu: (world) => (outside(world) ? -2000 : fieldHU(world)),
      change: (dataset) => put(dataset, 'PixelPaddingValue', 63536),
    });
    expect(fieldError(await assemble(sourcesOf(datasets)), (world) => (outside(world) ? -1024 : fieldHU(world)))).toBe(0);
  });

  it('12 bits, signed, with overlay bits above the highest', async () => {
    const datasets = seriesDatasets({
      signed: true,
      intercept: () => 0,
      stored: (hu) => (hu & 0xfff) | 0xa000,
      change: (dataset) => {
        put(dataset, 'BitsStored', 12);
        put(dataset, 'HighBit', 11);
      },
    });
    expect(fieldError(await assemble(sourcesOf(datasets)))).toBe(0);
  });

  it('MONOCHROME1 changes what is shown, not what is stored', async () => {
    const datasets = seriesDatasets({ change: (dataset) => put(dataset, 'PhotometricInterpretation', 'MONOCHROME1') });
    expect(fieldError(await assemble(sourcesOf(datasets)))).toBe(0);
  });

  it('clamped to [-1024, 3071]', async () => {
    const volume = await assemble(sourcesOf(seriesDatasets({ hu: ([x]) => (x < 0 ? -3024 : 20000), signed: true, intercept: () => 0 })));
    expect([Math.min(...volume.hu), Math.max(...volume.hu)]).toEqual([-1024, 3071]);
  });

  it('the same with worker threads', async () => {
    const sources = sourcesOf(seriesDatasets({ slices: 150, step: [0, 0, 1] }));
    const [one, two] = [await assemble(sources, undefined, 1), await assemble(sources, undefined, 2)];
    expect(fieldError(two)).toBe(0);
    expect(Buffer.compare(new Uint8Array(Int16Array.from(one.hu).buffer), new Uint8Array(Int16Array.from(two.hu).buffer))).toBe(0);
  });
});

describe('slices', () => {
  it('one that is missing is interpolated and marked', async () => {
    const sources = sourcesOf(seriesDatasets()).filter((_, k) => k !== 20);
    expect(await reasonsOf(sources)).toEqual({ eligible: true, codes: ['gap-interpolated'] });
    const volume = await assemble(sources);
    expect(volume.geometry.slices).toBe(40);
    expect(volume.slices[20]).toMatchObject({ interpolated: true, sopInstanceUID: '' });
    expect(volume.slices.filter(({ interpolated }) => interpolated === true)).toHaveLength(1);
    expect(fieldError(volume)).toBeLessThanOrEqual(1);
  });

  it('sent twice under two UIDs are used once', async () => {
    const datasets = seriesDatasets();
    const copy: Dataset = { ...datasets[5] };
    put(copy, 'SOPInstanceUID', uidFromName('copy'));
    const sources = sourcesOf([...datasets, copy]);
    expect(await reasonsOf(sources)).toEqual({ eligible: true, codes: ['duplicate-dropped'] });
    expect((await assemble(sources)).geometry.slices).toBe(40);
  });

  it('of two acquisitions in one series make two volumes, one of which is used', async () => {
    const first = seriesDatasets();
    const second = seriesDatasets({ hu: (world) => fieldHU(world) + 100 }).map((dataset, k) => {
      const other: Dataset = { ...dataset };
      put(other, 'SOPInstanceUID', uidFromName(`second ${k}`));
      put(other, 'AcquisitionNumber', 2);
      return other;
    });
    const { ranked } = await choose(shuffled(sourcesOf([...first, ...second])));
    expect(ranked).toHaveLength(1);
    expect(ranked[0]?.warnings.map(({ code }) => code)).toContain('several-acquisitions');
    const volume = await assemble(shuffled(sourcesOf([...first, ...second])));
    expect(volume.geometry.slices).toBe(40);
    expect([0, 100]).toContain(fieldError(volume));
  });

  it('beside a localizer in the same series are found', async () => {
    const [scout] = seriesDatasets({ name: 'scout', slices: 1, rowCosines: [1, 0, 0], columnCosines: [0, 0, -1] });
    if (!scout) throw new Error('no scout');
    put(scout, 'ImageType', 'ORIGINAL', 'PRIMARY', 'LOCALIZER');
    put(scout, 'SeriesInstanceUID', uidFromName('series'));
    const volume = await assemble(sourcesOf([scout, ...seriesDatasets()]));
    expect(volume.geometry.slices).toBe(40);
    expect(fieldError(volume)).toBe(0);
  });
});

describe('Enhanced CT', () => {
  /** One multi-frame image of the series; slope per frame, the rest shared but for one frame's own position and thickness. */
  function enhanced(slices: number): Dataset {
    const classic = seriesDatasets({ slices, signed: true, slope: (k) => (k === 3 ? 2 : 1), intercept: () => 0 });
    const perSlice = new Set((['ImagePositionPatient', 'ImageOrientationPatient', 'PixelSpacing', 'SliceThickness', 'RescaleSlope', 'RescaleIntercept'] as const).map(tag));
    const dataset: Dataset = Object.fromEntries(Object.entries(classic[0] ?? {}).filter(([key]) => !perSlice.has(key)));
    put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2.1');
    put(dataset, 'NumberOfFrames', slices);
    const item = (fill: (item: Dataset) => void): Dataset => {
      const made: Dataset = {};
      fill(made);
      return made;
    };
    const rescale = (slope: number): Dataset => item((values) => {
      put(values, 'RescaleSlope', slope);
      put(values, 'RescaleIntercept', 0);
      put(values, 'RescaleType', 'HU');
    });
    put(dataset, 'SharedFunctionalGroupsSequence', item((shared) => {
      put(shared, 'PlaneOrientationSequence', item((plane) => put(plane, 'ImageOrientationPatient', 1, 0, 0, 0, 1, 0)));
      put(shared, 'PixelMeasuresSequence', item((measures) => {
        put(measures, 'PixelSpacing', 2, 1.5);
        put(measures, 'SliceThickness', 1.25);
      }));
      put(shared, 'PixelValueTransformationSequence', rescale(1));
    }));
    // Frames lie in the file from head to feet.
    const order = classic.map((_, k) => slices - 1 - k);
    put(dataset, 'PerFrameFunctionalGroupsSequence', ...order.map((k) => item((frame) => {
      put(frame, 'PlanePositionSequence', item((plane) => put(plane, 'ImagePositionPatient', -9, -10, -40 + 1.25 * k)));
      if (k === 3) put(frame, 'PixelValueTransformationSequence', rescale(2));
    })));
    putBytes(dataset, 'PixelData', 'OW', Buffer.concat(order.map((k) => classic[k]?.['7FE00010']?.bytes ?? new Uint8Array())));
    return dataset;
  }

  it('takes shared attributes, per-frame ones first, and refers to frames', async () => {
    const volume = await assemble(sourcesOf([enhanced(30)]));
    expect(volume.geometry).toMatchObject({ slices: 30, origin: [-9, -10, -40] });
    expect(fieldError(volume)).toBeLessThanOrEqual(1);
    expect(volume.slices[0]).toMatchObject({ frameNumber: 30, sopClassUID: '1.2.840.10008.5.1.4.1.1.2.1' });
    expect(volume.slices[29]?.frameNumber).toBe(1);
  });
});
