import type { PrimaryTool } from '../types.ts';

/** What the mouse does with an image. Lengths in CSS pixels. */
export interface PointerTarget {
  readonly window: (dx: number, dy: number) => void;
  readonly pan: (dx: number, dy: number) => void;
  /** About the point where the button went down. */
  readonly zoom: (factor: number, at: readonly [x: number, y: number]) => void;
  readonly scroll: (slices: number) => void;
}

type Drag = 'window' | 'pan' | 'zoom' | 'scroll';

/** Pixels of a drag for one slice. */
const scrollEvery = 6;
/** A notch of a wheel is more than this; a touch pad sends many small turns. CSS pixels. */
const wheelStep = 40;
/** Lines and pages of a wheel, as pixels. */
const wheelUnits = [1, 40, 400] as const;
const zoomPerPixel = 0.008;

/** Where a drag with this button leads; undefined leaves the button to others. */
function dragOf(button: number, primary: Drag | undefined): Drag | undefined {
  return ([primary, 'pan', 'zoom'] as const)[button];
}

/** The left button does what `primary` says, the middle one pans, the right one zooms, the wheel scrolls. */
export function pointerTools(element: HTMLElement, primary: () => PrimaryTool | undefined, target: PointerTarget, signal: AbortSignal): void {
  let drag: { readonly kind: Drag; readonly pointer: number; readonly from: readonly [number, number]; x: number; y: number; rest: number } | undefined;

  element.addEventListener('pointerdown', (event) => {
    const tool = primary();
    const kind = dragOf(event.button, tool === 'length' || tool === 'bidirectional' ? undefined : tool);
    if (kind === undefined || drag !== undefined) return;
    const box = element.getBoundingClientRect();
    drag = { kind, pointer: event.pointerId, from: [event.clientX - box.left, event.clientY - box.top], x: event.clientX, y: event.clientY, rest: 0 };
    element.setPointerCapture(event.pointerId);
    // The middle button would begin to scroll the page.
    if (event.button === 1) event.preventDefault();
  }, { signal });

  element.addEventListener('pointermove', (event) => {
    if (drag?.pointer !== event.pointerId) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.x = event.clientX;
    drag.y = event.clientY;
    switch (drag.kind) {
      case 'window': target.window(dx, dy); break;
      case 'pan': target.pan(dx, dy); break;
      case 'zoom': target.zoom(Math.exp(dy * zoomPerPixel), drag.from); break;
      case 'scroll': {
        drag.rest += dy;
        const steps = Math.trunc(drag.rest / scrollEvery);
        drag.rest -= steps * scrollEvery;
        if (steps !== 0) target.scroll(steps);
      }
    }
  }, { signal });

  const end = (event: PointerEvent): void => { if (drag?.pointer === event.pointerId) drag = undefined; };
  element.addEventListener('pointerup', end, { signal });
  element.addEventListener('pointercancel', end, { signal });

  let turned = 0;
  element.addEventListener('wheel', (event) => {
    event.preventDefault();
    // A pinch on a touch pad comes as a wheel with Ctrl.
    if (event.ctrlKey) {
      const box = element.getBoundingClientRect();
      target.zoom(Math.exp(-event.deltaY * zoomPerPixel), [event.clientX - box.left, event.clientY - box.top]);
      return;
    }
    const turn = event.deltaY * (wheelUnits[event.deltaMode as 0 | 1 | 2] ?? 1);
    turned = Math.sign(turn) === Math.sign(turned) ? turned + turn : turn;
    if (Math.abs(turned) < wheelStep) return;
    // One notch is one slice, whatever the system makes of it.
    target.scroll(Math.sign(turned));
    turned = 0;
  }, { signal, passive: false });
}
