/** One way of drawing for the whole page: chosen once, and only its code is loaded. */
import type { ReformatPlane, ReformatViews } from './reformat-view.ts';
import type { SliceImage } from './slice-images.ts';
import type { StackView, StackViewOptions, ViewListeners } from './stack-view.ts';
import * as canvas from './canvas/rendering.ts';
import { chooseRenderer } from './choose-renderer.ts';
import type { Renderer, Window } from './types.ts';

export interface Rendering {
  readonly renderer: Renderer;
  /** A viewport for one stack of slices inside `element`; `window` holds for every series until another is chosen. */
  readonly createStackView: (element: HTMLDivElement, window: Window, listeners: ViewListeners, options: StackViewOptions) => StackView;
  /** Cuts the series in two planes. `changed` is called after every frame of a plane. */
  readonly createReformatViews: (
    images: readonly SliceImage[], elements: Readonly<Record<ReformatPlane, HTMLDivElement>>, changed: (plane: ReformatPlane) => void,
  ) => Promise<ReformatViews>;
}

let loading: Promise<Rendering> | undefined;

async function load(): Promise<Rendering> {
  const renderer = chooseRenderer();
  // Cornerstone and vtk.js are most of the code, and of no use without a graphics card.
  const { createStackView, createReformatViews } = renderer === 'webgl' ? await import('./webgl/rendering.ts') : canvas;
  return { renderer, createStackView, createReformatViews };
}

/** The page's way of drawing. A failed download is tried again by the next caller. */
export function loadRendering(): Promise<Rendering> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
