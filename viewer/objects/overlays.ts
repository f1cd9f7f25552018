import { createStore, type Store } from '../ui/store.ts';
import type { PresentationGraphics } from './presentation.ts';
import type { Segmentation } from './segmentation.ts';

/** Objects of the study that are drawn over its slices. */
export interface ObjectOverlays {
  readonly segmentations: readonly Segmentation[];
  readonly presentations: readonly PresentationGraphics[];
}

export function createObjectOverlays(): Store<ObjectOverlays> {
  return createStore<ObjectOverlays>({ segmentations: [], presentations: [] });
}

export function isShown({ segmentations, presentations }: ObjectOverlays, sopInstanceUID: string): boolean {
  return [...segmentations, ...presentations].some((each) => each.sopInstanceUID === sopInstanceUID);
}
