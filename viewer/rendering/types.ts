/** A window in Hounsfield units. */
export interface Window {
  readonly width: number;
  readonly centre: number;
}

/** The value under the pointer. */
export interface Probe {
  readonly column: number;
  readonly row: number;
  /** Modality value: Hounsfield units for CT. */
  readonly value: number;
}

/** What dragging with the left button does; measuring is the reader's own doing. */
export type PrimaryTool = 'window' | 'pan' | 'zoom' | 'scroll' | 'length' | 'bidirectional';

/** What draws the images: WebGL on a graphics card, or a plain canvas filled by the processor. */
export type Renderer = 'webgl' | 'canvas';

export function sameWindow(a: Window, b: Window | undefined): boolean {
  return b !== undefined && Math.abs(a.width - b.width) < 0.5 && Math.abs(a.centre - b.centre) < 0.25;
}
