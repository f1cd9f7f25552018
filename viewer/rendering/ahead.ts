/** What is loaded of the study that will probably be read next. It outlives the present study, and there is one at a time. */
import { firstSlices } from './first-slices.ts';
import type { SliceImage } from './slice-images.ts';
import { slices, sliceSource } from './slices.ts';

/** Slices loaded ahead: the one shown first, its neighbours and those of findings. At 512 × 512 about 20 MB. */
export const slicesAhead = 40;

export interface Ahead {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly metadata: readonly unknown[];
}

let ahead: Ahead | undefined;

/** Loads the pixels of these slices one after the other, behind everything that is asked for meanwhile. */
export async function loadAhead(series: Ahead, images: readonly SliceImage[], wanted: readonly number[], signal: AbortSignal): Promise<void> {
  ahead = series;
  const chosen = firstSlices(images.length, wanted, slicesAhead).flatMap((at) => images[at] ?? []);
  slices.keep(chosen.map(({ imageId }) => imageId));
  for (const image of chosen) {
    if (signal.aborted) return;
    // What cannot be loaded ahead is asked for again, and its error shown, when it is looked at.
    await slices.load(sliceSource(image, true)).catch(() => undefined);
  }
}

/** The attributes of the series if they were loaded ahead; once, since a series may grow. */
export function takeAhead(studyInstanceUID: string, seriesInstanceUID: string): readonly unknown[] | undefined {
  if (ahead?.studyInstanceUID !== studyInstanceUID || ahead.seriesInstanceUID !== seriesInstanceUID) return undefined;
  const { metadata } = ahead;
  ahead = undefined;
  slices.keep([]);
  return metadata;
}
