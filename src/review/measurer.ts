/** Measuring on request, outside the server's event loop. */
import type { ErrorCode } from '../errors.ts';
import type { Finding, WorldPoint } from '../findings/types.ts';
import type { MaskBox } from '../volume/types.ts';

/** LPS mm throughout. */
export type MeasureTarget =
  | { readonly kind: 'point'; readonly worldPoint: WorldPoint }
  | { readonly kind: 'pixel'; readonly sopInstanceUID: string; readonly frameNumber?: number; readonly column: number; readonly row: number }
  | { readonly kind: 'axes'; readonly longAxisWorld: readonly [WorldPoint, WorldPoint]; readonly shortAxisWorld?: readonly [WorldPoint, WorldPoint] };

/** The images that a study's measurements are made on: of one series, or of all when none was chosen. */
export interface MeasureImages {
  readonly instances: readonly { readonly sopInstanceUID: string; readonly blobKey: string }[];
}

export interface MeasuredNodule {
  readonly values: Omit<Finding, 'probability' | 'trackingUID' | 'trackingIdentifier'>;
  /** Index space of the series' volume. */
  readonly mask?: MaskBox;
  readonly seriesInstanceUID: string;
}

export interface Measurer {
  /**
   * Errors: REVIEW_NOTHING_TO_MEASURE, REVIEW_POINT_OUTSIDE, REVIEW_NO_VOLUME, REVIEW_MEASURE_TIMEOUT,
   * REVIEW_MEASURE_FAILED, REVIEW_MEASURE_BUSY.
   */
  measure(images: MeasureImages, target: MeasureTarget): Promise<MeasuredNodule>;
  /** These images will be measured on soon. Never fails. */
  warm(images: MeasureImages): void;
  close(): Promise<void>;
}

/** What the server says to the process that measures. */
export interface ToMeasurer {
  readonly id: number;
  readonly images: MeasureImages;
  /** Absent: only make the volume ready. */
  readonly target?: MeasureTarget;
}

export type FromMeasurer =
  | { readonly id: number; readonly result?: MeasuredNodule }
  | { readonly id: number; readonly code: ErrorCode; readonly message: string };
