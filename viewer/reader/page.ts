import '../styles/reader.css';
import '../styles/review.css';
import { getSeriesMetadata, getStudy, wadoSeries } from '../api/client.ts';
import { listen } from '../api/events.ts';
import { enReview } from '../i18n/en-review.ts';
import { addReviewTexts, onLanguage, t } from '../i18n/index.ts';
import { viReview } from '../i18n/vi-review.ts';
import type { Study } from '../api/types.ts';
import { isHounsfield, ownWindow } from '../rendering/own-window.ts';
import { nearestSlice, ontoPlane, pixelToWorld, sliceImages, type SliceImage } from '../rendering/slice-images.ts';
import { takeAhead } from '../rendering/ahead.ts';
import { loadRendering } from '../rendering/rendering.ts';
import { slices } from '../rendering/slices.ts';
import { mainView, type StackView } from '../rendering/stack-view.ts';
import type { Window } from '../rendering/types.ts';
import { el, fill } from '../ui/dom.ts';
import { createStore } from '../ui/store.ts';
import type { Access } from '../review/fields.ts';
import { onIdentity, readsFirst } from '../review/identity.ts';
import { askReader } from '../review/identity-dialog.ts';
import { createReviewSession } from '../review/session.ts';
import { describeError } from '../ui/errors.ts';
import { toast } from '../ui/notice.ts';
import { readerActions } from './actions.ts';
import { reviewActions } from './review-actions.ts';
import { readerBanner } from './banner.ts';
import { comparePane } from './compare-pane.ts';
import { findingsPanel } from './findings-panel.ts';
import { readerKeys } from './hotkeys.ts';
import { imagePane } from './image-pane.ts';
import { createMeasures, type PixelPoint } from './measures.ts';
import { openNextStudy, prepareNextStudy, type NextStudy } from './next-study.ts';
import { planesPane } from './planes-pane.ts';
import { lungWindow } from './presets.ts';
import { candidatesPanel } from './candidates-panel.ts';
import { readingPanel } from './reading-panel.ts';
import { resultsPanel } from './results-panel.ts';
import { seriesPanel } from './series-panel.ts';
import { initialState, preferredSeries, type ReaderState } from './state.ts';
import { statusPanel } from './status-panel.ts';
import { readerToolbar } from './toolbar.ts';
import { runViewTools } from './run-view-tools.ts';
import { createViewTools, slabOf } from './view-tools.ts';

addReviewTexts({ en: enReview, vi: viReview });

/** Progress comes many times a second; the study is asked for anew at most this often. */
const reloadDelayMs = 300;

/** A series that was opened while it arrived is loaded again once the study is complete. */
function hasGrown(study: Study, seriesInstanceUID: string, loadedInstances: number | undefined): boolean {
  if (study.state === 'receiving' || loadedInstances === undefined) return false;
  const series = study.series.find((each) => each.seriesInstanceUID === seriesInstanceUID);
  return series !== undefined && series.instanceCount > loadedInstances;
}

function refusal({ conflict }: Pick<ReaderState, 'conflict'>, access: Access, error: unknown): string {
  if (error !== undefined) return t('action.failed', { reason: describeError(error) });
  if (conflict !== undefined) return t('review.hasConflict');
  switch (access) {
    case 'locked': return t('review.isLocked');
    case 'signed': return t('review.isSigned');
    case 'forbidden': return t('review.isForbidden');
    case 'loading': case 'none': case 'open': return t('review.isNotOpen');
  }
}

/** The object known before when nothing changed, so that its watchers rest. */
function sameWindow(next: Window | undefined, known: Window | undefined): Window | undefined {
  return next?.width === known?.width && next?.centre === known?.centre ? known : next;
}

/** The reader of one study in `root`; gives the way to leave it. */
export function mountReader(root: HTMLElement, studyInstanceUID: string, leave: () => void, next: NextStudy): () => void {
  const store = createStore<ReaderState>({ ...initialState, withholdsAi: readsFirst() });
  const tools = createViewTools();
  const measures = createMeasures();
  const canvas = el('div', { class: 'canvas', on: { contextmenu: (event) => { event.preventDefault(); } } });
  let view: StackView | undefined;
  let disposed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seriesRequest = 0;
  /** Instances of the open series when it was loaded; undefined while it is being loaded. */
  let loadedInstances: number | undefined;
  let pending: { readonly index: number; readonly then: () => void } | undefined;

  function rendered(): void {
    if (view === undefined) return;
    const shown = view.shownIndex();
    const { failedSlices } = store.get();
    // It has loaded after all.
    if (failedSlices.has(shown)) store.set({ failedSlices: new Map([...failedSlices].filter(([index]) => index !== shown)) });
    store.set({ shown, window: sameWindow(view.window(), store.get().window), frame: store.get().frame + 1 });
    followSlice(shown);
    if (pending !== undefined && pending.index === shown) {
      const { then } = pending;
      pending = undefined;
      then();
    }
  }

  /** Scrolling moves the cursor of the planes with the slice. */
  function followSlice(shown: number): void {
    const { cursor, images } = store.get();
    const plane = images[shown]?.plane;
    if (cursor === undefined || plane === undefined || nearestSlice(images, cursor) === shown) return;
    store.set({ cursor: ontoPlane(plane, cursor) });
  }

  async function ensureView(): Promise<StackView | undefined> {
    const { renderer, createStackView } = await loadRendering();
    if (disposed) return undefined;
    view ??= createStackView(canvas, lungWindow, {
      rendered,
      slice: (wanted) => {
        // Whoever scrolls on does not want to be brought back to the finding later.
        if (pending?.index !== wanted) pending = undefined;
        store.set({ wanted, probe: undefined });
      },
      loaded: (loadedCount, isLoaded) => { store.set({ loadedCount, isLoaded }); },
      failed: (index, error) => { store.set({ failedSlices: new Map(store.get().failedSlices).set(index, error) }); },
    }, mainView);
    void view.setSlab(slabOf(tools.store.get()));
    view.setTool(store.get().tool);
    store.set({ renderer });
    return view;
  }

  /** Series that hold no images, whatever their modality says: documents and the like. */
  const withoutImages = new Set<string>();
  /** What the reader had chosen for CT, while images with a window of their own are shown. */
  let windowOfCt: Window | undefined;

  /** Hounsfield presets mean nothing outside of CT. */
  function chooseWindow({ attributes, imageId }: SliceImage): void {
    const pixels = slices.get(imageId);
    if (isHounsfield(attributes)) {
      if (windowOfCt !== undefined) view?.setWindow(windowOfCt);
      windowOfCt = undefined;
      return;
    }
    const own = pixels === undefined ? undefined : ownWindow(attributes, pixels);
    if (own === undefined) return;
    windowOfCt ??= store.get().window ?? lungWindow;
    view?.setWindow(own);
  }

  /** A series without slices shows what it holds beside the one that was open. */
  async function openObjectsOf(seriesInstanceUID: string, before: { readonly series: string | undefined; readonly slice: number }): Promise<void> {
    withoutImages.add(seriesInstanceUID);
    const { study, findings } = store.get();
    // Whoever opened the study asked for images; whoever chose the series, for what is in it.
    if (before.series !== undefined) actions.openObjects(seriesInstanceUID);
    const other = before.series !== undefined && !withoutImages.has(before.series) ? before.series : study === undefined ? undefined : preferredSeries(study, findings, withoutImages);
    if (other === undefined) return;
    await openSeries(other);
    if (other === before.series) actions.goTo(before.slice);
  }

  async function openSeries(seriesInstanceUID: string): Promise<void> {
    const before = { series: store.get().seriesInstanceUID, slice: store.get().wanted };
    seriesRequest += 1;
    loadedInstances = undefined;
    const request = seriesRequest;
    store.set({ seriesInstanceUID, images: [], imagesLoading: true, imagesError: undefined, failedSlices: new Map(), shown: -1, wanted: 0, loadedCount: 0, isLoaded: false, probe: undefined, cursor: undefined, axes: undefined });
    try {
      const preparing = ensureView();
      // Its error is thrown where the view is waited for.
      preparing.catch(() => undefined);
      const metadata = takeAhead(studyInstanceUID, seriesInstanceUID) ?? await getSeriesMetadata(studyInstanceUID, seriesInstanceUID);
      if (disposed || request !== seriesRequest) return;
      loadedInstances = metadata.length;
      const images = sliceImages(wadoSeries(studyInstanceUID, seriesInstanceUID), metadata);
      const first = Math.floor(images.length / 2);
      store.set({ images, wanted: first, imagesLoading: images.length > 0 });
      const [shown] = images.slice(first);
      if (shown === undefined) {
        await openObjectsOf(seriesInstanceUID, before);
        return;
      }
      await (await preparing)?.show(images, first);
      if (disposed || request !== seriesRequest) return;
      chooseWindow(shown);
      store.set({ imagesLoading: false });
      actions.seriesShown(first);
    } catch (error) {
      if (!disposed && request === seriesRequest) store.set({ imagesError: error });
    } finally {
      if (!disposed && request === seriesRequest) store.set({ imagesLoading: false });
    }
  }

  async function load(): Promise<void> {
    try {
      const asked = getStudy(studyInstanceUID);
      // While the server answers: finding out about a graphics card takes as long.
      loadRendering().catch(() => undefined);
      const study = await asked;
      if (disposed) return;
      // A new object every time, but the panels need not draw an unchanged result again.
      const known = store.get().study?.analysis;
      const same = known?.jobId === study.analysis?.jobId && known?.version === study.analysis?.version;
      store.set({ study, studyError: undefined, findings: same ? store.get().findings : study.analysis?.findings });
    } catch (error) {
      if (!disposed) store.set({ studyError: error });
    }
    const { study, findings, seriesInstanceUID } = store.get();
    if (study === undefined) return;
    void loadReview(study);
    const preferred = preferredSeries(study, findings);
    if (preferred !== undefined && seriesInstanceUID === undefined) await openSeries(preferred);
    else if (seriesInstanceUID !== undefined && hasGrown(study, seriesInstanceUID, loadedInstances)) await openSeries(seriesInstanceUID);
  }

  const session = createReviewSession({
    studyInstanceUID, askReader,
    get: () => store.get(), set: (change) => { store.set(change); },
    refuse: (access, error) => { toast(refusal(store.get(), access, error)); },
    merged: () => { toast(t('review.merged')); },
  });
  let reviewRequest: Promise<void> | undefined;
  let reviewAsked = '';
  const openedAt = new Date().toISOString();

  /**
   * A reading that begins without the AI says so in its draft before anything is shown. As long as that is not known or
   * could not be written, the AI stays hidden: what was seen cannot be unseen.
   */
  async function beginReading(): Promise<void> {
    const { review, draft, access, study, findings } = store.get();
    if (review === undefined || study === undefined || !store.get().withholdsAi) return;
    const isFirst = review.state === 'unread' && draft?.aiSecond === undefined;
    const hasAi = findings?.status === 'analysed' || study.state === 'waiting' || study.state === 'analysing';
    if (isFirst && hasAi && access !== 'forbidden' && access !== 'signed') {
      if (access !== 'open' || !await session.note((before) => ({ ...before, aiSecond: { startedAt: openedAt } }))) return;
    }
    if (!disposed) store.set({ withholdsAi: false });
  }

  /** Asks for the review once the study can be read, and again when its analysis or its reading has changed elsewhere. */
  async function loadReview(study: Study): Promise<void> {
    if (study.state === 'receiving' || study.state === 'incomplete') {
      store.set({ access: 'none' });
      return;
    }
    const summary = (study as { readonly review?: unknown }).review;
    const now = JSON.stringify([study.analysis?.version, summary]);
    // Whoever looks on sees what the other reader saves.
    if (now === reviewAsked && store.get().access !== 'locked') return;
    reviewAsked = now;
    reviewRequest = (reviewRequest ?? Promise.resolve()).then(async () => {
      if (disposed) return;
      if (await session.load()) await beginReading();
      // Asked for again at the next occasion, the button of the message among them.
      else reviewAsked = '';
    });
    await reviewRequest;
  }

  const middle = (): PixelPoint | undefined => view?.toPixel(canvas.clientWidth / 2, canvas.clientHeight / 2);
  const review = reviewActions({
    studyInstanceUID, store, session, measures, openedAt,
    resend: (id) => { actions.resend(id); },
    select: (uid) => { actions.selectFinding(uid); },
    showPoint: (world) => { actions.showPoint(world); },
    middle,
  });
  const actions = readerActions({
    studyInstanceUID, store, leave, tools, measures, review, middle,
    nextStudy: () => { openNextStudy(next); },
    view: () => view,
    reload: () => { void load(); },
    openSeries,
    whenShown: (index, then) => {
      pending = { index, then };
      if (view?.shownIndex() === index) rendered();
    },
  });

  let stopPanels: () => void = () => undefined;
  function build(): void {
    stopPanels();
    const banner = readerBanner(store, actions);
    const series = seriesPanel(store, actions);
    const toolbar = readerToolbar(store, actions);
    const planes = planesPane(store, actions);
    const compare = comparePane(studyInstanceUID, () => view, store, actions);
    const pane = imagePane(canvas, [compare.element, planes.element], () => view, store, actions);
    const status = statusPanel(store, actions);
    const findings = findingsPanel(store, actions);
    const results = resultsPanel(store, actions);
    const reading = readingPanel(store, actions);
    const candidates = candidatesPanel(store, actions);
    const parts = [banner, series, toolbar, planes, compare, pane, reading, status, findings, candidates, results];
    stopPanels = () => { for (const part of parts) part.stop(); };
    fill(root, el(
      'div', { class: 'reader-page' },
      banner.element,
      el('main', { class: 'reader' },
        series.element,
        el('div', { class: 'reader-centre' }, toolbar.element, pane.element),
        el('aside', { class: 'reader-side', aria: { label: t('review.title') } },
          el('div', { class: 'reader-results' }, status.element, findings.element, candidates.element, results.element),
          // Last, so that Tab goes from the image straight to the first finding.
          reading.element)),
    ));
    // Marks are drawn in the size of the pane, which it has only now.
    store.set({ frame: store.get().frame + 1 });
  }

  build();
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    store.set({ probe: view?.probe(event.clientX - box.left, event.clientY - box.top) });
  });
  canvas.addEventListener('dblclick', (event) => {
    const box = canvas.getBoundingClientRect();
    const plane = store.get().images[store.get().shown]?.plane;
    const at = view?.probe(event.clientX - box.left, event.clientY - box.top);
    if (plane !== undefined && at !== undefined) store.set({ cursor: pixelToWorld(plane, at.column, at.row) });
  });
  canvas.addEventListener('pointerleave', () => { store.set({ probe: undefined }); });
  const stopLanguage = onLanguage(build);
  const stopKeys = readerKeys(store, actions);
  const stopIdentity = onIdentity(() => {
    // Whoever gives up reading first has begun nothing that would have to be recorded.
    if (!readsFirst()) store.set({ withholdsAi: false });
    void session.load().then((loaded) => (loaded ? beginReading() : undefined));
  });
  const stopNext = prepareNextStudy(store, next);
  const stopTools = runViewTools(store, actions, () => view);
  const stopEvents = listen({
    ready: () => { void load(); },
    study: (change) => {
      if (change.studyInstanceUID !== studyInstanceUID) return;
      const { study } = store.get();
      if (study !== undefined) store.set({ study: { ...study, ...change.item } });
      timer ??= setTimeout(() => { timer = undefined; void load(); }, reloadDelayMs);
    },
    connection: (connected) => {
      store.set({ connected });
      if (connected) void session.flush();
    },
  });
  void load();

  return () => {
    disposed = true;
    clearTimeout(timer);
    stopLanguage();
    stopKeys();
    stopTools();
    stopNext();
    stopIdentity();
    session.close();
    stopEvents();
    stopPanels();
    view?.destroy();
    slices.release();
  };
}
