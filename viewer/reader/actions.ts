import { reanalyse, resendDelivery } from '../api/client.ts';
import { t } from '../i18n/index.ts';
import { indexOfImage, nearestSlice, worldToPixel, type Point3 } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { askAndComplete } from '../ui/complete-dialog.ts';
import { describeError } from '../ui/errors.ts';
import { toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { nextFinding, orderOfFindings } from './finding-order.ts';
import { showHelpDialog } from './help-dialog.ts';
import { showReportDialog } from './report-dialog.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** Enough to judge a nodule of a few millimetres with its surroundings still in sight. */
const findingZoom = 1.8;

export interface ActionDeps {
  readonly studyInstanceUID: string;
  readonly store: Store<ReaderState>;
  readonly view: () => StackView | undefined;
  readonly reload: () => void;
  readonly openSeries: (seriesInstanceUID: string, sliceOf?: number) => Promise<void>;
  /** Runs once the slice is on the screen. */
  readonly whenShown: (index: number, then: () => void) => void;
  readonly leave: () => void;
}

function tried(work: Promise<unknown>): void {
  work.catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

/** What buttons and keys do. */
export function readerActions(deps: ActionDeps): ReaderActions {
  const { store, view, studyInstanceUID } = deps;

  const goTo = (index: number): void => {
    const failed = new Map(store.get().failedSlices);
    if (failed.delete(index)) store.set({ failedSlices: failed });
    view()?.goTo(index);
  };

  const showFinding = (index: number): void => {
    const { findings, images } = store.get();
    const finding = findings?.findings[index];
    if (finding === undefined) return;
    const slice = indexOfImage(images, finding.sliceInstanceUID, finding.sliceFrameNumber);
    const plane = images[slice]?.plane;
    if (slice < 0 || plane === undefined) return;
    store.set({ cursor: finding.worldPoint });
    deps.whenShown(slice, () => { view()?.centreOn(...worldToPixel(plane, finding.worldPoint), findingZoom); });
    goTo(slice);
  };

  const setCursor = (cursor: Point3): void => {
    store.set({ cursor });
    const { images, wanted } = store.get();
    const nearest = nearestSlice(images, cursor);
    if (nearest !== undefined && nearest !== wanted) goTo(nearest);
  };

  const selectFinding = (index: number): void => {
    const { findings, seriesInstanceUID, selected } = store.get();
    const analysed = findings?.seriesInstanceUID;
    if (selected !== index) store.set({ selected: index });
    if (analysed !== undefined && analysed !== seriesInstanceUID) {
      tried(deps.openSeries(analysed).then(() => { showFinding(index); }));
      return;
    }
    showFinding(index);
  };

  return {
    reload: deps.reload,
    openSeries: (uid) => { tried(deps.openSeries(uid)); },
    goTo,
    scroll: (step) => { view()?.scroll(step); },
    selectFinding,
    stepFinding(step) {
      const { findings, selected, order } = store.get();
      const next = nextFinding(orderOfFindings(findings?.findings ?? [], order), selected, step);
      if (next !== undefined) selectFinding(next);
    },
    setOrder: (order) => { store.set({ order }); },
    togglePlanes: () => { store.set({ planes: !store.get().planes }); },
    setCursor,
    toggleOverlay: () => { store.set({ overlayVisible: !store.get().overlayVisible }); },
    setOpacity: (overlayOpacity) => { store.set({ overlayOpacity }); },
    setWindow: (window) => { view()?.setWindow(window); },
    setTool: (tool) => { view()?.setTool(tool); store.set({ tool }); },
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
    leave: deps.leave,
  };
}
