import type { Hotkey } from './hotkeys.ts';

/** Keys of slab, cine, comparison and the next study. */
export const viewHotkeys: readonly Hotkey[] = [
  { keys: ['t'], name: 'key.slabMode', run: ({ tools }) => { tools.nextSlabMode(); } },
  { keys: ['['], name: 'key.slabThinner', run: ({ tools }) => { tools.stepThickness(-1); } },
  { keys: [']'], name: 'key.slabThicker', run: ({ tools }) => { tools.stepThickness(1); } },
  { keys: ['f'], name: 'key.cine', run: ({ tools }) => { tools.toggleCine(); } },
  { keys: [','], name: 'key.cineSlower', run: ({ tools }) => { tools.stepCineRate(-1); } },
  { keys: ['.'], name: 'key.cineFaster', run: ({ tools }) => { tools.stepCineRate(1); } },
  { keys: ['q'], name: 'key.compare', run: ({ tools }) => { tools.toggleCompare(); } },
  { keys: ['N'], name: 'key.nextStudy', run: (actions) => { actions.nextStudy(); } },
];
