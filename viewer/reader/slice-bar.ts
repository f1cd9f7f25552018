import { t } from '../i18n/index.ts';
import { indexOfImage, type SliceImage } from '../rendering/slice-images.ts';
import { listFields, listFindings, markName, type ListedFinding } from '../review/listed.ts';
import { el } from '../ui/dom.ts';
import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';

function fraction(index: number, count: number): string {
  return `${((count <= 1 ? 0 : index / (count - 1)) * 100).toFixed(3)}%`;
}

function ticks(findings: readonly ListedFinding[], images: readonly SliceImage[], selected: string | undefined, actions: ReaderActions): readonly HTMLElement[] {
  return findings.flatMap((listed) => {
    const { finding, trackingUID, label, origin } = listed;
    const index = indexOfImage(images, finding.sliceInstanceUID, finding.sliceFrameNumber);
    if (index < 0) return [];
    const tick = el('span', {
      class: `tick tick-${origin}${trackingUID === selected ? ' tick-selected' : ''}`, title: t('findings.jump', { number: markName(listed) }), data: { finding: label },
      on: { pointerdown: (event) => { event.stopPropagation(); actions.selectFinding(trackingUID); } },
    });
    tick.style.top = fraction(index, images.length);
    return [tick];
  });
}

/** The scrollbar of the stack with a tick at the slice of each finding. */
export function sliceBar(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const thumb = el('div', { class: 'slice-thumb' });
  const marks = el('div', { class: 'slice-ticks' });
  const track = el('div', {
    class: 'slice-track', role: 'slider', tabIndex: -1,
    aria: { label: t('reader.slices'), orientation: 'vertical', valuemin: 1 },
  }, thumb, marks);
  const element = el('div', { class: 'slice-bar' }, track);
  const goToPointer = (event: PointerEvent): void => {
    const box = track.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    actions.goTo(Math.round(at * (store.get().images.length - 1)));
  };
  track.addEventListener('pointerdown', (event) => {
    track.setPointerCapture(event.pointerId);
    goToPointer(event);
  });
  track.addEventListener('pointermove', (event) => { if (track.hasPointerCapture(event.pointerId)) goToPointer(event); });

  const stopThumb = store.watch(['wanted', 'images'], ({ wanted, images }) => {
    element.hidden = images.length < 2;
    thumb.style.top = fraction(wanted, images.length);
    track.setAttribute('aria-valuemax', String(images.length));
    track.setAttribute('aria-valuenow', String(wanted + 1));
  });
  const stopTicks = store.watch([...listFields, 'images', 'selected', 'seriesInstanceUID'], (state) => {
    marks.replaceChildren(...ticks(listFindings(state), state.images, state.selected, actions));
  });
  return { element, stop: () => { stopThumb(); stopTicks(); } };
}
