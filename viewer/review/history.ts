/** Every change can be taken back, and brought back. */
export interface History<T> {
  /** Keeps what was before a change; changes with the same `key` in a row are one step. */
  record(before: T, key?: string): void;
  undo(present: T): T | undefined;
  redo(present: T): T | undefined;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** When the step that would be taken back was made, and the one that would be brought back was taken back: among all histories of the page. −1 without one. */
  readonly lastStep: number;
  readonly lastUndo: number;
  /** Changes every kept state: what cannot be taken back holds before it too. */
  rewrite(apply: (value: T) => T): void;
  clear(): void;
}

/** Far more steps than a reading has. */
const deepest = 500;
let steps = 0;

export function createHistory<T>(): History<T> {
  let past: { readonly value: T; readonly at: number }[] = [];
  let future: { readonly value: T; readonly at: number }[] = [];
  let lastKey: string | undefined;
  const move = (from: typeof past, to: typeof past, present: T): T | undefined => {
    lastKey = undefined;
    const step = from.pop();
    if (step !== undefined) to.push({ value: present, at: ++steps });
    return step?.value;
  };
  return {
    record(before, key) {
      future.length = 0;
      if (key === undefined || key !== lastKey) past.push({ value: before, at: ++steps });
      if (past.length > deepest) past.shift();
      lastKey = key;
    },
    undo: (present) => move(past, future, present),
    redo: (present) => move(future, past, present),
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    get lastStep() { return past.at(-1)?.at ?? -1; },
    get lastUndo() { return future.at(-1)?.at ?? -1; },
    rewrite(apply) {
      past = past.map(({ value, at }) => ({ value: apply(value), at }));
      future = future.map(({ value, at }) => ({ value: apply(value), at }));
    },
    clear() {
      past.length = 0;
      future.length = 0;
      lastKey = undefined;
    },
  };
}
