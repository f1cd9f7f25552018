import type { SliceImage } from '../rendering/slice-images.ts';
import type { Store } from '../ui/store.ts';
import { newMeasure } from './measure-geometry.ts';
import type { Measures, MeasureKind, PixelPoint } from './measures.ts';
import type { ReaderState } from './state.ts';

/** The cross that measures without a mouse; `from` is the end that is set already, on that slice. */
export interface MeasureCross {
  readonly at: PixelPoint;
  readonly from?: { readonly at: PixelPoint; readonly shown: number };
}

/** Every one but `startMeasure` does nothing unless that was done. */
export interface MeasureCrossActions {
  /** With a measuring tool in hand: puts the cross in the middle of what is on the screen. */
  readonly startMeasure: () => void;
  readonly stepMeasure: (columns: number, rows: number) => void;
  /** The cross is one end, or the other, which makes the measure. */
  readonly setMeasureEnd: () => void;
  readonly stopMeasure: () => void;
}

/** The measuring tool that is in hand. */
export function measuringTool({ tool }: Pick<ReaderState, 'tool'>): MeasureKind | undefined {
  return tool === 'length' || tool === 'bidirectional' ? tool : undefined;
}

export function measureCrossActions(store: Store<ReaderState>, measures: Measures, middle: () => PixelPoint | undefined): MeasureCrossActions {
  const image = (): SliceImage | undefined => store.get().images[store.get().shown];
  const within = (at: number, count: number): number => Math.min(count - 1, Math.max(0, at));
  return {
    startMeasure() {
      const at = middle();
      if (at !== undefined && measuringTool(store.get()) !== undefined) store.set({ measureCross: { at: [Math.round(at[0]), Math.round(at[1])] } });
    },
    stepMeasure(columns, rows) {
      const { measureCross: cross } = store.get();
      const shown = image();
      if (cross !== undefined && shown !== undefined) store.set({ measureCross: { ...cross, at: [within(cross.at[0] + columns, shown.columns), within(cross.at[1] + rows, shown.rows)] } });
    },
    setMeasureEnd() {
      const { measureCross: cross, shown } = store.get();
      const on = image();
      const kind = measuringTool(store.get());
      if (cross === undefined || on === undefined || kind === undefined) return;
      const { at, from } = cross;
      // An end on another slice is no end of this measure.
      if (from?.shown !== shown) {
        store.set({ measureCross: { at, from: { at, shown } } });
        return;
      }
      if (from.at[0] === at[0] && from.at[1] === at[1]) return;
      store.set({ measureCross: { at } });
      measures.add(newMeasure(kind, on, [from.at, at]));
    },
    stopMeasure: () => { store.set({ measureCross: undefined }); },
  };
}
