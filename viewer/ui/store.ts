/** A value that tells its listeners when it changes. */
export interface Store<T> {
  get(): T;
  /** Merges the change; listeners run when a field really differs. */
  set(change: Partial<T>): void;
  /** Calls the listener now and after every change of one of the fields; gives the way to stop. */
  watch(fields: readonly (keyof T)[], listener: (value: T) => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<{ readonly fields: readonly (keyof T)[]; readonly listener: (value: T) => void }>();
  return {
    get: () => value,
    set(change) {
      const before = value;
      value = { ...value, ...change };
      for (const watcher of [...watchers]) {
        if (watcher.fields.some((field) => before[field] !== value[field])) watcher.listener(value);
      }
    },
    watch(fields, listener) {
      const watcher = { fields, listener };
      watchers.add(watcher);
      listener(value);
      return () => {
        watchers.delete(watcher);
      };
    },
  };
}
