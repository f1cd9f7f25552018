import type { FindingsDocument, Study } from '../api/types.ts';
import type { Point3, SliceImage } from '../rendering/slice-images.ts';
import type { Probe, Window } from '../rendering/types.ts';
import type { FindingOrder } from './finding-order.ts';
import { hasImages } from '../ui/modality.ts';
import type { PrimaryTool } from '../rendering/tools.ts';
import type { Renderer } from '../rendering/start.ts';

/** Everything the reader shows. Panels draw from it and change it only through {@link ReaderActions}. */
export interface ReaderState {
  readonly study: Study | undefined;
  readonly studyError: unknown;
  /** The result, or undefined while there is none. */
  readonly findings: FindingsDocument | undefined;
  readonly seriesInstanceUID: string | undefined;
  readonly images: readonly SliceImage[];
  readonly imagesLoading: boolean;
  readonly imagesError: unknown;
  /** The slice asked for; the one on the screen is `shown`, -1 before the first. */
  readonly wanted: number;
  readonly shown: number;
  /** Slices whose pixels could not be loaded, with the error. */
  readonly failedSlices: ReadonlyMap<number, unknown>;
  readonly loadedCount: number;
  /** Index into `findings.findings`. */
  readonly selected: number | undefined;
  readonly order: FindingOrder;
  readonly overlayVisible: boolean;
  /** 0..1 */
  readonly overlayOpacity: number;
  readonly window: Window | undefined;
  readonly probe: Probe | undefined;
  readonly tool: PrimaryTool;
  readonly renderer: Renderer | undefined;
  /** Coronal and sagittal planes beside the slices. */
  readonly planes: boolean;
  /** Where the planes meet, LPS mm. */
  readonly cursor: Point3 | undefined;
  readonly connected: boolean;
  /** Counts the frames drawn, so that marks follow zoom and position. */
  readonly frame: number;
}

export const initialState: ReaderState = {
  study: undefined, studyError: undefined, findings: undefined,
  seriesInstanceUID: undefined, images: [], imagesLoading: false, imagesError: undefined,
  wanted: 0, shown: -1, failedSlices: new Map(), loadedCount: 0, selected: undefined, order: 'number',
  overlayVisible: true, overlayOpacity: 1, window: undefined, probe: undefined, tool: 'window',
  renderer: undefined, planes: false, cursor: undefined, connected: true, frame: 0,
};

export interface ReaderActions {
  readonly reload: () => void;
  readonly openSeries: (seriesInstanceUID: string) => void;
  readonly goTo: (index: number) => void;
  readonly scroll: (step: number) => void;
  readonly selectFinding: (index: number) => void;
  readonly stepFinding: (step: 1 | -1) => void;
  readonly setOrder: (order: FindingOrder) => void;
  readonly toggleOverlay: () => void;
  readonly togglePlanes: () => void;
  /** Moves the planes and, where another slice is nearer, the slice. */
  readonly setCursor: (world: Point3) => void;
  readonly setOpacity: (opacity: number) => void;
  readonly setWindow: (window: Window) => void;
  readonly setTool: (tool: PrimaryTool) => void;
  readonly invert: () => void;
  readonly zoomBy: (factor: number) => void;
  readonly rotate: (degrees: number) => void;
  readonly flip: (axis: 'horizontal' | 'vertical') => void;
  readonly reset: () => void;
  readonly showHelp: () => void;
  readonly complete: () => void;
  readonly reanalyse: () => void;
  readonly resend: (deliveryId: string) => void;
  readonly showReport: (sopInstanceUID: string) => void;
  readonly leave: () => void;
}

/** The analysed series when there is one, else the first CT series, else the first with images. */
export function preferredSeries(study: Study, findings: FindingsDocument | undefined): string | undefined {
  const shown = study.series.filter(hasImages);
  const analysed = shown.find((series) => series.seriesInstanceUID === findings?.seriesInstanceUID);
  return (analysed ?? shown.find((series) => series.modality === 'CT') ?? shown[0])?.seriesInstanceUID;
}
