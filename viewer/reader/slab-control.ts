import { t } from '../i18n/index.ts';
import { slicesOfSlab } from '../rendering/slab.ts';
import type { SlabMode } from '../rendering/slab-slices.ts';
import { el } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import type { ReaderState } from './state.ts';
import type { ViewTools, ViewToolState } from './view-tools.ts';

const modes: readonly SlabMode[] = ['mip', 'minip', 'average'];

/** What the slab on the screen is: how many slices really went into it. */
export function slabText({ images, shown }: Pick<ReaderState, 'images' | 'shown'>, { slabMode, slabMm }: ViewToolState): string {
  if (slabMode === undefined || images[shown] === undefined) return '';
  const count = slicesOfSlab(images, shown, slabMm)?.length ?? 1;
  return t(count > 1 ? 'slab.shown' : 'slab.single', { mode: t(`slab.${slabMode}`), mm: slabMm, count });
}

/** Shift and the wheel change the thickness; every turn of the wheel ends cine. */
export function viewWheel(event: WheelEvent, tools: ViewTools): void {
  tools.stopCine();
  if (!event.shiftKey || tools.store.get().slabMode === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  // With Shift some browsers turn the wheel sideways.
  const turn = event.deltaY === 0 ? event.deltaX : event.deltaY;
  if (turn !== 0) tools.stepThickness(turn > 0 ? 1 : -1);
}

/** Slab and cine in the toolbar. */
export function slabControl(tools: ViewTools): { readonly element: HTMLElement; readonly stop: () => void } {
  const select = el('select', {
    class: 'tool-select', title: `${t('slab.label')} (t)`, aria: { label: t('slab.label'), keyshortcuts: 't' },
    on: { change: () => { tools.setSlabMode(modes.find((mode) => mode === select.value)); select.blur(); } },
  }, el('option', { attributes: { value: '' } }, t('slab.off')), modes.map((mode) => el('option', { attributes: { value: mode } }, t(`slab.${mode}`))));
  const step = (name: string, text: string, key: string, by: 1 | -1): HTMLElement => el('button', {
    type: 'button', class: 'tool', title: `${name} (${key})`, aria: { label: name, keyshortcuts: key }, on: { click: () => { tools.stepThickness(by); } },
  }, text);
  const thickness = el('span', { class: 'slab-mm', aria: { live: 'polite' } });
  const thick = el('span', { class: 'slab-thickness' }, step(t('key.slabThinner'), '−', '[', -1), thickness, step(t('key.slabThicker'), '+', ']', 1));
  const cine = el('button', {
    type: 'button', class: 'tool', title: `${t('key.cine')} (f)`, aria: { label: t('key.cine'), keyshortcuts: 'f' }, on: { click: tools.toggleCine },
  }, icon('play', 18));
  const stop = tools.store.watch(['slabMode', 'slabMm', 'cine'], (state) => {
    select.value = state.slabMode ?? '';
    thick.hidden = state.slabMode === undefined;
    thickness.textContent = `${String(state.slabMm)} mm`;
    cine.setAttribute('aria-pressed', String(state.cine));
    cine.replaceChildren(icon(state.cine ? 'pause' : 'play', 18));
  });
  return { element: el('span', { class: 'slab-control' }, select, thick, cine), stop };
}
