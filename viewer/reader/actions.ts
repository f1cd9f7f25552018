import { reanalyse, resendDelivery } from '../api/client.ts';
import { t } from '../i18n/index.ts';
import { indexOfImage, nearestSlice, worldToPixel, type Point3 } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { openObjects } from '../objects/open-objects.ts';
import { askAndComplete } from '../ui/complete-dialog.ts';
import { describeError } from '../ui/errors.ts';
import { toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { listFindings } from '../review/listed.ts';
import { nextFinding, orderOfFindings } from './finding-order.ts';
import { showHelpDialog } from './help-dialog.ts';
import { showReportDialog } from './report-dialog.ts';
import type { ReviewActions } from './review-actions.ts';
import { measureCrossActions } from './measure-cross.ts';
import type { PixelPoint } from './measures.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** Enough to judge a nodule of a few millimetres with its surroundings still in sight. */
const findingZoom = 1.8;

export interface ActionDeps extends Pick<ReaderActions, 'tools' | 'measures'> {
  readonly studyInstanceUID: string;
  readonly store: Store<ReaderState>;
  readonly view: () => StackView | undefined;
  readonly reload: () => void;
  readonly openSeries: (seriesInstanceUID: string, sliceOf?: number) => Promise<void>;
  /** Runs once the slice is on the screen. */
  readonly whenShown: (index: number, then: () => void) => void;
  readonly nextStudy: () => void;
  readonly leave: () => void;
  readonly review: ReviewActions;
  /** The pixel in the middle of what is on the screen. */
  readonly middle: () => PixelPoint | undefined;
}

function tried(work: Promise<unknown>): void {
  work.catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

/** What buttons and keys do. */
export function readerActions(deps: ActionDeps): ReaderActions {
  const { store, view, studyInstanceUID } = deps;

  const goTo = (index: number): void => {
    const { imagesLoading, images } = store.get();
    // A stack that is being set up takes one slice at a time: the wish is kept and fulfilled by `seriesShown`.
    if (imagesLoading) {
      if (images[index] !== undefined) store.set({ wanted: index });
      return;
    }
    const failed = new Map(store.get().failedSlices);
    if (failed.delete(index)) store.set({ failedSlices: failed });
    view()?.goTo(index);
  };

  const showPoint = (world: Point3, slice = nearestSlice(store.get().images, world)): void => {
    const { images, imagesLoading } = store.get();
    const plane = slice === undefined ? undefined : images[slice]?.plane;
    if (slice === undefined || plane === undefined || imagesLoading) return;
    store.set({ cursor: world, aim: { world } });
    deps.whenShown(slice, () => { view()?.centreOn(...worldToPixel(plane, world), findingZoom); });
    goTo(slice);
  };

  const showFinding = (trackingUID: string): void => {
    const { images, imagesLoading } = store.get();
    const finding = listFindings(store.get()).find((each) => each.trackingUID === trackingUID)?.finding;
    if (finding === undefined || imagesLoading) return;
    const own = indexOfImage(images, finding.sliceInstanceUID, finding.sliceFrameNumber);
    // Another series of the same examination has the place, if not the slice.
    showPoint(finding.worldPoint, own >= 0 ? own : undefined);
  };

  const setCursor = (cursor: Point3): void => {
    store.set({ cursor });
    const { images, wanted } = store.get();
    const nearest = nearestSlice(images, cursor);
    if (nearest !== undefined && nearest !== wanted) goTo(nearest);
  };

  const selectFinding = (trackingUID: string): void => {
    const { findings, seriesInstanceUID, selected, editing, commenting } = store.get();
    const analysed = findings?.seriesInstanceUID;
    if (selected !== trackingUID) {
      store.set({
        selected: trackingUID,
        ...(editing === undefined || editing === trackingUID ? {} : { editing: undefined }),
        ...(commenting === undefined || commenting === trackingUID ? {} : { commenting: undefined }),
      });
    }
    if (analysed !== undefined && analysed !== seriesInstanceUID) {
      tried(deps.openSeries(analysed));
      return;
    }
    showFinding(trackingUID);
  };

  /** A series is on the screen: what was chosen before its images were there is shown now. */
  const seriesShown = (first: number): void => {
    const { findings, seriesInstanceUID, selected, wanted } = store.get();
    if (selected !== undefined && findings?.seriesInstanceUID === seriesInstanceUID) showFinding(selected);
    else if (wanted !== first) goTo(wanted);
  };

  return {
    ...deps.review,
    ...measureCrossActions(store, deps.measures, deps.middle),
    seriesShown,
    tools: deps.tools,
    measures: deps.measures,
    reload: deps.reload,
    openObjects: (uid) => { tried(openObjects(studyInstanceUID, uid, deps.tools.objects)); },
    openSeries: (uid) => { tried(deps.openSeries(uid)); },
    goTo,
    scroll(step) {
      const { images, wanted } = store.get();
      // From the slice that is asked for: keys that are faster than the images lose no step.
      goTo(Math.min(images.length - 1, Math.max(0, wanted + step)));
    },
    selectFinding,
    showPoint: (world) => { showPoint(world); },
    stepFinding(step) {
      const { selected, order } = store.get();
      const listed = listFindings(store.get());
      const at = listed.findIndex((each) => each.trackingUID === selected);
      const next = nextFinding(orderOfFindings(listed.map((each) => each.finding), order), at < 0 ? undefined : at, step);
      const chosen = next === undefined ? undefined : listed[next];
      if (chosen !== undefined) selectFinding(chosen.trackingUID);
    },
    setOrder: (order) => { store.set({ order }); },
    togglePlanes: () => { store.set({ planes: !store.get().planes }); },
    setCursor,
    toggleOverlay: () => { store.set({ overlayVisible: !store.get().overlayVisible }); },
    setOpacity: (overlayOpacity) => { store.set({ overlayOpacity }); },
    setWindow: (window) => { view()?.setWindow(window); },
    setTool: (tool) => { view()?.setTool(tool); store.set({ tool, measureCross: undefined }); },
    invert: () => { view()?.invert(); },
    zoomBy: (factor) => { view()?.zoomBy(factor); },
    rotate: (degrees) => { view()?.rotate(degrees); },
    flip: (axis) => { view()?.flip(axis); },
    reset: () => { view()?.reset(); },
    showHelp: showHelpDialog,
    complete: () => { tried(askAndComplete({ studyInstanceUID, reasons: store.get().study?.reasons ?? [] })); },
    reanalyse: () => { tried(reanalyse(studyInstanceUID)); },
    resend: (id) => { tried(resendDelivery(id).then(deps.reload)); },
    showReport: (sopInstanceUID) => { showReportDialog(studyInstanceUID, sopInstanceUID); },
    nextStudy: deps.nextStudy,
    leave: deps.leave,
  };
}
