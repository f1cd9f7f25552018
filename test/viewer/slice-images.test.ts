import { describe, expect, test } from 'vitest';
import { toDicomJson } from '../../src/dicom/json.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { nearestPending } from '../../viewer/rendering/nearest.ts';
import { canReformat } from '../../viewer/rendering/regular-stack.ts';
import { indexOfImage, nearestSlice, ontoPlane, pixelToWorld, sliceImages, worldToPixel } from '../../viewer/rendering/slice-images.ts';
import { boxSeries, makeBoxSeries, type BoxSeries } from './helpers/box-series.ts';
import { readHeader } from './helpers/read-header.ts';

function metadataOf(series: BoxSeries): readonly unknown[] {
  return series.instances.map(({ part10 }) => toDicomJson(parsePart10(part10).dataset));
}

describe('images of a series', () => {
  test.each([[1, 1], [-1, 1], [1, -1], [-1, -1]] as const)('run from head to feet with columns along %i x and rows along %i y', (x, y) => {
    const images = sliceImages('/series', metadataOf(makeBoxSeries({ name: `axes ${x} ${y}`, axes: [x, y] })));
    const z = images.map((image) => image.plane!.position[2]);
    expect(z).toHaveLength(boxSeries.slices);
    expect(z).toEqual(z.toSorted((a, b) => b - a));
  });

  test('the frames of an enhanced image are images with their own position', () => {
    const series = makeBoxSeries({ name: 'enhanced', enhanced: true });
    const images = sliceImages('/series', metadataOf(series));
    const expected = readHeader(series.instances[0]!.part10);
    expect(images).toHaveLength(boxSeries.slices);
    for (const { sopInstanceUID, frameNumber, position } of expected) {
      const image = images[indexOfImage(images, sopInstanceUID, frameNumber)]!;
      expect(image.plane!.position).toEqual(position);
      expect(image.imageId).toBe(`/series/instances/${sopInstanceUID}/frames/${frameNumber!}`);
      expect(image.attributes['52009230'], 'no frame carries the groups of all').toBeUndefined();
    }
  });

  test('the pixel (0,0) is the centre of the top-left pixel and maps back', () => {
    const [image] = sliceImages('/series', metadataOf(makeBoxSeries({ name: 'pixel', axes: [-1, -1] })));
    const plane = image!.plane!;
    expect(pixelToWorld(plane, 0, 0)).toEqual(plane.position);
    const [column, row] = worldToPixel(plane, pixelToWorld(plane, 12.5, 40));
    expect(column).toBeCloseTo(12.5, 6);
    expect(row).toBeCloseTo(40, 6);
  });

  test('instances without pixels are no images; without geometry the instance number orders', () => {
    const image = (uid: string, number: number): object => ({
      '00080018': { vr: 'UI', Value: [uid] }, '00280010': { vr: 'US', Value: [4] }, '00280011': { vr: 'US', Value: [4] }, '00200013': { vr: 'IS', Value: [number] },
    });
    const report = { '00080018': { vr: 'UI', Value: ['1.9'] } };
    expect(sliceImages('/series', [image('1.2', 2), report, image('1.1', 1), null]).map((each) => each.sopInstanceUID)).toEqual(['1.1', '1.2']);
  });
});

describe('planes across the slices', () => {
  const images = sliceImages('/series', metadataOf(makeBoxSeries({ name: 'regular' })));
  test('need slices at even distances', () => {
    expect(canReformat(images)).toBe(true);
    expect(canReformat(images.filter((_, at) => at !== 5)), 'one is missing').toBe(false);
    expect(canReformat([...images.slice(0, 6), images[5]!, ...images.slice(6)]), 'one is doubled').toBe(false);
    expect(canReformat(images.slice(0, 2)), 'two are no volume').toBe(false);
  });
  test('the nearest slice to a point, and the point moved into a slice', () => {
    expect(nearestSlice(images, [5, 6, 4 * boxSeries.sliceSpacingMm + 1])).toBe(boxSeries.slices - 1 - 4);
    expect(ontoPlane(images[0]!.plane!, [5, 6, 7])).toEqual([5, 6, 11 * boxSeries.sliceSpacingMm]);
  });
});

describe('the order of loading', () => {
  function order(centre: number, count: number, reach: number): readonly number[] {
    const settled = new Set<number>();
    for (let next = nearestPending(centre, count, reach, settled); next !== undefined; next = nearestPending(centre, count, reach, settled)) settled.add(next);
    return [...settled];
  }
  test('goes outwards from the slice that is looked at', () => {
    expect(order(2, 6, 10)).toEqual([2, 3, 1, 4, 0, 5]);
  });
  test('ends at the reach of the memory', () => {
    expect(order(50, 100, 2)).toEqual([50, 51, 49, 52, 48]);
  });
});
