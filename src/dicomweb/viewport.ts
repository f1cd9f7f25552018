/** The viewport parameter of rendered resources: `vw,vh[,sx,sy,sw,sh]` (PS3.18 8.3.5.1.3). */
import { AppError } from '../errors.ts';

export interface Viewport {
  /** Largest size in pixels; the picture keeps its proportions. */
  readonly width: number;
  readonly height: number;
  /** The part of the image that is shown; all of it when absent. A negative size mirrors. */
  readonly source?: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
    readonly flipHorizontally?: boolean;
    readonly flipVertically?: boolean;
  };
}

/** Larger pictures are of no use on a screen and cost memory. */
const maxSide = 8192;

function invalid(): AppError {
  return new AppError('HTTP_BAD_REQUEST', `viewport is VW,VH or VW,VH,SX,SY,SW,SH with sizes of 1 to ${maxSide}.`);
}

export function parseViewport(parameter: string): Viewport {
  const texts = parameter.split(',').map((text) => text.trim());
  if (texts.some((text) => !/^-?\d{1,6}(?:\.\d{1,6})?$|^$/.test(text))) throw invalid();
  const [width = 0, height = 0, sx, sy, sw, sh] = texts.map((text) => Math.round(Number(text)));
  if ((texts.length !== 2 && texts.length !== 6) || width < 1 || height < 1 || width > maxSide || height > maxSide) throw invalid();
  if (sx === undefined || sy === undefined || sw === undefined || sh === undefined) return { width, height };
  if (sx < 0 || sy < 0 || sw === 0 || sh === 0) throw invalid();
  return {
    width, height,
    source: { left: sx, top: sy, width: Math.abs(sw), height: Math.abs(sh), flipHorizontally: sw < 0, flipVertically: sh < 0 },
  };
}
