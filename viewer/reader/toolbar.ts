import { t, type MessageKey } from '../i18n/index.ts';
import type { PrimaryTool } from '../rendering/types.ts';
import { el } from '../ui/dom.ts';
import { icon, type IconName } from '../ui/icons.ts';
import type { Store } from '../ui/store.ts';
import { presetOf, presets } from './presets.ts';
import { slabControl } from './slab-control.ts';
import type { ReaderActions, ReaderState } from './state.ts';

export const tools: readonly { readonly tool: PrimaryTool; readonly key: string; readonly name: MessageKey; readonly icon: IconName }[] = [
  { tool: 'window', key: 'w', name: 'tool.window', icon: 'contrast' },
  { tool: 'pan', key: 'm', name: 'tool.pan', icon: 'move' },
  { tool: 'zoom', key: 'z', name: 'tool.zoom', icon: 'zoom' },
  { tool: 'scroll', key: 's', name: 'tool.scroll', icon: 'scroll' },
  { tool: 'length', key: 'd', name: 'tool.length', icon: 'ruler' },
  { tool: 'bidirectional', key: 'D', name: 'tool.bidirectional', icon: 'cross' },
];

function withKey(name: string, key: string): string {
  return `${name} (${key})`;
}

/** Tools, window presets and the switch of the AI marks. */
export function readerToolbar(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const toolButtons = tools.map(({ tool, key, name, icon: image }) => el('button', {
    type: 'button', class: 'tool', title: withKey(t(name), key), aria: { label: t(name), keyshortcuts: key }, data: { tool },
    on: { click: () => { actions.setTool(tool); } },
  }, icon(image, 18)));
  const simple = (name: MessageKey, key: string, image: IconName, run: () => void): HTMLElement => el('button', {
    type: 'button', class: 'tool', title: withKey(t(name), key), aria: { label: t(name), keyshortcuts: key }, on: { click: run },
  }, icon(image, 18));
  const presetButtons = presets.map(({ key, name, window }) => el('button', {
    type: 'button', class: 'preset', title: `${withKey(t(name), key)}: ${String(window.width)} / ${String(window.centre)}`, aria: { keyshortcuts: key }, data: { preset: key },
    on: { click: () => { actions.setWindow(window); } },
  }, el('kbd', { aria: { hidden: true } }, key), el('span', { class: 'preset-name' }, t(name))));
  const marks = el('button', { type: 'button', class: 'tool tool-wide', aria: { label: t('tool.marks'), keyshortcuts: 'o' }, title: withKey(t('tool.marks'), 'o'), on: { click: actions.toggleOverlay } },
    icon('eye', 18), el('span', { class: 'tool-name' }, t('tool.marks')));
  const planes = el('button', { type: 'button', class: 'tool', aria: { label: t('tool.planes'), keyshortcuts: 'c' }, title: withKey(t('tool.planes'), 'c'), on: { click: actions.togglePlanes } },
    icon('planes', 18));
  const slab = slabControl(actions.tools);
  const compare = el('button', {
    type: 'button', class: 'tool', title: withKey(t('key.compare'), 'q'), aria: { label: t('key.compare'), keyshortcuts: 'q' }, on: { click: actions.tools.toggleCompare },
  }, icon('compare', 18));
  const stopCompare = actions.tools.store.watch(['compare'], (state) => { compare.setAttribute('aria-pressed', String(state.compare)); });
  const opacity = el('input', {
    type: 'range', class: 'opacity', title: t('tool.opacity'), aria: { label: t('tool.opacity') }, attributes: { min: '0.1', max: '1', step: '0.1' },
    on: { input: () => { actions.setOpacity(Number(opacity.value)); } },
  });
  const element = el(
    'div', { class: 'toolbar', role: 'toolbar', aria: { label: t('reader.tools') } },
    el('div', { class: 'tool-group' }, toolButtons),
    el('div', { class: 'tool-group' }, simple('tool.invert', 'i', 'invert', actions.invert), simple('tool.reset', t('key.space'), 'reset', actions.reset)),
    el('div', { class: 'tool-group presets', role: 'group', aria: { label: t('reader.presets') } }, presetButtons),
    el('div', { class: 'tool-group' }, planes, compare, slab.element),
    el('div', { class: 'tool-group' }, marks, opacity),
    el('div', { class: 'tool-group tool-group-end' }, simple('key.nextStudy', 'N', 'next', actions.nextStudy), simple('tool.keys', '?', 'keyboard', actions.showHelp)),
  );
  const stop = store.watch(['tool', 'window', 'overlayVisible', 'overlayOpacity', 'planes'], (state) => {
    planes.setAttribute('aria-pressed', String(state.planes));
    for (const button of toolButtons) button.setAttribute('aria-pressed', String(button.dataset['tool'] === state.tool));
    const current = presetOf(state.window);
    for (const button of presetButtons) button.setAttribute('aria-pressed', String(button.dataset['preset'] === current));
    marks.setAttribute('aria-pressed', String(state.overlayVisible));
    marks.firstElementChild?.replaceWith(icon(state.overlayVisible ? 'eye' : 'eyeOff', 18));
    opacity.value = String(state.overlayOpacity);
    opacity.disabled = !state.overlayVisible;
  });
  return { element, stop: () => { stop(); stopCompare(); slab.stop(); } };
}
