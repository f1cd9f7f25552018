import { t } from '../i18n/index.ts';
import { pixelToWorld, worldToPixel, type Point3 } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import type { Edit } from '../review/draft.ts';
import { listFields, listFindings } from '../review/listed.ts';
import { svg } from '../ui/dom.ts';
import type { Store } from '../ui/store.ts';
import { isKeySlice } from './overlay.ts';
import type { ReaderActions, ReaderState } from './state.ts';

type Axis = readonly [Point3, Point3];

function lengthMm([a, b]: Axis): number {
  return Math.round(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) * 100) / 100;
}

/** Points to take hold of at the ends of the axes of the finding that is being edited. */
export function axisHandles(view: () => StackView | undefined, store: Store<ReaderState>, actions: ReaderActions): { readonly element: SVGElement; readonly stop: () => void } {
  const element = svg('svg', { 'class': 'handles', 'aria-hidden': 'true' });
  let drag: AbortController | undefined;

  function drawHandle(name: 'longAxisWorld' | 'shortAxisWorld', axis: Axis, end: 0 | 1, uid: string): SVGElement | undefined {
    const { images, shown } = store.get();
    const plane = images[shown]?.plane;
    const at = plane === undefined ? undefined : view()?.toCanvas(...worldToPixel(plane, axis[end]));
    if (plane === undefined || at === undefined) return undefined;
    const handle = svg('g', { 'class': `handle handle-${name}`, 'data-axis': name, 'data-end': end },
      svg('circle', { class: 'handle-reach', cx: at[0], cy: at[1], r: 11 }), svg('circle', { class: 'handle-point', cx: at[0], cy: at[1], r: 4.5 }));
    handle.append(svg('title', {}, t('edit.drag')));
    handle.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      drag?.abort();
      drag = new AbortController();
      const { signal } = drag;
      // One drag is one step to undo.
      const key = `drag ${uid} ${name} ${String(end)} ${String(event.timeStamp)}`;
      const move = (moved: PointerEvent): void => {
        const box = element.getBoundingClientRect();
        const pixel = view()?.toPixel(moved.clientX - box.left, moved.clientY - box.top);
        const listed = listFindings(store.get()).find((each) => each.trackingUID === uid);
        if (pixel === undefined || listed === undefined) return;
        const now = listed.finding[name];
        const world = pixelToWorld(plane, pixel[0], pixel[1]);
        const next: Axis = end === 0 ? [world, now[1]] : [now[0], world];
        if (lengthMm(next) < 0.5) return;
        const values: Edit = name === 'longAxisWorld' ? { longAxisWorld: next, longAxisMm: lengthMm(next) } : { shortAxisWorld: next, shortAxisMm: lengthMm(next) };
        actions.edit(uid, values, key);
      };
      document.addEventListener('pointermove', move, { signal });
      for (const end of ['pointerup', 'pointercancel'] as const) document.addEventListener(end, () => { drag?.abort(); }, { signal });
    });
    // The tools of the image listen to the mouse.
    handle.addEventListener('mousedown', (event) => { event.stopPropagation(); });
    return handle;
  }

  const stop = store.watch([...listFields, 'frame', 'editing', 'shown', 'images', 'access'], (state) => {
    const listed = listFindings(state).find((each) => each.trackingUID === state.editing);
    const image = state.images[state.shown];
    if (listed === undefined || image === undefined || state.access !== 'open' || !isKeySlice(image, listed.finding)) {
      element.replaceChildren();
      return;
    }
    const { longAxisWorld, shortAxisWorld } = listed.finding;
    element.replaceChildren(...([
      drawHandle('longAxisWorld', longAxisWorld, 0, listed.trackingUID), drawHandle('longAxisWorld', longAxisWorld, 1, listed.trackingUID),
      drawHandle('shortAxisWorld', shortAxisWorld, 0, listed.trackingUID), drawHandle('shortAxisWorld', shortAxisWorld, 1, listed.trackingUID),
    ].filter((each) => each !== undefined)));
  });
  return { element, stop: () => { drag?.abort(); stop(); } };
}
