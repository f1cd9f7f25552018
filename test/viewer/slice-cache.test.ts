/** Slices in memory and on their way. */
import { expect, test } from 'vitest';
import { prefetchNearest } from '../../viewer/rendering/prefetch.ts';
import { createSliceCache, type PixelSource } from '../../viewer/rendering/slice-cache.ts';
import type { SlicePixels } from '../../viewer/rendering/slice-pixels.ts';
import { eventually } from './helpers/eventually.ts';

const bytesEach = 8;
const pixels = (): SlicePixels => ({ kind: 'grey', rows: 1, columns: 4, values: new Int16Array(4), inverted: false });

/** Sources that count how often they are asked, and fail as often as told. */
function sources(count: number, failures: Readonly<Record<number, number>> = {}): { readonly all: readonly PixelSource[]; readonly asked: number[] } {
  const asked = Array.from({ length: count }, () => 0);
  return {
    asked,
    all: asked.map((_, at) => ({
      imageId: `slice ${at}`,
      load: async () => {
        asked[at]! += 1;
        if (asked[at]! <= (failures[at] ?? 0)) throw new Error('the connection broke');
        return pixels();
      },
    })),
  };
}

test('what was not used for longest leaves first, what is kept stays', async () => {
  const cache = createSliceCache(3 * bytesEach);
  const { all } = sources(5);
  cache.keep(['slice 0']);
  for (const at of [0, 1, 2]) await cache.load(all[at]!);
  cache.get('slice 1');
  await cache.load(all[3]!);
  await cache.load(all[4]!);
  expect(['slice 0', 'slice 1', 'slice 2', 'slice 3', 'slice 4'].map((id) => cache.has(id))).toEqual([true, false, false, true, true]);
  cache.release();
  expect(['slice 0', 'slice 3', 'slice 4'].map((id) => cache.has(id))).toEqual([true, false, false]);
});

test('a slice is asked for once at a time, and again after it failed', async () => {
  const cache = createSliceCache(100);
  const { all, asked } = sources(1, { 0: 1 });
  const both = await Promise.allSettled([cache.load(all[0]!), cache.load(all[0]!)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked).toEqual([1]);
  await expect(cache.load(all[0]!)).resolves.toMatchObject({ kind: 'grey' });
  await cache.load(all[0]!);
  expect(asked).toEqual([2]);
});

test('what was released on its way does not come back', async () => {
  const cache = createSliceCache(100);
  let arrive: (pixels: SlicePixels) => void = () => undefined;
  const loading = cache.load({ imageId: 'late', load: () => new Promise((resolve) => { arrive = resolve; }) });
  cache.release();
  arrive(pixels());
  await loading;
  expect(cache.has('late')).toBe(false);
});

test('the count of loaded slices reaches their number, also when the last ones were there already', async () => {
  const cache = createSliceCache(1000);
  const { all, asked } = sources(9);
  // The first and the last of them: the farthest from the middle.
  for (const at of [0, 8]) await cache.load(all[at]!);
  const counts: number[] = [];
  prefetchNearest(all, 100, (count) => counts.push(count), cache).focus(4);
  await eventually(() => Promise.resolve(counts.at(-1))).toBe(9);
  expect(asked).toEqual(Array.from({ length: 9 }, () => 1));
});

test('a series that is loaded already is counted at once', async () => {
  const cache = createSliceCache(1000);
  const { all } = sources(3);
  for (const source of all) await cache.load(source);
  const counts: number[] = [];
  prefetchNearest(all, 100, (count) => counts.push(count), cache).focus(1);
  expect(counts).toEqual([3]);
});

test('a slice that failed is asked for again after the others, and left alone in the end', async () => {
  const cache = createSliceCache(1000);
  const { all, asked } = sources(6, { 2: 2, 5: 99 });
  const counts: number[] = [];
  prefetchNearest(all, 100, (count) => counts.push(count), cache).focus(2);
  await eventually(() => Promise.resolve([counts.at(-1), asked[5]])).toEqual([5, 3]);
  expect(asked).toEqual([1, 1, 3, 1, 1, 3]);
});

test('no more slices than fit are loaded, those around the one that is looked at', async () => {
  const cache = createSliceCache(1000);
  const { all, asked } = sources(20);
  const prefetcher = prefetchNearest(all, 4, () => undefined, cache);
  prefetcher.focus(10);
  await eventually(() => Promise.resolve(asked.reduce((sum, each) => sum + each))).toBe(5);
  expect(asked.flatMap((times, at) => (times > 0 ? [at] : []))).toEqual([8, 9, 10, 11, 12]);
  prefetcher.focus(0);
  await eventually(() => Promise.resolve(asked.flatMap((times, at) => (times > 0 ? [at] : [])))).toEqual([0, 1, 2, 8, 9, 10, 11, 12]);
});
