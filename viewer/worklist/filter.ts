import type { StudyState, WorklistItem } from '../api/types.ts';

/** Study dates, relative to the day they are looked at or fixed (YYYYMMDD, both included). */
export type DateFilter =
  | { readonly kind: 'any' }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'between'; readonly from: string; readonly to: string };

export type ReadingFilter = 'any' | 'unread' | 'reading' | 'signed';
export type WorklistOrder = 'urgency' | 'received';

/** Everything that decides which studies the worklist shows and in which order. */
export interface WorklistFilter {
  readonly search: string;
  readonly states: readonly StudyState[];
  readonly reading: ReadingFilter;
  readonly statOnly: boolean;
  /** Empty: every modality. */
  readonly modality: string;
  /** Name of a site; empty: every one that is seen. */
  readonly site: string;
  readonly date: DateFilter;
  /** Only what this reader reads or has signed. */
  readonly mine: boolean;
  readonly order: WorklistOrder;
}

export const everything: WorklistFilter = {
  search: '', states: [], reading: 'any', statOnly: false, modality: '', site: '', date: { kind: 'any' }, mine: false, order: 'urgency',
};

/** True when something is left out; the order leaves nothing out. */
export function narrows(filter: WorklistFilter): boolean {
  return JSON.stringify({ ...filter, order: everything.order }) !== JSON.stringify(everything);
}

export function sameFilter(a: WorklistFilter, b: WorklistFilter): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function dicomDay(date: Date): string {
  return `${String(date.getFullYear())}${String(date.getMonth() + 1).padStart(2, '0')}${String(date.getDate()).padStart(2, '0')}`;
}

/** First and last study date of the filter on this day; today alone is one day. */
export function dateBounds(date: DateFilter, today = new Date()): { readonly from?: string; readonly to?: string } {
  if (date.kind === 'any') return {};
  if (date.kind === 'between') return { ...(date.from === '' ? {} : { from: date.from }), ...(date.to === '' ? {} : { to: date.to }) };
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - date.days + 1);
  // Clocks of modalities differ: nothing of tomorrow is left out.
  return { from: dicomDay(first) };
}

const reviewStates: Readonly<Record<Exclude<ReadingFilter, 'any'>, readonly string[]>> = {
  unread: ['unread'], reading: ['draft', 'addendum'], signed: ['signed'],
};

/** The filter as the query of `GET /worklist`; `reader` is who looks. */
export function filterParameters(filter: WorklistFilter, reader: string | undefined): URLSearchParams {
  const parameters = new URLSearchParams({ order: filter.order });
  if (filter.search !== '') parameters.set('search', filter.search);
  for (const state of filter.states) parameters.append('state', state);
  if (filter.reading !== 'any') for (const state of reviewStates[filter.reading]) parameters.append('review', state);
  if (filter.statOnly) parameters.set('priority', 'stat');
  if (filter.modality !== '') parameters.set('modality', filter.modality);
  if (filter.site !== '') parameters.set('site', filter.site);
  for (const [name, day] of Object.entries(dateBounds(filter.date))) parameters.set(name, day);
  if (filter.mine && reader !== undefined) parameters.set('reader', reader);
  return parameters;
}

/** Whether the study may have changed its place in the list or left the filter. */
export function mayMove(before: WorklistItem, after: WorklistItem): boolean {
  return before.state !== after.state || before.priority !== after.priority || before.findingCount !== after.findingCount
    || before.review?.state !== after.review?.state || before.review?.reading?.name !== after.review?.reading?.name;
}
