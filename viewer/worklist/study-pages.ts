import type { WorklistItem, WorklistPage } from '../api/types.ts';

/** Studies of one request. */
export const pageSize = 100;
/** Pages kept; those farthest from the last look go first. */
const maxPages = 12;

export type LoadPage = (offset: number, limit: number, signal: AbortSignal) => Promise<WorklistPage>;

/**
 * A long list of which only the pages looked at are loaded. Indices are places in the list as the server orders it;
 * a place that is not loaded has no item.
 */
export interface StudyPages {
  /** Undefined before the first answer. */
  total(): number | undefined;
  item(index: number): WorklistItem | undefined;
  indexOf(studyInstanceUID: string): number | undefined;
  /** Loads what is missing of this stretch. */
  need(first: number, last: number): void;
  /** Loads this stretch anew and forgets the rest; what is shown stays until the answer is there. */
  refresh(first: number, last: number): void;
  /** Another list: nothing of this one holds any more. */
  restart(): void;
  /** Puts a newer record in the place of the one of the same study; false when it is not loaded. */
  replace(item: WorklistItem): boolean;
  stop(): void;
}

/** `change` gets every answer as a step that it must run; `failed` is called when the stretch asked for could not be loaded. */
export function studyPages(load: LoadPage, change: (apply: () => void) => void, failed: (error: unknown) => void): StudyPages {
  let pages = new Map<number, readonly WorklistItem[]>();
  let total: number | undefined;
  let abort = new AbortController();
  /** Pages under way, so that scrolling asks once. */
  const waiting = new Set<number>();
  let refreshing = false;
  let again: readonly [number, number] | undefined;
  let centre = 0;
  /** Counts the lists loaded anew: what was asked for before one of them is older than it. */
  let generation = 0;
  /** Newer records that came while answers were under way, by study. */
  const newer = new Map<string, WorklistItem>();
  const current = (items: readonly WorklistItem[]): readonly WorklistItem[] => items.map((item) => newer.get(item.studyInstanceUID) ?? item);

  const pageOf = (index: number): number => Math.floor(Math.max(0, index) / pageSize);

  function trim(): void {
    while (pages.size > maxPages) {
      const farthest = [...pages.keys()].toSorted((a, b) => Math.abs(b - centre) - Math.abs(a - centre))[0];
      if (farthest === undefined) return;
      pages.delete(farthest);
    }
  }

  function settle(): void {
    if (!refreshing && waiting.size === 0) newer.clear();
  }

  async function loadOne(page: number): Promise<void> {
    const { signal } = abort;
    const asked = generation;
    waiting.add(page);
    try {
      const answer = await load(page * pageSize, pageSize, signal);
      if (signal.aborted) return;
      if (asked === generation) {
        change(() => {
          total = answer.total;
          pages.set(page, current(answer.items));
          trim();
        });
      }
    } catch (error) {
      if (!signal.aborted) failed(error);
    } finally {
      if (!signal.aborted) {
        waiting.delete(page);
        settle();
      }
    }
    // The list has been loaded anew meanwhile: this answer may hold what has moved since.
    if (!signal.aborted && asked !== generation && !pages.has(page) && !waiting.has(page)) void loadOne(page);
  }

  async function loadAnew(first: number, last: number): Promise<void> {
    const { signal } = abort;
    refreshing = true;
    try {
      const wanted = Array.from({ length: pageOf(last) - pageOf(first) + 1 }, (_, at) => pageOf(first) + at);
      const answers = await Promise.all(wanted.map((page) => load(page * pageSize, pageSize, signal)));
      if (signal.aborted) return;
      change(() => {
        total = answers.at(-1)?.total ?? 0;
        pages = new Map(wanted.map((page, at) => [page, current(answers[at]?.items ?? [])]));
        generation += 1;
      });
    } catch (error) {
      if (!signal.aborted) failed(error);
    } finally {
      if (!signal.aborted) {
        refreshing = false;
        settle();
        const next = again;
        again = undefined;
        if (next !== undefined) void loadAnew(...next);
      }
    }
  }

  return {
    total: () => total,
    item: (index) => pages.get(pageOf(index))?.[index % pageSize],
    indexOf(studyInstanceUID) {
      for (const [page, items] of pages) {
        const at = items.findIndex((item) => item.studyInstanceUID === studyInstanceUID);
        if (at >= 0) return page * pageSize + at;
      }
      return undefined;
    },
    need(first, last) {
      centre = pageOf((first + last) / 2);
      for (let page = pageOf(first); page <= pageOf(last); page++) {
        if (!pages.has(page) && !waiting.has(page)) void loadOne(page);
      }
    },
    refresh(first, last) {
      // Events come faster than answers: one more refresh after this one holds all of them.
      if (refreshing) again = [first, last];
      else void loadAnew(first, last);
    },
    restart() {
      abort.abort();
      abort = new AbortController();
      waiting.clear();
      newer.clear();
      refreshing = false;
      again = undefined;
      void loadAnew(0, pageSize - 1);
    },
    replace(item) {
      if (refreshing || waiting.size > 0) newer.set(item.studyInstanceUID, item);
      for (const [page, items] of pages) {
        if (!items.some((each) => each.studyInstanceUID === item.studyInstanceUID)) continue;
        pages.set(page, items.map((each) => (each.studyInstanceUID === item.studyInstanceUID ? item : each)));
        return true;
      }
      return false;
    },
    stop: () => { abort.abort(); },
  };
}
