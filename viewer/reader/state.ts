import type { FindingsDocument, Study } from '../api/types.ts';
import type { Point3, SliceImage } from '../rendering/slice-images.ts';
import type { PrimaryTool, Probe, Renderer, Window } from '../rendering/types.ts';
import { initialReview, type ReviewFields } from '../review/fields.ts';
import type { DrawnAxes } from './drawn-axes.ts';
import type { FindingOrder } from './finding-order.ts';
import type { MeasureCross, MeasureCrossActions } from './measure-cross.ts';
import type { Measures } from './measures.ts';
import type { ViewTools } from './view-tools.ts';
import type { ReviewActions } from './review-actions.ts';
import { hasImages } from '../ui/modality.ts';

/** Everything the reader shows. Panels draw from it and change it only through {@link ReaderActions}. */
export interface ReaderState extends ReviewFields {
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
  /** No slice is under way any more: all have come, or could not be had, or there is no room for more. */
  readonly isLoaded: boolean;
  /** Tracking UID of the chosen finding. */
  readonly selected: string | undefined;
  /** Tracking UID of the finding whose values are being edited, or whose comment is being written. */
  readonly editing: string | undefined;
  readonly commenting: string | undefined;
  /** Where a finding of one's own would be put: column and row of the shown slice. */
  readonly placing: readonly [column: number, row: number] | undefined;
  /** Axes of a finding of one's own that are being drawn, because the server could not measure it. */
  readonly axes: DrawnAxes | undefined;
  /** A measure that is being drawn by the keys. */
  readonly measureCross: MeasureCross | undefined;
  readonly measuring: boolean;
  /** Candidates of the AI below its operating point are shown from this probability on. */
  readonly candidatesFrom: number | undefined;
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
  /** The point that was brought into sight last, LPS mm: a new object every time. */
  readonly aim: { readonly world: Point3 } | undefined;
  readonly connected: boolean;
  /** Counts the frames drawn, so that marks follow zoom and position. */
  readonly frame: number;
}

export const initialState: ReaderState = {
  ...initialReview, editing: undefined, commenting: undefined, placing: undefined, axes: undefined, measureCross: undefined, measuring: false, candidatesFrom: undefined,
  study: undefined, studyError: undefined, findings: undefined,
  seriesInstanceUID: undefined, images: [], imagesLoading: false, imagesError: undefined,
  wanted: 0, shown: -1, failedSlices: new Map(), loadedCount: 0, isLoaded: false, selected: undefined, order: 'number',
  overlayVisible: true, overlayOpacity: 1, window: undefined, probe: undefined, tool: 'window',
  renderer: undefined, planes: false, cursor: undefined, aim: undefined, connected: true, frame: 0,
};

export interface ReaderActions extends ReviewActions, MeasureCrossActions {
  readonly tools: ViewTools;
  /** Opens the next study that nobody has read. */
  readonly nextStudy: () => void;
  readonly measures: Measures;
  readonly reload: () => void;
  readonly openSeries: (seriesInstanceUID: string) => void;
  /** Reports, documents and overlays of a series without images of its own. */
  readonly openObjects: (seriesInstanceUID: string) => void;
  readonly goTo: (index: number) => void;
  readonly scroll: (step: number) => void;
  readonly selectFinding: (trackingUID: string) => void;
  /** The series has been set up and shows its slice `first`. */
  readonly seriesShown: (first: number) => void;
  /** Brings a point of the patient (LPS mm) to the middle, on its slice. */
  readonly showPoint: (world: Point3) => void;
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

/** The analysed series when there is one, else the first CT series, else the first with images; never one of `without`. */
export function preferredSeries(study: Study, findings: FindingsDocument | undefined, without: ReadonlySet<string> = new Set()): string | undefined {
  // Pictures of our own results are never what is read first.
  const shown = study.series.filter((series) => hasImages(series) && !series.own && !without.has(series.seriesInstanceUID));
  const analysed = shown.find((series) => series.seriesInstanceUID === findings?.seriesInstanceUID);
  return (analysed ?? shown.find((series) => series.modality === 'CT') ?? shown[0])?.seriesInstanceUID;
}
