import type { StackViewport } from '@cornerstonejs/core';
import { pixelToWorld, worldToPixel, type ImagePlane, type Point3, type SliceImage } from '../slice-images.ts';
import type { ViewGeometry } from '../stack-view.ts';

export interface CornerstoneGeometry extends ViewGeometry {
  readonly shown: () => SliceImage | undefined;
  /** The viewport's own world position of a pixel. */
  readonly toWorld: (column: number, row: number) => Point3 | undefined;
}

/** `imageOf` knows the slice that an image id shows. */
export function viewGeometry(
  viewport: StackViewport, element: HTMLElement, images: () => readonly SliceImage[], imageOf: (imageId: string) => SliceImage | undefined,
): CornerstoneGeometry {
  const shown = (): SliceImage | undefined => {
    if (images().length === 0) return undefined;
    const imageId = viewport.getCornerstoneImage()?.imageId;
    return imageId === undefined ? undefined : imageOf(imageId);
  };
  /** The viewport's conversions throw before it really holds an image. */
  const plane = (): ImagePlane | undefined => (images().length === 0 || viewport.getImageData() === undefined ? undefined : shown()?.plane);
  const toWorld = (column: number, row: number): Point3 | undefined => {
    const on = plane();
    return on === undefined ? undefined : pixelToWorld(on, column, row);
  };

  const toPixel = (x: number, y: number): readonly [column: number, row: number] | undefined => {
    const on = plane();
    if (on === undefined) return undefined;
    return worldToPixel(on, viewport.canvasToWorld([x, y]));
  };

  return {
    shown,
    toWorld,
    toCanvas(column, row) {
      const world = toWorld(column, row);
      return world === undefined ? undefined : viewport.worldToCanvas([...world]);
    },
    toPixel,
    probe(x, y) {
      const at = toPixel(x, y);
      if (at === undefined) return undefined;
      const image = viewport.getCornerstoneImage();
      const [column, row] = [Math.round(at[0]), Math.round(at[1])];
      if (column < 0 || row < 0 || column >= image.columns || row >= image.rows || image.color) return undefined;
      const value = image.getPixelData()[row * image.columns + column];
      return value === undefined ? undefined : { column, row, value: Math.round(value) };
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
