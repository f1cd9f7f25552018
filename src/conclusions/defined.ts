/** Undefined properties left out, as the guidelines' inputs want it. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
