import { getSeriesMetadata, getStudy, wadoSeries } from '../api/client.ts';
import { getPriors, getReading, type PriorStudy, type Priors } from '../api/compare.ts';
import type { Finding } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { normalOf, sliceImages, worldToPixel, type Point3, type SliceImage } from '../rendering/slice-images.ts';
import { loadRendering } from '../rendering/rendering.ts';
import type { StackView, Viewpoint } from '../rendering/stack-view.ts';
import { el, fill, svg } from '../ui/dom.ts';
import { decimal, dicomDate, integer } from '../ui/format.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { isAiHidden, listFields, listFindings, markName } from '../review/listed.ts';
import { linkedSlice, offsetBetween, startLink, type CompareLink } from './compare-link.ts';
import { compareTable, type ComparedNodule } from './compare-table.ts';
import { lungWindow } from './presets.ts';
import { preferredSeries, type ReaderActions, type ReaderState } from './state.ts';
import { slabOf } from './view-tools.ts';

/** The earlier series must not push the present one out of the kept pixels. */
const cacheShare = 0.3;

type PlacedFinding = Pick<Finding, 'trackingUID' | 'worldPoint' | 'diameterMm'>;

/** What is shown of the earlier examination. */
interface Prior {
  readonly images: readonly SliceImage[];
  readonly findings: readonly PlacedFinding[];
}

async function loadPrior(studyInstanceUID: string): Promise<Prior> {
  const [study, reading] = await Promise.all([getStudy(studyInstanceUID), getReading(studyInstanceUID)]);
  const series = preferredSeries(study, study.analysis?.findings);
  const draft = reading.signed[0]?.draft ?? reading.draft;
  const findings = draft.findings.filter(({ verdict }) => verdict !== 'rejected').map(({ finding, trackingUID }) => ({ trackingUID, worldPoint: finding.worldPoint, diameterMm: finding.diameterMm }));
  if (series === undefined) return { images: [], findings };
  return { images: sliceImages(wadoSeries(studyInstanceUID, series), await getSeriesMetadata(studyInstanceUID, series)), findings };
}

function priorName(prior: PriorStudy): string {
  return [dicomDate(prior.studyDate), prior.studyDescription].filter((part) => part !== '').join(' · ');
}

function shiftedBy(point: Point3, shift: Point3, sign: 1 | -1): Point3 {
  return [point[0] + sign * shift[0], point[1] + sign * shift[1], point[2] + sign * shift[2]];
}

/** Whether the way between two points leads along the slices, not only from one to the next. */
function movedWithin(image: SliceImage | undefined, from: Point3, to: Point3): boolean {
  if (image?.plane === undefined) return false;
  const [before, after] = [worldToPixel(image.plane, from), worldToPixel(image.plane, to)];
  return Math.hypot(after[0] - before[0], after[1] - before[1]) > 1e-3;
}

/** Circles where the slice cuts the balls of the earlier findings. */
function priorMarks(view: StackView, image: SliceImage, findings: readonly PlacedFinding[], chosen: string | undefined): readonly SVGElement[] {
  const { plane } = image;
  if (plane === undefined) return [];
  const normal = normalOf(plane);
  return findings.flatMap((finding, at) => {
    const distance = Math.abs(normal.reduce((sum, each, axis) => sum + each * ((finding.worldPoint[axis] ?? 0) - (plane.position[axis] ?? 0)), 0));
    const radiusMm = finding.diameterMm / 2;
    if (distance > radiusMm) return [];
    const [column, row] = worldToPixel(plane, finding.worldPoint);
    const [centre, edge] = [view.toCanvas(column, row), view.toCanvas(column + Math.sqrt(radiusMm ** 2 - distance ** 2) / plane.columnSpacingMm, row)];
    if (centre === undefined || edge === undefined) return [];
    const radius = Math.max(6, Math.hypot(edge[0] - centre[0], edge[1] - centre[1]) + 3);
    return [svg('g', { class: finding.trackingUID === chosen ? 'mark mark-selected' : 'mark', 'data-prior-finding': at + 1 },
      svg('circle', { class: 'mark-outline', cx: centre[0], cy: centre[1], r: radius }))];
  });
}

/**
 * An earlier examination beside the present one: the same window, tools and magnification, linked by anatomy. Scrolling
 * or moving the earlier one alone corrects the link. `present` is the view of the present examination.
 */
export function comparePane(studyInstanceUID: string, present: () => StackView | undefined, store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const { tools } = actions;
  const canvas = el('div', { class: 'canvas', on: { contextmenu: (event) => { event.preventDefault(); } } });
  const layer = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const corner = el('div', { class: 'compare-corner' });
  const message = el('div', { class: 'image-message' });
  const viewport = el('div', { class: 'compare-viewport', role: 'img', aria: { label: t('compare.title') } }, canvas, layer, corner, message);
  const head = el('div', { class: 'compare-head' });
  const linkLine = el('div', { class: 'compare-link', role: 'status' });
  const table = el('div', { class: 'compare-list' });
  const element = el('section', { class: 'compare', aria: { label: t('compare.title') }, hidden: true }, head, viewport, linkLine, table);

  let view: StackView | undefined;
  let priors: Priors | undefined;
  let prior: Prior | undefined;
  let link: CompareLink | undefined;
  let chosenPrior: string | undefined;
  let request = 0;
  /** Of the review that the comparison was made from. */
  let revision: number | undefined;
  /** The slice that the link asked for: every other one is the reader's own doing. */
  let asked = -1;
  /** What the link brought into sight; likewise. */
  let brought: Viewpoint | undefined;

  function drawLink(): void {
    if (link === undefined) {
      fill(linkLine);
      return;
    }
    fill(linkLine,
      el('span', {}, link.by === 'nodules' ? plural('compare.link.nodules', link.count) : t(`compare.link.${link.by}`)),
      el('span', { class: 'muted' }, t('compare.offset', { mm: decimal(link.offsetMm, 1) })),
      link.by === 'hand' && el('button', { type: 'button', class: 'button button-small', on: { click: relink } }, t('compare.relink')));
  }

  function drawMarks(): void {
    const shown = view?.shownIndex() ?? -1;
    const image = prior?.images[shown];
    if (view === undefined || prior === undefined || image === undefined) {
      layer.replaceChildren();
      return;
    }
    fill(corner, el('div', {}, t('reader.slice', { number: integer(shown + 1), total: integer(prior.images.length) })));
    // Whoever looks first without the AI is not led by what was found before either.
    const showsMarks = store.get().overlayVisible && !isAiHidden(store.get());
    layer.replaceChildren(...(showsMarks ? priorMarks(view, image, prior.findings, chosenPrior) : []));
  }

  function follow(): void {
    const { images, wanted } = store.get();
    if (view === undefined || prior === undefined || link === undefined || images.length === 0) return;
    const slice = linkedSlice(images, wanted, prior.images, link.offsetMm);
    if (slice === undefined || slice === asked) return;
    asked = slice;
    view.goTo(slice);
  }

  /** As much of the patient is in sight here as there, about the same place. */
  function followView(): void {
    const seen = present()?.viewpoint();
    if (view === undefined || link === undefined || seen === undefined || view.viewpoint() === undefined) return;
    view.setViewpoint({ ...seen, centre: shiftedBy(seen.centre, link.shiftMm, 1) });
    brought = view.viewpoint();
  }

  /** The reader has moved or magnified the earlier examination. */
  function lead(): void {
    const [now, there] = [view?.viewpoint(), present()?.viewpoint()];
    if (now === undefined || there === undefined || brought === undefined || link === undefined) return;
    const magnified = now.pixelsPerMm / brought.pixelsPerMm;
    const before = brought;
    brought = now;
    // Magnified, both stay about the middle; moved, the present one stays where it is.
    if (Math.abs(magnified - 1) > 1e-6) actions.zoomBy(magnified);
    else if (movedWithin(prior?.images[0], before.centre, now.centre)) link = { ...link, shiftMm: shiftedBy(now.centre, there.centre, -1) };
  }

  function compared(): readonly ComparedNodule[] {
    const listed = listFindings(store.get());
    return (priors?.comparisons ?? []).flatMap((comparison) => {
      const own = listed.find(({ trackingUID }) => trackingUID === comparison.trackingUID);
      return own === undefined ? [] : [{ comparison, finding: own.finding, name: markName(own) }];
    });
  }

  function relink(): void {
    if (prior === undefined) return;
    const { images } = store.get();
    const listed = listFindings(store.get());
    const earlier = new Map(prior.findings.map((finding) => [finding.trackingUID, finding.worldPoint]));
    const matched = (priors?.comparisons ?? []).flatMap(({ trackingUID, priorTrackingUID }) => {
      const now = listed.find((own) => own.trackingUID === trackingUID)?.finding.worldPoint;
      const before = priorTrackingUID === undefined ? undefined : earlier.get(priorTrackingUID);
      return now === undefined || before === undefined ? [] : [{ now, before }];
    });
    link = startLink(images, prior.images, matched);
    asked = -1;
    brought = undefined;
    drawLink();
    follow();
    followView();
  }

  /** Undefined when another request, or the end of the comparison, has come meanwhile. */
  async function ensureView(mine: number): Promise<StackView | undefined> {
    const { createStackView } = await loadRendering();
    if (mine !== request) return undefined;
    view ??= createStackView(canvas, store.get().window ?? lungWindow, {
      rendered() {
        if (brought === undefined) followView();
        else lead();
        drawMarks();
        const [own, common] = [view?.window(), store.get().window];
        // Windowing here is windowing there.
        if (canvas.matches(':active') && own !== undefined && common !== undefined && (own.width !== common.width || own.centre !== common.centre)) actions.setWindow(own);
      },
      slice(index) {
        if (index === asked || prior === undefined) return;
        asked = index;
        const offsetMm = offsetBetween(store.get().images, store.get().wanted, prior.images, index);
        if (offsetMm === undefined) return;
        link = { ...link ?? { shiftMm: [0, 0, 0] }, offsetMm, by: 'hand', count: 0 };
        drawLink();
      },
      loaded: () => undefined,
      failed: (_index, error) => { fill(message, errorNotice(t('compare.failed'), error)); },
    }, { viewportId: 'prior', cacheShare });
    return view;
  }

  async function show(studyInstanceUIDOfPrior: string | undefined): Promise<void> {
    const mine = ++request;
    fill(message, el('p', { class: 'loading' }, t('compare.loading')));
    try {
      revision = store.get().review?.revision;
      const found = await getPriors(studyInstanceUID, studyInstanceUIDOfPrior);
      if (mine !== request) return;
      priors = found;
      drawHead();
      if (found.chosen === undefined) {
        fill(message, el('p', { class: 'muted' }, t('compare.none')));
        return;
      }
      const loaded = await loadPrior(found.chosen);
      if (mine !== request) return;
      prior = loaded;
      drawTable();
      if (loaded.images.length === 0) {
        fill(message, el('p', { class: 'muted' }, t('reader.noImages')));
        return;
      }
      asked = Math.floor(loaded.images.length / 2);
      const shown = await ensureView(mine);
      await shown?.show(loaded.images, asked);
      if (mine !== request) return;
      fill(message);
      await view?.setSlab(slabOf(tools.store.get()));
      view?.setTool(store.get().tool);
      relink();
    } catch (error) {
      if (mine === request) fill(message, errorNotice(t('compare.failed'), error, () => { void show(studyInstanceUIDOfPrior); }));
    }
  }

  function drawTable(): void {
    const { review } = store.get();
    const counts = priors?.items.find((item) => item.studyInstanceUID === review?.compareWith);
    fill(table,
      counts !== undefined && counts.studyInstanceUID !== priors?.chosen && el('p', { class: 'outdated', role: 'note' }, t('compare.onlyShown', { date: dicomDate(counts.studyDate) })),
      compareTable(compared(), showNodule));
  }

  /** The comparison follows what is saved: what was added, edited or rejected, and which earlier examination counts. */
  async function renew(): Promise<void> {
    if (priors?.chosen === undefined) return;
    const mine = request;
    const found = await getPriors(studyInstanceUID, priors.chosen);
    if (mine !== request) return;
    priors = found;
    drawTable();
  }

  function showNodule({ comparison }: ComparedNodule): void {
    chosenPrior = comparison.priorTrackingUID;
    actions.selectFinding(comparison.trackingUID);
    drawMarks();
  }

  async function choose(chosen: string): Promise<void> {
    try {
      await actions.compareWith(chosen);
    } finally {
      await show(chosen);
    }
  }

  function drawHead(): void {
    const items = priors?.items ?? [];
    const select = el('select', { class: 'select', aria: { label: t('compare.choose') }, on: { change: () => { void choose(select.value); } } },
      items.map((item) => el('option', { attributes: { value: item.studyInstanceUID } }, priorName(item))));
    if (priors?.chosen !== undefined) select.value = priors.chosen;
    fill(head, el('h2', {}, t('compare.title')), items.length > 0 && select);
  }

  function close(): void {
    request += 1;
    view?.destroy();
    view = undefined;
    prior = undefined;
    link = undefined;
    asked = -1;
    brought = undefined;
    drawLink();
    fill(table);
    fill(corner);
    layer.replaceChildren();
  }

  const stops = [
    tools.store.watch(['compare'], ({ compare }) => {
      element.hidden = !compare;
      if (compare) void show(undefined);
      else close();
    }),
    tools.store.watch(['slabMode', 'slabMm'], (state) => { void view?.setSlab(slabOf(state)); }),
    store.watch(['wanted'], follow),
    store.watch(['frame'], followView),
    // Another series has places of its own.
    store.watch(['images'], relink),
    store.watch(['window'], ({ window }) => {
      const own = view?.window();
      if (window !== undefined && (own?.width !== window.width || own.centre !== window.centre)) view?.setWindow(window);
    }),
    store.watch(['tool'], ({ tool }) => { view?.setTool(tool); }),
    store.watch(['overlayVisible'], drawMarks),
    store.watch(['review'], ({ review }) => {
      if (review?.revision === revision || prior === undefined) return;
      revision = review?.revision;
      // The table shown stays; the next change asks again.
      renew().catch(() => undefined);
    }),
    store.watch(listFields, () => {
      if (prior !== undefined) drawTable();
      drawMarks();
    }),
  ];
  return {
    element,
    stop() {
      for (const stop of stops) stop();
      close();
    },
  };
}
