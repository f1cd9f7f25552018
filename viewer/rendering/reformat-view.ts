import { cache, Enums, setVolumesForViewports, VolumeViewport, volumeLoader, type Types } from '@cornerstonejs/core';
import type { Point3, SliceImage } from './slice-images.ts';
import { renderingEngine } from './start.ts';
import { bindReformatTools, keepKeysFromTools, releaseReformatTools } from './tools.ts';
import type { Window } from './types.ts';

export type ReformatPlane = 'coronal' | 'sagittal';

/** A coronal or sagittal plane through the series, cut at the cursor. */
export interface ReformatView {
  /** Moves the plane so that it goes through the point (LPS mm). */
  readonly cutAt: (world: Point3) => void;
  readonly setWindow: (window: Window) => void;
  readonly toCanvas: (world: Point3) => readonly [number, number];
  readonly toWorld: (x: number, y: number) => Point3;
  /** A point of the plane that is shown. */
  readonly planePoint: () => Point3;
  readonly resize: () => void;
}

export interface ReformatViews {
  readonly views: Readonly<Record<ReformatPlane, ReformatView>>;
  readonly destroy: () => void;
}

const orientations = { coronal: Enums.OrientationAxis.CORONAL, sagittal: Enums.OrientationAxis.SAGITTAL } as const;
const planes: readonly ReformatPlane[] = ['coronal', 'sagittal'];

function viewOf(viewport: VolumeViewport, canvas: HTMLElement): ReformatView {
  const point = ([x, y, z]: Types.Point3): Point3 => [x, y, z];
  return {
    cutAt(world) {
      viewport.jumpToWorld([...world]);
      viewport.render();
    },
    setWindow({ width, centre }) {
      viewport.setProperties({ voiRange: { lower: centre - width / 2, upper: centre + width / 2 } });
      viewport.render();
    },
    toCanvas: (world) => viewport.worldToCanvas([...world]),
    toWorld: (x, y) => point(viewport.canvasToWorld([x, y])),
    planePoint: () => point(viewport.getCamera().focalPoint ?? [0, 0, 0]),
    resize() {
      if (canvas.clientWidth > 0) renderingEngine().resize(true, true);
    },
  };
}

/**
 * Loads the series as one volume and cuts it in two planes. Needs a graphics card or WebGL in software.
 * `changed` is called after every frame of a plane.
 */
export async function createReformatViews(
  images: readonly SliceImage[], elements: Readonly<Record<ReformatPlane, HTMLDivElement>>, changed: (plane: ReformatPlane) => void,
): Promise<ReformatViews> {
  const engine = renderingEngine();
  const volumeId = `cornerstoneStreamingImageVolume:${images[0]?.imageId ?? ''}`;
  const volume = await volumeLoader.createAndCacheVolume(volumeId, { imageIds: images.map((image) => image.imageId) });
  const abort = new AbortController();
  const open = (plane: ReformatPlane): ReformatView => {
    const element = elements[plane];
    keepKeysFromTools(element);
    engine.enableElement({ viewportId: plane, type: Enums.ViewportType.ORTHOGRAPHIC, element, defaultOptions: { orientation: orientations[plane], background: [0, 0, 0] } });
    const viewport = engine.getViewport(plane);
    if (!(viewport instanceof VolumeViewport)) throw new Error('the rendering engine gave no volume viewport');
    element.addEventListener(Enums.Events.IMAGE_RENDERED, () => { changed(plane); }, { signal: abort.signal });
    return viewOf(viewport, element);
  };
  const views = { coronal: open('coronal'), sagittal: open('sagittal') };
  bindReformatTools(planes, engine.id);
  await setVolumesForViewports(engine, [{ volumeId }], [...planes]);
  if ('load' in volume) volume.load();
  engine.renderViewports([...planes]);
  return {
    views,
    destroy() {
      abort.abort();
      for (const plane of planes) engine.disableElement(plane);
      releaseReformatTools();
      if (cache.getVolume(volumeId) !== undefined) cache.removeVolumeLoadObject(volumeId);
    },
  };
}
