import type { MessageKey } from '../i18n/en.ts';
import type { Window } from '../rendering/types.ts';

/** Window presets in HU with their keys; 1 to 5 as in OHIF, 6 for the mediastinum. */
export const presets: readonly { readonly key: string; readonly name: MessageKey; readonly window: Window }[] = [
  { key: '1', name: 'preset.softTissue', window: { width: 400, centre: 40 } },
  { key: '2', name: 'preset.lung', window: { width: 1500, centre: -600 } },
  { key: '3', name: 'preset.liver', window: { width: 150, centre: 90 } },
  { key: '4', name: 'preset.bone', window: { width: 2500, centre: 480 } },
  { key: '5', name: 'preset.brain', window: { width: 80, centre: 40 } },
  { key: '6', name: 'preset.mediastinum', window: { width: 400, centre: 50 } },
];

export const lungWindow: Window = { width: 1500, centre: -600 };

/** The preset that a window equals, within the rounding of a dragged window. */
export function presetOf(window: Window | undefined): string | undefined {
  if (window === undefined) return undefined;
  return presets.find((preset) => Math.abs(preset.window.width - window.width) < 1 && Math.abs(preset.window.centre - window.centre) < 1)?.key;
}
