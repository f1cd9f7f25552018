import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import type { ViewTools } from './view-tools.ts';

/** Runs through the slices while cine is on, no faster than they can be shown, and begins again after the last. */
export function runCine(store: Store<ReaderState>, actions: Pick<ReaderActions, 'goTo'>, tools: ViewTools): () => void {
  let frame = 0;
  let next = 0;

  function tick(now: number): void {
    const { images, wanted, shown, failedSlices } = store.get();
    const isThere = shown === wanted || failedSlices.has(wanted);
    if (now >= next && isThere && images.length > 1) {
      next = now + 1000 / tools.store.get().cineRate;
      actions.goTo((wanted + 1) % images.length);
    }
    frame = requestAnimationFrame(tick);
  }
  const stop = tools.store.watch(['cine'], ({ cine }) => {
    cancelAnimationFrame(frame);
    if (cine) frame = requestAnimationFrame(tick);
  });
  return () => {
    cancelAnimationFrame(frame);
    stop();
  };
}
