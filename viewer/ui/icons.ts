import { svg } from './dom.ts';

/** Strokes on a 24 × 24 grid. */
const paths = {
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l4.5 4.5',
  upload: 'M12 16V4M7 9l5-5l5 5M4 16v4h16v-4',
  folder: 'M3 6h6l2 2h10v11H3z',
  back: 'M15 5l-7 7l7 7',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7',
  warning: 'M12 4L2.5 20h19zM12 10v5M12 17.6v.4',
  blocked: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M6 6l12 12',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 7.5V12l3 2',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 3v4.5h-4.5',
  down: 'M12 4v12M7 11l5 5l5-5M5 20h14',
  contrast: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 3.5v17M12 7h4.500M12 10.300h7M12 13.700h7M12 17h4.500',
  planes: 'M3.500 4h9v16h-9zM15.500 4h5v7h-5zM15.500 13.500h5V20h-5z',
  invert: 'M4 4h16v16H4zM4 20L20 4M9 15.500h-3M15 9.500h4M17 7.500v4',
  running: 'M12 3.5a8.5 8.5 0 0 1 8.500 8.500M20.500 12a8.500 8.500 0 0 1-5 7.700',
  move: 'M12 3v18M3 12h18M9 6l3-3l3 3M9 18l3 3l3-3M6 9l-3 3l3 3M18 9l3 3l-3 3',
  zoom: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M15.5 15.5L21 21M7.5 10.5h6M10.5 7.5v6',
  ruler: 'M3 15L15 3l6 6L9 21zM7 11l2 2M10 8l3 3M13 5l2 2',
  reset: 'M4 12a8 8 0 1 1 2.5 5.8M4 20v-5h5',
  eye: 'M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6',
  eyeOff: 'M3 3l18 18M6 7.2C4.600 8.300 3.400 10 2.500 12C5 16.500 8.300 18.500 12 18.500c1.800 0 3.500-.5 5-1.400M10 5.700c.7-.1 1.300-.2 2-.2c3.700 0 7 2 9.500 6.500c-.6 1.100-1.300 2-2 2.900',
  scroll: 'M4 6h16M4 10h16M4 14h16M4 18h16',
  keyboard: 'M2.500 6.500h19v11h-19zM6 10h.1M9.500 10h.1M13 10h.1M16.500 10h.1M7.500 14h9',
  cross: 'M4 18L20 6M9 7l7 9M4 15v3h3M20 9V6h-3',
  play: 'M7 4.500l12 7.500l-12 7.500z',
  pause: 'M8 5v14M16 5v14',
  slab: 'M3 8l9-4l9 4l-9 4zM3 12l9 4l9-4M3 16l9 4l9-4',
  compare: 'M3.500 4.500h7v15h-7zM13.500 4.500h7v15h-7zM6 9h2M16 9h2',
  next: 'M5 5l9 7l-9 7zM18 5v14',
  urgent: 'M13 3L5 13.500h6L10 21l8.500-11H12.500z',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  signed: 'M4 19.500h16M5 15l9.500-9.500l3.500 3.500L8.500 18.500H5z',
  open: 'M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16',
  gauge: 'M4 19V9M10 19V5M16 19v-7M22 19H2',
  bookmark: 'M6 4h12v16l-6-4.500L6 20z',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  undo: 'M8 5L3.500 9.500L8 14M4 9.500h10a6 6 0 0 1 0 11h-3',
  redo: 'M16 5l4.500 4.500L16 14M20 9.500H10a6 6 0 0 0 0 11h3',
  pencil: 'M4 20l1-4.500L16 4.500l3.500 3.500L8.500 19zM13.500 7l3.500 3.500',
  comment: 'M4 5h16v11h-9l-4.500 4v-4H4z',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4.500 20.500c.5-4 3.500-6 7.500-6s7 2 7.500 6',
} as const;

export type IconName = keyof typeof paths;

/** A decorative icon in the colour of the text around it. */
export function icon(name: IconName, size = 16): SVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: paths[name], fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }),
  );
}
