import { readStored, store } from '../ui/browser-storage.ts';
import { everything, type WorklistFilter } from './filter.ts';

/** A filter under a name of the reader's own. */
export interface SavedView {
  readonly name: string;
  readonly filter: WorklistFilter;
}

const storageKey = 'phoi.worklist.views';
/** One digit key each. */
export const maxViews = 9;
export const maxNameLength = 40;

function isView(value: unknown): value is SavedView {
  if (typeof value !== 'object' || value === null) return false;
  const name: unknown = Reflect.get(value, 'name');
  const filter: unknown = Reflect.get(value, 'filter');
  return typeof name === 'string' && typeof filter === 'object' && filter !== null;
}

/** The views of this browser, in the order of their keys; what a later release wrote differently is filled up or left out. */
export function savedViews(): readonly SavedView[] {
  let stored: unknown;
  try {
    stored = JSON.parse(readStored(storageKey) ?? '[]');
  } catch (error) {
    // What is kept in a browser is not ours alone.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  return Array.isArray(stored) ? stored.filter(isView).slice(0, maxViews).map(({ name, filter }) => ({ name, filter: { ...everything, ...filter } })) : [];
}

/** False when the browser keeps nothing. */
export function storeViews(views: readonly SavedView[]): boolean {
  return store(storageKey, JSON.stringify(views.slice(0, maxViews)));
}

/** The views with this one under its name: in the place of an older one of that name, else at the end. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return views.some(({ name }) => name === view.name) ? views.map((each) => (each.name === view.name ? view : each)) : [...views, view].slice(0, maxViews);
}
