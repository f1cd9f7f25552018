import { createHistory, type History } from '../review/history.ts';
import { createStore, type Store } from '../ui/store.ts';

/** Column and row in the pixels of one image, in fractions of a pixel. */
export type PixelPoint = readonly [column: number, row: number];
export type Segment = readonly [from: PixelPoint, to: PixelPoint];
export type MeasureKind = 'length' | 'bidirectional';

/** A measure of the reader's own. It is kept while the study is open and is part of no report. */
export interface Measure {
  readonly id: number;
  readonly kind: MeasureKind;
  readonly sopInstanceUID: string;
  readonly frameNumber?: number;
  readonly long: Segment;
  /** Across the long one, at right angles in millimetres. */
  readonly short?: Segment;
}

export interface MeasureState {
  readonly all: readonly Measure[];
  readonly selected: number | undefined;
}

export interface Measures {
  readonly store: Store<MeasureState>;
  add(measure: Omit<Measure, 'id'>): void;
  /** A step of its own for undo. */
  replace(measure: Measure): void;
  /** Shows an intermediate shape while it is being dragged; no step. */
  preview(measure: Measure): void;
  remove(id: number): void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly history: Pick<History<unknown>, 'lastStep' | 'lastUndo'>;
}

/** The measures of one reading with everything that was done to them, so that each step can be taken back. */
export function createMeasures(): Measures {
  const store = createStore<MeasureState>({ all: [], selected: undefined });
  const history = createHistory<readonly Measure[]>();
  let settled: readonly Measure[] = [];
  let nextId = 1;

  function step(all: readonly Measure[], selected: number | undefined): void {
    history.record(settled);
    settled = all;
    store.set({ all, selected });
  }

  return {
    store,
    add(measure) {
      const id = nextId;
      nextId += 1;
      step([...settled, { ...measure, id }], id);
    },
    replace: (measure) => { step(settled.map((each) => (each.id === measure.id ? measure : each)), measure.id); },
    preview: (measure) => { store.set({ all: settled.map((each) => (each.id === measure.id ? measure : each)), selected: measure.id }); },
    remove: (id) => { step(settled.filter((each) => each.id !== id), undefined); },
    history,
    undo() {
      const before = history.undo(settled);
      if (before === undefined) return;
      settled = before;
      store.set({ all: settled, selected: undefined });
    },
    redo() {
      const next = history.redo(settled);
      if (next === undefined) return;
      settled = next;
      store.set({ all: settled, selected: undefined });
    },
  };
}
