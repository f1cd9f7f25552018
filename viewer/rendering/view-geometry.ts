import type { StackViewport } from '@cornerstonejs/core';
import { pixelToWorld, worldToPixel, type ImagePlane, type Point3, type SliceImage } from './slice-images.ts';
import type { Probe } from './types.ts';

/** Where things are on the canvas, for the slice whose pixels are shown. Everything is undefined before the first. */
export interface ViewGeometry {
  readonly shown: () => SliceImage | undefined;
  /** Canvas position (CSS pixels) of a pixel, (0,0) being the centre of the top-left one. */
  readonly toCanvas: (column: number, row: number) => readonly [number, number] | undefined;
  /** The viewport's own world position of a pixel. */
  readonly toWorld: (column: number, row: number) => Point3 | undefined;
  /** The pixel under a canvas position and its value; undefined beside the image. */
  readonly probe: (x: number, y: number) => Probe | undefined;
  /** Patient direction (LPS, unit vector) of a step on the canvas, x to the right and y down. */
  readonly canvasDirection: (x: number, y: number) => Point3 | undefined;
}

export function viewGeometry(viewport: StackViewport, element: HTMLElement, images: () => readonly SliceImage[], onCpu: boolean): ViewGeometry {
  // The CPU path lays the origin on the corner of the first pixel, the GPU path (and DICOM) on its centre.
  const shift = onCpu ? 0.5 : 0;

  const shown = (): SliceImage | undefined => {
    if (images().length === 0) return undefined;
    const imageId = viewport.getCornerstoneImage()?.imageId;
    return images().find((image) => image.imageId === imageId);
  };
  /** The viewport's conversions throw before it really holds an image. */
  const plane = (): ImagePlane | undefined => (images().length === 0 || viewport.getImageData() === undefined ? undefined : shown()?.plane);
  const toWorld = (column: number, row: number): Point3 | undefined => {
    const on = plane();
    return on === undefined ? undefined : pixelToWorld(on, column + shift, row + shift);
  };

  return {
    shown,
    toWorld,
    toCanvas(column, row) {
      const world = toWorld(column, row);
      return world === undefined ? undefined : viewport.worldToCanvas([...world]);
    },
    probe(x, y) {
      const on = plane();
      if (on === undefined) return undefined;
      const image = viewport.getCornerstoneImage();
      const [column, row] = worldToPixel(on, viewport.canvasToWorld([x, y])).map((at) => Math.round(at - shift)) as [number, number];
      if (column < 0 || row < 0 || column >= image.columns || row >= image.rows || image.color) return undefined;
      const stored = image.getPixelData()[row * image.columns + column];
      if (stored === undefined) return undefined;
      // The loader has already applied the rescale unless the GPU lacks the texture for it.
      const value = image.preScale?.scaled === true ? stored : stored * image.slope + image.intercept;
      return { column, row, value: Math.round(value) };
    },
    canvasDirection(x, y) {
      if (plane() === undefined) return undefined;
      const middle: [number, number] = [element.clientWidth / 2, element.clientHeight / 2];
      const from = viewport.canvasToWorld(middle);
      const to = viewport.canvasToWorld([middle[0] + x * 100, middle[1] + y * 100]);
      const step: Point3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
      const length = Math.hypot(...step);
      return length === 0 ? undefined : [step[0] / length, step[1] / length, step[2] / length];
    },
  };
}
