import '../styles/reader.css';
import { getSeriesMetadata, getStudy, wadoSeries } from '../api/client.ts';
import { listen } from '../api/events.ts';
import { onLanguage, t } from '../i18n/index.ts';
import type { Study } from '../api/types.ts';
import { nearestSlice, ontoPlane, pixelToWorld, sliceImages } from '../rendering/slice-images.ts';
import { releaseImages } from '../rendering/start.ts';
import { createStackView, type StackView } from '../rendering/stack-view.ts';
import type { Window } from '../rendering/types.ts';
import { el, fill } from '../ui/dom.ts';
import { createStore } from '../ui/store.ts';
import { readerActions } from './actions.ts';
import { readerBanner } from './banner.ts';
import { findingsPanel } from './findings-panel.ts';
import { readerKeys } from './hotkeys.ts';
import { imagePane } from './image-pane.ts';
import { planesPane } from './planes-pane.ts';
import { lungWindow } from './presets.ts';
import { resultsPanel } from './results-panel.ts';
import { seriesPanel } from './series-panel.ts';
import { initialState, preferredSeries, type ReaderState } from './state.ts';
import { statusPanel } from './status-panel.ts';
import { readerToolbar } from './toolbar.ts';

/** Progress comes many times a second; the study is asked for anew at most this often. */
const reloadDelayMs = 300;

/** A series that was opened while it arrived is loaded again once the study is complete. */
function hasGrown(study: Study, seriesInstanceUID: string, loadedInstances: number | undefined): boolean {
  if (study.state === 'receiving' || loadedInstances === undefined) return false;
  const series = study.series.find((each) => each.seriesInstanceUID === seriesInstanceUID);
  return series !== undefined && series.instanceCount > loadedInstances;
}

/** The object known before when nothing changed, so that its watchers rest. */
function sameWindow(next: Window | undefined, known: Window | undefined): Window | undefined {
  return next?.width === known?.width && next?.centre === known?.centre ? known : next;
}

/** The reader of one study in `root`; gives the way to leave it. */
export function mountReader(root: HTMLElement, studyInstanceUID: string, leave: () => void): () => void {
  const store = createStore<ReaderState>(initialState);
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

  function ensureView(): StackView {
    view ??= createStackView(canvas, lungWindow, {
      rendered,
      slice: (wanted) => {
        // Whoever scrolls on does not want to be brought back to the finding later.
        if (pending?.index !== wanted) pending = undefined;
        store.set({ wanted, probe: undefined });
      },
      loaded: (loadedCount) => { store.set({ loadedCount }); },
      failed: (index, error) => { store.set({ failedSlices: new Map(store.get().failedSlices).set(index, error) }); },
    });
    store.set({ renderer: view.renderer });
    return view;
  }

  async function openSeries(seriesInstanceUID: string): Promise<void> {
    seriesRequest += 1;
    loadedInstances = undefined;
    const request = seriesRequest;
    store.set({ seriesInstanceUID, images: [], imagesLoading: true, imagesError: undefined, failedSlices: new Map(), shown: -1, wanted: 0, loadedCount: 0, probe: undefined, cursor: undefined });
    try {
      const metadata = await getSeriesMetadata(studyInstanceUID, seriesInstanceUID);
      if (disposed || request !== seriesRequest) return;
      loadedInstances = metadata.length;
      const images = sliceImages(wadoSeries(studyInstanceUID, seriesInstanceUID), metadata);
      const first = Math.floor(images.length / 2);
      store.set({ images, wanted: first, imagesLoading: images.length > 0 });
      if (images.length === 0) return;
      await ensureView().show(images, first);
    } catch (error) {
      if (!disposed && request === seriesRequest) store.set({ imagesError: error });
    } finally {
      if (!disposed && request === seriesRequest) store.set({ imagesLoading: false });
    }
  }

  async function load(): Promise<void> {
    try {
      const study = await getStudy(studyInstanceUID);
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
    const preferred = preferredSeries(study, findings);
    if (preferred !== undefined && seriesInstanceUID === undefined) await openSeries(preferred);
    else if (seriesInstanceUID !== undefined && hasGrown(study, seriesInstanceUID, loadedInstances)) await openSeries(seriesInstanceUID);
  }

  const actions = readerActions({
    studyInstanceUID, store, leave,
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
    const pane = imagePane(canvas, planes.element, () => view, store, actions);
    const status = statusPanel(store, actions);
    const findings = findingsPanel(store, actions);
    const results = resultsPanel(store, actions);
    const parts = [banner, series, toolbar, planes, pane, status, findings, results];
    stopPanels = () => { for (const part of parts) part.stop(); };
    fill(root, el(
      'div', { class: 'reader-page' },
      banner.element,
      el('main', { class: 'reader' },
        series.element,
        el('div', { class: 'reader-centre' }, toolbar.element, pane.element),
        el('aside', { class: 'reader-side', aria: { label: t('status.title') } }, status.element, findings.element, results.element)),
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
  const stopKeys = readerKeys(actions);
  const stopEvents = listen({
    ready: () => { void load(); },
    study: (change) => {
      if (change.studyInstanceUID !== studyInstanceUID) return;
      const { study } = store.get();
      if (study !== undefined) store.set({ study: { ...study, ...change.item } });
      timer ??= setTimeout(() => { timer = undefined; void load(); }, reloadDelayMs);
    },
    connection: (connected) => { store.set({ connected }); },
  });
  void load();

  return () => {
    disposed = true;
    clearTimeout(timer);
    stopLanguage();
    stopKeys();
    stopEvents();
    stopPanels();
    view?.destroy();
    releaseImages();
  };
}
