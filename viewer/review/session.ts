/**
 * One reading in this page: the draft with its changes, saved all the time and never lost; the lock; what happens when
 * somebody else has written. Panels see it through the fields it sets.
 */
import { codeOf, isPassing, RequestError } from '../api/problem.ts';
import { getReview, putReview, reopenReview, signReview, type Reader, type Review, type ReviewDraft, type ReviewLock } from '../api/review.ts';
import { createHistory, type History } from './history.ts';
import type { Access, ReviewFields } from './fields.ts';
import { currentReader, mayReview } from './identity.ts';
import { dropLocally, keepLocally, keptLocally } from './local-copy.ts';
import { createLockKeeper, lockIn } from './lock.ts';
import { mergeDrafts, sameDraft } from './merge.ts';

export interface SessionDeps {
  readonly studyInstanceUID: string;
  readonly get: () => ReviewFields;
  readonly set: (change: Partial<ReviewFields>) => void;
  /** Asks for the name of the reader; undefined when it is not given. */
  readonly askReader: () => Promise<Reader | undefined>;
  /** Why nothing can be changed now; `error` where the server did not let the reader have the study. */
  readonly refuse: (access: Access, error: unknown) => void;
  /** Changes of others were taken in. */
  readonly merged: () => void;
}

export interface ReviewSession {
  /** Loads or loads anew; false when the server did not answer. */
  load(): Promise<boolean>;
  /** False when nothing may be changed or nothing did. Changes with the same key in a row are one step to undo. */
  edit(apply: (draft: ReviewDraft) => ReviewDraft, key?: string): Promise<boolean>;
  /** A change that cannot be taken back. */
  note(apply: (draft: ReviewDraft) => ReviewDraft): Promise<boolean>;
  undo(): void;
  redo(): void;
  /** Compares with this earlier CT from now on, in the report too. False when nothing may be changed. */
  compareWith(studyInstanceUID: string): Promise<boolean>;
  readonly history: Pick<History<unknown>, 'lastStep' | 'lastUndo'>;
  /** True when the server has everything. */
  flush(): Promise<boolean>;
  /** Asks for a name and the lock when needed. */
  mayEdit(): Promise<boolean>;
  takeOver(): Promise<void>;
  resolve(choice: 'server' | 'mine'): Promise<void>;
  /** @throws RequestError */
  sign(): Promise<void>;
  /** @throws RequestError */
  reopen(): Promise<void>;
  close(): void;
}

const saveDelayMs = 500;
const longestRetryMs = 30_000;
const retryMs = [2000, 5000, 10_000, longestRetryMs] as const;
/** Browsers let a request outlive its page up to 64 KiB. */
const keepaliveBytes = 60_000;

function reviewIn(error: unknown): Review | undefined {
  if (!(error instanceof RequestError) || typeof error.body !== 'object' || error.body === null) return undefined;
  return (error.body as { readonly review?: Review }).review;
}

export function createReviewSession(deps: SessionDeps): ReviewSession {
  const { studyInstanceUID, get, set } = deps;
  const history = createHistory<ReviewDraft>();
  let base: ReviewDraft | undefined;
  let running: Promise<boolean> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;
  let keptLookedAt = false;
  /** The earlier CT that was chosen and is not saved yet. */
  let chosenPrior: string | undefined;
  let lockError: unknown;

  const lock = createLockKeeper(studyInstanceUID, lockedBy, (error) => {
    lockError = error;
    set({ saveError: error });
  });

  function isDirty(): boolean {
    const { draft } = get();
    if (draft === undefined || base === undefined) return false;
    return chosenPrior !== undefined || (draft !== base && !sameDraft(draft, base));
  }

  function choice(): { readonly compareWith?: string } {
    return chosenPrior === undefined ? {} : { compareWith: chosenPrior };
  }

  function steps(): Pick<ReviewFields, 'canUndo' | 'canRedo'> {
    return { canUndo: history.canUndo, canRedo: history.canRedo };
  }

  function accessOf(review: Review): Pick<ReviewFields, 'access' | 'holder'> {
    if (review.state === 'signed') return { access: 'signed', holder: undefined };
    if (!mayReview()) return { access: 'forbidden', holder: undefined };
    const other = review.lock !== undefined && review.lock.reader.id !== currentReader()?.id ? review.lock : undefined;
    return other === undefined ? { access: 'open', holder: undefined } : { access: 'locked', holder: other };
  }

  function lockedBy(holder: ReviewLock | undefined): void {
    clearTimeout(timer);
    const dirty = isDirty();
    // What the other reader has is what counts now; the own changes wait in the local copy.
    set({ access: 'locked', holder, saving: dirty ? 'kept' : 'saved', ...(base === undefined ? {} : { draft: base }) });
    if (dirty) keptLookedAt = false;
    chosenPrior = undefined;
    history.clear();
    set(steps());
  }

  function keep(draft: ReviewDraft): void {
    const { review } = get();
    const reader = currentReader();
    if (review === undefined || base === undefined || reader === undefined) return;
    set({ keptSafe: keepLocally(studyInstanceUID, { reader, revision: review.revision, base, draft, ...choice() }) });
  }

  function setDraft(draft: ReviewDraft): void {
    set({ draft, saving: 'unsaved', ...steps() });
    keep(draft);
    schedule(saveDelayMs);
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => { void flush(); }, ms);
  }

  /** Takes the server's word when there is nothing of our own. */
  function adopt(review: Review): void {
    const changed = base === undefined || !sameDraft(base, review.draft);
    base = review.draft;
    if (changed) history.clear();
    const { draft } = get();
    set({ review, draft: changed || draft === undefined ? review.draft : draft, saving: 'saved', saveError: undefined, reviewError: undefined, ...accessOf(review), ...steps() });
  }

  /** The server has another draft than the one that ours grew from. True when both could be put together. */
  function reconcile(server: Review, mine: ReviewDraft, from: ReviewDraft, by: string): boolean {
    if (server.state === 'signed') {
      base = server.draft;
      chosenPrior = undefined;
      set({ review: server, draft: server.draft, access: 'signed', holder: undefined, saving: 'conflict', conflict: { server, mine, by } });
      return false;
    }
    const { draft, clashes } = mergeDrafts(from, mine, server.draft);
    base = server.draft;
    history.clear();
    if (clashes.length > 0) {
      set({ review: server, draft: mine, saving: 'conflict', conflict: { server, mine, by }, ...accessOf(server), ...steps() });
      return false;
    }
    set({ review: server, draft, ...accessOf(server), ...steps() });
    keep(draft);
    deps.merged();
    return true;
  }

  /** Changes of an earlier page that never reached the server. */
  function takeKept(review: Review): void {
    if (keptLookedAt || get().access === 'locked') return;
    keptLookedAt = true;
    const kept = keptLocally(studyInstanceUID, review.draft);
    if (kept === undefined) return;
    const reader = currentReader();
    const isOthers = reader !== undefined && kept.reader.id !== reader.id;
    if (!isOthers && review.state !== 'signed') chosenPrior ??= kept.compareWith;
    if (sameDraft(kept.draft, review.draft) || sameDraft(kept.draft, kept.base)) {
      if (chosenPrior === undefined) dropLocally(studyInstanceUID);
      else schedule(0);
      return;
    }
    if (isOthers) {
      set({ conflict: { server: review, mine: kept.draft, by: kept.reader.name }, saving: 'conflict' });
      return;
    }
    if (kept.revision === review.revision && review.state !== 'signed') set({ draft: kept.draft, saving: 'unsaved' });
    else if (!reconcile(review, kept.draft, kept.base, kept.reader.name)) return;
    schedule(0);
  }

  async function load(): Promise<boolean> {
    let review: Review;
    try {
      review = await getReview(studyInstanceUID);
    } catch (error) {
      if (get().review === undefined) set({ access: 'none', reviewError: codeOf(error) === 'REVIEW_NOT_AVAILABLE' ? undefined : error });
      return false;
    }
    if (closed || get().conflict !== undefined) return true;
    const known = get().review;
    const { draft } = get();
    if (!isDirty() || draft === undefined || base === undefined) adopt(review);
    else if (review.revision === known?.revision) set({ review, ...accessOf(review) });
    else if (running === undefined && reconcile(review, draft, base, currentReader()?.name ?? '')) schedule(0);
    takeKept(review);
    const reader = currentReader();
    if (reader !== undefined && get().access === 'open' && !lock.isHeld) await lock.take(reader);
    return true;
  }

  async function mayEdit(): Promise<boolean> {
    const { access, conflict } = get();
    if (access !== 'open' || conflict !== undefined) {
      deps.refuse(access, undefined);
      return false;
    }
    const reader = currentReader() ?? await deps.askReader();
    if (reader === undefined) return false;
    lockError = undefined;
    if (lock.isHeld || await lock.take(reader)) return true;
    deps.refuse(get().access, lockError);
    return false;
  }

  async function save(): Promise<boolean> {
    for (;;) {
      const { draft, review, conflict, access } = get();
      const reader = currentReader();
      if (draft === undefined || review === undefined || reader === undefined || conflict !== undefined || access !== 'open') return !isDirty();
      if (!isDirty()) {
        dropLocally(studyInstanceUID);
        set({ saving: 'saved', saveError: undefined });
        return true;
      }
      set({ saving: 'saving' });
      try {
        const sentPrior = chosenPrior;
        const saved = await putReview(studyInstanceUID, { reader, revision: review.revision, draft, ...choice() });
        failures = 0;
        if (chosenPrior === sentPrior) chosenPrior = undefined;
        // The server's form of what was sent; what has changed meanwhile goes with the next round.
        const untouched = get().draft === draft;
        const same = sameDraft(saved.draft, draft);
        base = untouched && !same ? saved.draft : draft;
        set({ review: saved, saveError: undefined, ...(untouched && !same ? { draft: saved.draft } : {}) });
      } catch (error) {
        if (!await refused(error, draft)) return false;
      }
    }
  }

  /** True when it is worth another try at once. */
  async function refused(error: unknown, sent: ReviewDraft): Promise<boolean> {
    const code = codeOf(error);
    // A signature under way ends by itself, like a server that does not answer.
    if (isPassing(error) || code === 'REVIEW_SIGNING') {
      set({ saving: 'offline', saveError: error });
      schedule(retryMs[Math.min(failures, retryMs.length - 1)] ?? longestRetryMs);
      failures += 1;
      return false;
    }
    if (code === 'REVIEW_LOCKED') {
      lock.release();
      lockedBy(lockIn(error));
      return false;
    }
    if (code === 'REVIEW_CONFLICT' || code === 'REVIEW_SIGNED') {
      let server = reviewIn(error);
      try {
        server ??= await getReview(studyInstanceUID);
      } catch (again) {
        // What stands there is asked for with the next try.
        return isPassing(again) ? refused(again, sent) : failed(again);
      }
      return reconcile(server, get().draft ?? sent, base ?? sent, currentReader()?.name ?? '');
    }
    if (code === 'REVIEW_PRIOR_NOT_FOUND' && chosenPrior !== undefined) {
      chosenPrior = undefined;
      deps.refuse('open', error);
      return true;
    }
    return failed(error);
  }

  /** Refused for a reason that may be mended elsewhere: asked again now and then, and as soon as something changes. */
  function failed(error: unknown): false {
    set({ saving: 'failed', saveError: error });
    schedule(longestRetryMs);
    return false;
  }

  async function flush(): Promise<boolean> {
    clearTimeout(timer);
    running ??= save().finally(() => { running = undefined; });
    return running;
  }

  async function change(apply: (draft: ReviewDraft) => ReviewDraft, record: (before: ReviewDraft) => void): Promise<boolean> {
    if (!await mayEdit()) return false;
    const before = get().draft;
    if (before === undefined) return false;
    const after = apply(before);
    if (sameDraft(before, after)) return false;
    record(before);
    setDraft(after);
    return true;
  }

  function step(take: (present: ReviewDraft) => ReviewDraft | undefined): void {
    const { draft, access } = get();
    if (draft === undefined || access !== 'open') return;
    const other = take(draft);
    if (other !== undefined) setDraft(other);
  }

  const hidden = (): void => {
    if (document.visibilityState === 'hidden' && isDirty()) void flush();
  };
  const online = (): void => { if (isDirty()) void flush(); };
  /** The last chance of a page that is closed; the local copy holds what does not fit. */
  const leaving = (): void => {
    const { draft, review, access } = get();
    const reader = currentReader();
    if (!isDirty() && running === undefined) lock.release();
    if (!isDirty() || draft === undefined || review === undefined || reader === undefined || access !== 'open' || running !== undefined) return;
    if (JSON.stringify(draft).length < keepaliveBytes) void putReview(studyInstanceUID, { reader, revision: review.revision, draft, ...choice() }, true).catch(() => undefined);
  };
  /** A page that comes back from the browser's memory. */
  const shownAgain = (event: PageTransitionEvent): void => { if (event.persisted) void load(); };
  window.addEventListener('pageshow', shownAgain);
  document.addEventListener('visibilitychange', hidden);
  window.addEventListener('pagehide', leaving);
  window.addEventListener('online', online);

  return {
    load, flush, mayEdit, history,
    edit: (apply, key) => change(apply, (before) => { history.record(before, key); }),
    note: (apply) => change(apply, () => { history.rewrite(apply); }),
    undo: () => { step((present) => history.undo(present)); },
    redo: () => { step((present) => history.redo(present)); },
    async compareWith(uid) {
      if (!await mayEdit()) return false;
      const { draft } = get();
      if (draft === undefined) return false;
      chosenPrior = uid;
      set({ saving: 'unsaved' });
      keep(draft);
      return flush();
    },
    async takeOver() {
      const reader = currentReader() ?? await deps.askReader();
      if (reader === undefined || !await lock.take(reader, true)) return;
      set({ access: 'open', holder: undefined });
      await load();
    },
    async resolve(choice) {
      const { conflict } = get();
      if (conflict === undefined) return;
      set({ conflict: undefined });
      if (choice === 'server') {
        dropLocally(studyInstanceUID);
        chosenPrior = undefined;
        base = undefined;
        adopt(conflict.server);
        await load();
        return;
      }
      const reader = currentReader() ?? await deps.askReader();
      if (reader === undefined) {
        set({ conflict });
        return;
      }
      const server = conflict.server.state === 'signed' ? await reopenReview(studyInstanceUID, reader) : conflict.server;
      base = server.draft;
      // Findings of a newer analysis must stay, whatever is kept of mine.
      const known = new Set(conflict.mine.findings.map((item) => item.trackingUID));
      const added = server.draft.findings.filter((item) => item.origin === 'ai' && !known.has(item.trackingUID));
      set({ review: server, ...accessOf(server) });
      setDraft({ ...conflict.mine, findings: [...conflict.mine.findings, ...added] });
      await flush();
    },
    async sign() {
      const { review } = get();
      const reader = currentReader();
      if (review === undefined || reader === undefined) return;
      const signed = await signReview(studyInstanceUID, reader, review.revision);
      lock.release();
      base = undefined;
      history.clear();
      adopt(signed);
      dropLocally(studyInstanceUID);
    },
    async reopen() {
      const reader = currentReader() ?? await deps.askReader();
      if (reader === undefined) return;
      const reopened = await reopenReview(studyInstanceUID, reader);
      base = undefined;
      adopt(reopened);
      await lock.take(reader);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', hidden);
      window.removeEventListener('pagehide', leaving);
      window.removeEventListener('pageshow', shownAgain);
      window.removeEventListener('online', online);
      lock.release(isDirty() ? flush() : running);
    },
  };
}
