import type { MeasureRequest } from '../api/review.ts';
import { pixelToWorld, type ImagePlane, type Point3, type SliceImage } from '../rendering/slice-images.ts';
import type { Store } from '../ui/store.ts';
import { beginAxis, endAxis, isOnSlice } from './drawn-axes.ts';
import type { PixelPoint, Segment } from './measures.ts';
import type { ReaderState } from './state.ts';

/** Drawing the axes of a finding by hand; every one does nothing unless that was begun. */
export interface AxesActions {
  readonly beginAxis: (at: PixelPoint) => void;
  readonly moveAxis: (to: PixelPoint) => void;
  /** With the second axis the finding is made. */
  readonly endAxis: () => void;
  readonly stepAxis: (columns: number, rows: number) => void;
  /** By the keys: the cross is one end or the other. */
  readonly setAxisEnd: () => void;
  /** Makes the finding of the axes that there are. */
  readonly finishAxes: () => void;
  readonly stopAxes: () => void;
}

/** Errors after which a nodule can still be measured by hand. */
const byHandAfter: ReadonlySet<string> = new Set(['REVIEW_NOTHING_TO_MEASURE', 'REVIEW_MEASURE_TIMEOUT', 'REVIEW_MEASURE_FAILED', 'REVIEW_MEASURE_BUSY']);

export function canDrawAfter(code: string | undefined): code is string {
  return code !== undefined && byHandAfter.has(code);
}

export function axesActions(store: Store<ReaderState>, measure: (request: MeasureRequest) => void): AxesActions {
  const image = (): SliceImage | undefined => store.get().images[store.get().shown];
  const within = (at: number, count: number): number => Math.min(count - 1, Math.max(0, at));

  function finish(): void {
    const { axes, images, seriesInstanceUID, measuring } = store.get();
    const plane = axes === undefined ? undefined : images.find((each) => isOnSlice(axes, each))?.plane;
    if (axes?.long === undefined || plane === undefined || measuring) return;
    const world = (on: ImagePlane, [from, to]: Segment): readonly [Point3, Point3] => [pixelToWorld(on, ...from), pixelToWorld(on, ...to)];
    measure({
      longAxisWorld: world(plane, axes.long), ...(axes.short === undefined ? {} : { shortAxisWorld: world(plane, axes.short) }),
      ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    });
  }

  function begin(at: PixelPoint): void {
    const { axes, measuring } = store.get();
    const shown = image();
    if (axes !== undefined && shown !== undefined && !measuring) store.set({ axes: beginAxis(axes, shown, at) });
  }

  function end(): void {
    const { axes } = store.get();
    const shown = image();
    if (axes === undefined || shown === undefined) return;
    const ended = endAxis(axes, shown);
    store.set({ axes: ended });
    if (ended.short !== undefined && axes.from !== undefined) finish();
  }

  return {
    beginAxis: begin,
    moveAxis(cross) {
      const { axes } = store.get();
      if (axes !== undefined) store.set({ axes: { ...axes, cross } });
    },
    endAxis: end,
    stepAxis(columns, rows) {
      const { axes } = store.get();
      const shown = image();
      if (axes !== undefined && shown !== undefined) store.set({ axes: { ...axes, cross: [within(axes.cross[0] + columns, shown.columns), within(axes.cross[1] + rows, shown.rows)] } });
    },
    setAxisEnd() {
      const { axes } = store.get();
      if (axes?.from === undefined) begin(axes?.cross ?? [0, 0]);
      else end();
    },
    finishAxes: finish,
    stopAxes: () => { store.set({ axes: undefined }); },
  };
}
