import { measureFinding, type MeasureRequest, type PatientContext, type RejectReason, type ReviewDraft } from '../api/review.ts';
import { codeOf } from '../api/problem.ts';
import { t } from '../i18n/index.ts';
import { nearestSlice, worldToPixel, type Point3 } from '../rendering/slice-images.ts';
import { askConflict } from '../review/conflict-dialog.ts';
import * as change from '../review/draft.ts';
import { askReader } from '../review/identity-dialog.ts';
import { isAiHidden, listFindings, markName, type ListedFinding } from '../review/listed.ts';
import { askRejectReason } from '../review/reject-dialog.ts';
import type { ReviewSession } from '../review/session.ts';
import { showSignDialog } from '../review/sign-dialog.ts';
import { confirmDialog } from '../ui/confirm.ts';
import { el } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { personName } from '../ui/format.ts';
import { toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { axesActions, canDrawAfter, type AxesActions } from './axes-actions.ts';
import type { Measures, PixelPoint } from './measures.ts';
import { candidatesOf } from './candidate-marks.ts';
import type { ReaderState } from './state.ts';

/** What the reader does to findings, and with the reading as a whole. Without a finding named, the chosen one is meant. */
export interface ReviewActions extends AxesActions {
  readonly accept: (trackingUID?: string) => void;
  readonly reject: (trackingUID?: string) => void;
  readonly undecide: (trackingUID?: string) => void;
  readonly startComment: (trackingUID?: string) => void;
  /** Saves what is being written. */
  readonly writeComment: (trackingUID: string, text: string) => void;
  /** Ends the writing with this text. */
  readonly setComment: (trackingUID: string, text: string) => void;
  readonly startEdit: (trackingUID?: string) => void;
  readonly endEdit: () => void;
  readonly edit: (trackingUID: string, values: change.Edit, key?: string) => void;
  readonly restore: (trackingUID: string) => void;
  readonly describe: (trackingUID: string, features: NonNullable<ListedFinding['reviewed']>['features'] & object) => void;
  /** Takes a finding of one's own away. */
  readonly remove: (trackingUID?: string) => void;
  /** Begins or ends putting a finding of one's own. */
  readonly startPlacing: () => void;
  readonly stopPlacing: () => void;
  readonly movePlacing: (columns: number, rows: number) => void;
  readonly place: (column: number, row: number) => void;
  readonly addAt: (worldPoint: Point3) => void;
  readonly toggleCandidates: () => void;
  readonly showCandidatesFrom: (probability: number | undefined) => void;
  /** The chosen measure, or else the chosen finding of one's own. */
  readonly removeChosen: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly reveal: () => void;
  readonly takeOver: () => void;
  readonly solveConflict: () => void;
  /** The report compares with this earlier CT from now on, if the reader may change it. */
  readonly compareWith: (studyInstanceUID: string) => Promise<void>;
  readonly saveNow: () => void;
  readonly openSigning: () => void;
  readonly reopen: () => void;
  readonly changeReader: () => void;
}

export interface ReviewActionDeps {
  readonly studyInstanceUID: string;
  readonly store: Store<ReaderState>;
  readonly session: ReviewSession;
  readonly measures: Measures;
  readonly select: (trackingUID: string) => void;
  /** Brings a point of the patient to the screen. */
  readonly showPoint: (world: Point3) => void;
  /** When the reader began to look, ISO 8601. */
  readonly openedAt: string;
  readonly resend: (deliveryId: string) => void;
  /** The pixel in the middle of what is on the screen. */
  readonly middle: () => readonly [column: number, row: number] | undefined;
}

function tried(work: Promise<unknown>): void {
  work.catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

export function reviewActions(deps: ReviewActionDeps): ReviewActions {
  const { store, session, studyInstanceUID, measures } = deps;

  const find = (trackingUID = store.get().selected): ListedFinding | undefined => listFindings(store.get()).find((each) => each.trackingUID === trackingUID);

  function apply(trackingUID: string | undefined, edit: (draft: ReviewDraft, uid: string) => ReviewDraft, said?: (listed: ListedFinding) => string): void {
    const listed = find(trackingUID);
    if (listed === undefined) {
      toast(t('review.chooseFirst'));
      return;
    }
    tried(session.edit((draft) => edit(draft, listed.trackingUID)).then((done) => { if (done && said !== undefined) announce(said(listed)); }));
  }

  /** The reader draws the axes where measuring found none; false where no slice says where it lies. */
  function drawAxes(request: MeasureRequest, code: string): boolean {
    const { images, shown } = store.get();
    const pixelOf = (world: Point3): PixelPoint | undefined => {
      const plane = images[nearestSlice(images, world) ?? -1]?.plane;
      return plane === undefined ? undefined : worldToPixel(plane, world);
    };
    const cross = 'column' in request ? [request.column, request.row] as const : 'worldPoint' in request ? pixelOf(request.worldPoint) : undefined;
    if (cross === undefined || images[shown]?.plane === undefined) return false;
    if ('worldPoint' in request) deps.showPoint(request.worldPoint);
    store.set({ axes: { code, cross }, editing: undefined, commenting: undefined });
    return true;
  }

  async function measured(request: MeasureRequest): Promise<void> {
    if (!await session.mayEdit()) return;
    store.set({ placing: undefined, measuring: true });
    try {
      const item = await measureFinding(studyInstanceUID, request);
      store.set({ axes: undefined });
      if (!await session.edit((draft) => change.add(draft, item))) return;
      deps.select(item.trackingUID);
      const listed = find(item.trackingUID);
      if (listed !== undefined) announce(t('review.added', { mark: markName(listed) }));
    } catch (error) {
      const code = codeOf(error);
      if (!canDrawAfter(code) || !drawAxes(request, code)) throw error;
    } finally {
      store.set({ measuring: false });
    }
  }

  function remove(uid?: string): void {
    const listed = find(uid);
    if (listed === undefined) return;
    if (listed.origin === 'ai') toast(t('review.aiStays'));
    else apply(listed.trackingUID, change.remove, () => t('review.removed', { mark: markName(listed) }));
  }

  /** All that is typed into one box is one step to undo. */
  const writeComment = (uid: string, text: string): void => { tried(session.edit((draft) => change.comment(draft, uid, text), `comment.${uid}`)); };

  async function sign(): Promise<void> {
    if (store.get().access === 'signed' || !await session.mayEdit()) return;
    if (isAiHidden(store.get())) {
      toast(t('aiSecond.revealFirst'));
      return;
    }
    showSignDialog({
      studyInstanceUID, store, session, jumpTo: deps.select, resend: deps.resend,
      know: <K extends keyof PatientContext>(field: K, value: PatientContext[K] | undefined) => { tried(session.edit((draft) => change.know(draft, field, value), `patient.${field}`)); },
    });
  }

  return {
    ...axesActions(store, (request) => { tried(measured(request)); }),
    accept: (uid) => { apply(uid, change.accept, (listed) => t('review.nowAccepted', { mark: markName(listed) })); },
    reject(uid) {
      const listed = find(uid);
      if (listed === undefined) {
        toast(t('review.chooseFirst'));
        return;
      }
      tried((async () => {
        if (!await session.mayEdit()) return;
        const reason: RejectReason | undefined = await askRejectReason(markName(listed));
        if (reason !== undefined) apply(listed.trackingUID, (draft, each) => change.reject(draft, each, reason), () => t('review.nowRejected', { mark: markName(listed) }));
      })());
    },
    undecide: (uid) => { apply(uid, change.undecide, (listed) => t('review.nowUndecided', { mark: markName(listed) })); },
    startComment(uid) {
      const listed = find(uid);
      if (listed === undefined) toast(t('review.chooseFirst'));
      else tried(session.mayEdit().then((may) => { if (may) store.set({ commenting: listed.trackingUID, editing: undefined }); }));
    },
    writeComment,
    setComment(uid, text) {
      store.set({ commenting: undefined });
      writeComment(uid, text);
    },
    startEdit(uid) {
      const listed = find(uid);
      if (listed === undefined) toast(t('review.chooseFirst'));
      else if (store.get().editing === listed.trackingUID) store.set({ editing: undefined });
      else {
        tried(session.mayEdit().then((may) => {
          if (!may) return;
          if (store.get().selected !== listed.trackingUID) deps.select(listed.trackingUID);
          store.set({ editing: listed.trackingUID, commenting: undefined });
        }));
      }
    },
    endEdit: () => { store.set({ editing: undefined, commenting: undefined }); },
    edit(uid, values, key) {
      const listed = find(uid);
      tried(session.edit((draft) => change.edit(draft, uid, values, listed?.measured), key));
    },
    restore(uid) {
      const measuredValues = find(uid)?.measured;
      if (measuredValues !== undefined) tried(session.edit((draft) => change.restore(draft, uid, measuredValues)));
    },
    describe: (uid, features) => { tried(session.edit((draft) => change.describe(draft, uid, features))); },
    remove,
    startPlacing() {
      if (store.get().placing !== undefined) {
        store.set({ placing: undefined });
        return;
      }
      tried(session.mayEdit().then((may) => {
        const at = deps.middle();
        if (may && at !== undefined) store.set({ placing: at, axes: undefined, measureCross: undefined, editing: undefined, commenting: undefined });
      }));
    },
    stopPlacing: () => { store.set({ placing: undefined }); },
    movePlacing(columns, rows) {
      const { placing, images, shown } = store.get();
      const image = images[shown];
      if (placing === undefined || image === undefined) return;
      const within = (at: number, count: number): number => Math.min(count - 1, Math.max(0, at));
      store.set({ placing: [within(placing[0] + columns, image.columns), within(placing[1] + rows, image.rows)] });
    },
    place(column, row) {
      const { images, shown } = store.get();
      const image = images[shown];
      if (image === undefined) return;
      tried(measured({ sopInstanceUID: image.sopInstanceUID, ...(image.frameNumber === undefined ? {} : { frameNumber: image.frameNumber }), column, row }));
    },
    addAt: (worldPoint) => { tried(measured({ worldPoint })); },
    toggleCandidates() {
      const { candidatesFrom, findings } = store.get();
      const all = candidatesOf(findings);
      if (all.length === 0) toast(t('candidate.none'));
      else store.set({ candidatesFrom: candidatesFrom === undefined ? 0 : undefined });
    },
    showCandidatesFrom: (candidatesFrom) => { store.set({ candidatesFrom }); },
    removeChosen() {
      const { selected } = measures.store.get();
      if (selected !== undefined) measures.remove(selected);
      else remove();
    },
    // One order for all that was done on the page: the last step goes first, whatever it was.
    undo: () => { (measures.history.lastStep > session.history.lastStep ? measures : session).undo(); },
    redo: () => { (measures.history.lastUndo > session.history.lastUndo ? measures : session).redo(); },
    reveal() {
      if (!isAiHidden(store.get())) return;
      const revealedAt = new Date().toISOString();
      tried(session.note((draft) => ({ ...draft, aiSecond: { startedAt: draft.aiSecond?.startedAt ?? deps.openedAt, revealedAt } }))
        .then((noted) => { if (noted) store.set({ withholdsAi: false }); }));
    },
    takeOver() {
      const { holder } = store.get();
      tried(confirmDialog({
        title: t('lock.takeOverTitle'), accept: t('lock.takeOver'),
        body: [el('p', {}, t('lock.takeOverText', { name: holder === undefined ? '' : personName(holder.reader.name) }))],
      }).then((yes) => (yes ? session.takeOver() : undefined)));
    },
    solveConflict() {
      const { conflict } = store.get();
      if (conflict === undefined) return;
      tried(askConflict(conflict).then((choice) => (choice === undefined ? undefined : session.resolve(choice))));
    },
    async compareWith(uid) {
      // Whoever only looks may look at any of them.
      if (store.get().access === 'open') await session.compareWith(uid);
    },
    saveNow: () => { tried(session.flush()); },
    openSigning: () => { tried(sign()); },
    reopen() {
      tried(confirmDialog({ title: t('sign.reopenTitle'), accept: t('sign.reopen'), body: [el('p', {}, t('sign.reopenText'))] })
        .then((yes) => (yes ? session.reopen() : undefined)));
    },
    changeReader: () => { tried(askReader()); },
  };
}

/** For those who hear the page: what a key has done. */
function announce(text: string): void {
  let region = document.querySelector('#announcements');
  if (region === null) {
    region = el('div', { id: 'announcements', class: 'visually-hidden', role: 'status', aria: { live: 'polite' } });
    document.body.append(region);
  }
  region.textContent = text;
}
