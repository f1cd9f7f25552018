import { cache, Enums, setVolumesForViewports, VolumeViewport, volumeLoader, type Types } from '@cornerstonejs/core';
import { reformatPlanes, type ReformatPlane, type ReformatView, type ReformatViews } from '../reformat-view.ts';
import type { SlabMode } from '../slab-slices.ts';
import type { Point3, SliceImage } from '../slice-images.ts';
import { sliceSource } from '../slices.ts';
import { cornerstoneIds } from './slice-provider.ts';
import { renderingEngine } from './start.ts';
import { bindReformatTools, keepKeysFromTools, releaseReformatTools } from './tools.ts';

const orientations = { coronal: Enums.OrientationAxis.CORONAL, sagittal: Enums.OrientationAxis.SAGITTAL } as const;
const blends: Readonly<Record<SlabMode, Enums.BlendModes>> = {
  mip: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND, minip: Enums.BlendModes.MINIMUM_INTENSITY_BLEND, average: Enums.BlendModes.AVERAGE_INTENSITY_BLEND,
};

function viewOf(viewport: VolumeViewport, canvas: HTMLElement): ReformatView {
  const point = ([x, y, z]: Types.Point3): Point3 => [x, y, z];
  return {
    cutAt(world) {
      viewport.jumpToWorld([...world]);
      viewport.render();
    },
    bringIntoSight(world) {
      const pan = viewport.getPan();
      const { focalPoint, position } = viewport.getCamera();
      if (focalPoint === undefined || position === undefined || (Math.abs(viewport.getZoom() - 1) < 1e-3 && Math.hypot(...pan) < 0.5)) return;
      const middle = viewport.canvasToWorld([canvas.clientWidth / 2, canvas.clientHeight / 2]);
      const moved = (from: Types.Point3): Types.Point3 => [from[0] + world[0] - middle[0], from[1] + world[1] - middle[1], from[2] + world[2] - middle[2]];
      viewport.setCamera({ focalPoint: moved(focalPoint), position: moved(position) });
      viewport.render();
    },
    setWindow({ width, centre }) {
      viewport.setProperties({ voiRange: { lower: centre - width / 2, upper: centre + width / 2 } });
      viewport.render();
    },
    setSlab(slab) {
      viewport.setBlendMode(slab === undefined ? Enums.BlendModes.COMPOSITE : blends[slab.mode]);
      if (slab === undefined) viewport.resetSlabThickness();
      else viewport.setSlabThickness(slab.thicknessMm);
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
 * Loads the series as one volume and cuts it in two planes.
 * `changed` is called after every frame of a plane.
 */
export async function createReformatViews(
  images: readonly SliceImage[], elements: Readonly<Record<ReformatPlane, HTMLDivElement>>, changed: (plane: ReformatPlane) => void,
): Promise<ReformatViews> {
  const engine = renderingEngine();
  const volumeId = `cornerstoneStreamingImageVolume:${images[0]?.imageId ?? ''}`;
  const volume = await volumeLoader.createAndCacheVolume(volumeId, { imageIds: [...cornerstoneIds(images, images.map((image) => sliceSource(image, true)))] });
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
  bindReformatTools(reformatPlanes, engine.id);
  await setVolumesForViewports(engine, [{ volumeId }], [...reformatPlanes]);
  if ('load' in volume) volume.load();
  engine.renderViewports([...reformatPlanes]);
  return {
    views,
    destroy() {
      abort.abort();
      for (const plane of reformatPlanes) engine.disableElement(plane);
      releaseReformatTools();
      if (cache.getVolume(volumeId) !== undefined) cache.removeVolumeLoadObject(volumeId);
    },
  };
}
