/** Drafts, locks and signatures of readings. */
import type { Dataset } from '../dicom/dataset.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { AppError, toAppError } from '../errors.ts';
import { buildReviewObjects } from '../results/review-objects.ts';
import { reviewSummary } from '../results/review-text.ts';
import { systemClock, type Clock } from '../study/clock.ts';
import { createKeyedLock, type KeyedLock } from '../study/keyed-lock.ts';
import type { StudyService } from '../study/port.ts';
import type { StudyDetail, StudyState } from '../study/types.ts';
import { checkDraft, undecidedFindings, type DraftBase, type OriginalFinding } from './check-draft.ts';
import { comparePriors, type Priors } from './comparison.ts';
import { acceptedFindings, concludeDraft } from './conclude-draft.ts';
import { lungRadsCategory } from '../conclusions/lung-rads-category.ts';
import type { Conclusions } from '../conclusions/types.ts';
import { freshDraft } from './draft.ts';
import { measureFinding, measureImages } from './measure-finding.ts';
import type { Measurer } from './measurer.ts';
import { mergeAnalysis } from './merge-analysis.ts';
import type { ReviewService } from './port.ts';
import { findPriors } from './priors.ts';
import { previewInput, signedInput, type SignedInputDeps } from './signed-objects.ts';
import { completeSigning, type SigningDeps } from './signing.ts';
import type { ReviewEvent, Signing, StoredReview } from './store.ts';
import type { Reader, Review, ReviewDraft, ReviewLock } from './types.ts';

export interface ReviewServiceDeps extends Pick<SigningDeps, 'route'>, SignedInputDeps {
  readonly study: Pick<StudyService, 'receive' | 'announce'>;
  /** Without one nothing can be measured. */
  readonly measurer?: Measurer;
  /** Told of what counts of a reading, for the audit trail. */
  readonly onEvent?: (studyInstanceUID: string, event: ReviewEvent & { readonly version?: number }) => Promise<void>;
  readonly clock?: Clock;
  /** Without a sign of life for so long a lock is gone. Default 60 s. */
  readonly lockMs?: number;
}

/** Whose name a preview shows before a reader has given one. */
const nobody: Reader = { id: '-', name: '-' };
const defaultLockMs = 60_000;
/** Images are still arriving: what is there may be half an examination. */
const openStates: readonly StudyState[] = ['receiving', 'incomplete'];

/** What every reader shares, whoever sees what. */
interface ReadingRoom {
  readonly oneAtATime: KeyedLock;
  /** Cancels the timer that tells of a lock's end, by study. */
  readonly expiries: Map<string, () => void>;
}

export function createReviewService(deps: ReviewServiceDeps, room: ReadingRoom = { oneAtATime: createKeyedLock(), expiries: new Map() }): ReviewService {
  const { index, log, clock = systemClock, lockMs = defaultLockMs } = deps;
  const { reviews } = index;
  const now = (): Date => new Date(clock.now());
  const at = (): string => now().toISOString();
  const { oneAtATime, expiries } = room;
  const signingDeps: SigningDeps = { reviews, study: deps.study, route: deps.route, now };

  async function findStudy(studyInstanceUID: string): Promise<StudyDetail> {
    const study = await index.study(studyInstanceUID);
    if (study === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
    return study;
  }

  /** The stored review, brought up to the newest analysis; undefined when nobody has begun. */
  async function current(study: StudyDetail): Promise<StoredReview | undefined> {
    const stored = await reviews.review(study.studyInstanceUID);
    const { analysis } = study;
    if (stored === undefined || analysis === undefined || analysis.version === stored.analysisVersion) return stored;
    if (stored.state === 'signed' || await reviews.signing(study.studyInstanceUID) !== undefined) return stored;
    const draft = { ...stored.draft, findings: mergeAnalysis(stored.draft.findings, analysis.findings.findings) };
    const { lungRads, ...rest } = stored;
    const merged: StoredReview = {
      ...rest, revision: stored.revision + 1, analysisVersion: analysis.version, newerAnalysis: true, updatedAt: at(), draft,
      ...(lungRads === undefined || undecidedFindings(draft).length > 0 ? {} : { lungRads }),
    };
    await reviews.write(merged, stored.revision);
    log.info({ studyInstanceUID: study.studyInstanceUID, analysisVersion: analysis.version }, 'Newer analysis taken into a draft');
    return reviews.review(study.studyInstanceUID);
  }

  function isReadable(study: StudyDetail): boolean {
    return study.series.some(({ own }) => !own) && !openStates.includes(study.state);
  }

  /** Of one image; empty for a study without any. */
  async function headerOf({ studyInstanceUID }: StudyDetail): Promise<Dataset> {
    const image = (await index.summaries(studyInstanceUID)).find(({ own }) => !own);
    return image === undefined ? {} : (await index.instance(image.sopInstanceUID))?.header ?? {};
  }

  async function begin(study: StudyDetail): Promise<StoredReview> {
    const { studyInstanceUID, analysis } = study;
    return {
      studyInstanceUID, revision: 0, state: 'draft', draft: freshDraft(await headerOf(study), analysis?.findings, await findPriors(index, study)), newerAnalysis: false,
      ...(analysis === undefined ? {} : { analysisVersion: analysis.version }),
      updatedAt: analysis?.createdAt ?? study.receivedAt,
    };
  }

  /** @throws AppError REVIEW_NOT_AVAILABLE */
  async function openReview(study: StudyDetail): Promise<{ readonly review: StoredReview; readonly isUnread: boolean }> {
    const stored = await current(study);
    if (stored !== undefined) return { review: stored, isUnread: false };
    if (!isReadable(study)) {
      throw new AppError('REVIEW_NOT_AVAILABLE', 'The images of this study are not all there yet.', { details: { state: study.state } });
    }
    return { review: await begin(study), isUnread: true };
  }

  async function liveLock(studyInstanceUID: string): Promise<ReviewLock | undefined> {
    const lock = await reviews.lock(studyInstanceUID);
    return lock !== undefined && lock.expiresAt > at() ? lock : undefined;
  }

  /** A prior that was chosen and is gone or no longer the patient's counts as not chosen. */
  async function priorsOf(study: StudyDetail, { draft, compareWith }: Pick<StoredReview, 'draft' | 'compareWith'>): Promise<Priors> {
    try {
      return await comparePriors(index, study, draft.findings, compareWith);
    } catch (error) {
      if (toAppError(error).code !== 'REVIEW_PRIOR_NOT_FOUND') throw error;
      return comparePriors(index, study, draft.findings);
    }
  }

  function conclusionsOf({ analysis }: StudyDetail, draft: ReviewDraft, { comparisons }: Pick<Priors, 'comparisons'>): Conclusions {
    const thickness = analysis?.findings.quality['sliceThicknessMm'];
    return concludeDraft(draft, comparisons, typeof thickness === 'number' ? thickness : undefined);
  }

  async function show(study: StudyDetail): Promise<Review> {
    const { studyInstanceUID, analysis } = study;
    const { review, isUnread } = await openReview(study);
    const lock = await liveLock(studyInstanceUID);
    const priors = await priorsOf(study, review);
    const isBehind = review.newerAnalysis || (!isUnread && analysis !== undefined && analysis.version !== review.analysisVersion);
    return {
      studyInstanceUID,
      revision: review.revision,
      state: isUnread ? 'unread' : review.state,
      draft: review.draft,
      conclusions: conclusionsOf(study, review.draft, priors),
      comparisons: priors.comparisons,
      ...(priors.chosen === undefined ? {} : { compareWith: priors.chosen }),
      ...(review.analysisVersion === undefined ? {} : { analysisVersion: review.analysisVersion }),
      ...(isBehind ? { newerAnalysis: true } : {}),
      ...(lock === undefined ? {} : { lock }),
      updatedAt: review.updatedAt,
      signed: await reviews.signed(studyInstanceUID),
    };
  }

  async function takeLock(studyInstanceUID: string, reader: Reader, takeOver: boolean): Promise<ReviewLock> {
    const { granted, lock } = await reviews.takeLock(studyInstanceUID, {
      reader, at: at(), expiresAt: new Date(clock.now() + lockMs).toISOString(), takeOver,
    });
    if (!granted) throw new AppError('REVIEW_LOCKED', 'Another reader is reading this study.', { details: { lock } });
    expiries.get(studyInstanceUID)?.();
    expiries.set(studyInstanceUID, clock.after(lockMs + 1, () => {
      expiries.delete(studyInstanceUID);
      deps.study.announce(studyInstanceUID);
    }));
    return lock;
  }

  async function refuseWhileSigning(studyInstanceUID: string): Promise<void> {
    if (await reviews.signing(studyInstanceUID) !== undefined) throw new AppError('REVIEW_SIGNING', 'The review is being signed.');
  }

  async function store(review: StoredReview, expected: number, event?: ReviewEvent): Promise<void> {
    if (!await reviews.write(review, expected, event)) throw new AppError('REVIEW_CONFLICT', 'The review has changed meanwhile.');
    deps.study.announce(review.studyInstanceUID);
  }

  async function baseOf(study: StudyDetail, review: StoredReview): Promise<DraftBase> {
    const originals = new Map<string, OriginalFinding[]>();
    const analyses = [...(study.analysis === undefined ? [] : [study.analysis]), ...study.earlierAnalyses];
    const measured = await reviews.measured(study.studyInstanceUID);
    for (const finding of [...analyses.flatMap(({ findings }) => findings.findings), ...measured.map(({ finding }) => finding)]) {
      originals.set(finding.trackingUID, [...(originals.get(finding.trackingUID) ?? []), finding]);
    }
    return { findings: review.draft.findings, originals };
  }

  async function withDraft(study: StudyDetail, review: StoredReview, draft: ReviewDraft, chosen: string | undefined): Promise<StoredReview> {
    const { studyInstanceUID, revision, state, newerAnalysis, analysisVersion } = review;
    const compareWith = chosen ?? review.compareWith;
    // What is asked for has to be there; what was chosen before may be gone.
    const priors = chosen === undefined ? await priorsOf(study, { draft, ...(compareWith === undefined ? {} : { compareWith }) }) : await comparePriors(index, study, draft.findings, chosen);
    // A category says that every finding is accounted for: none as long as one is undecided.
    const lungRads = undecidedFindings(draft).length > 0 ? undefined : lungRadsCategory(conclusionsOf(study, draft, priors));
    return {
      studyInstanceUID, revision: revision + 1, state, draft, newerAnalysis, updatedAt: at(),
      ...(analysisVersion === undefined ? {} : { analysisVersion }), ...(compareWith === undefined ? {} : { compareWith }),
      ...(lungRads === undefined ? {} : { lungRads }),
    };
  }

  async function complete(signing: Signing): Promise<void> {
    await completeSigning(signingDeps, signing);
    await deps.onEvent?.(signing.studyInstanceUID, { kind: 'signed', reader: signing.reader, at: signing.signedAt, version: signing.version });
    log.info({ studyInstanceUID: signing.studyInstanceUID, version: signing.version, kind: signing.kind }, 'Review signed');
  }

  /** The version that signing the draft now would make. */
  async function signedVersion(study: StudyDetail, { analysisVersion, compareWith }: StoredReview, reader: Reader, draft: ReviewDraft): Promise<Omit<Signing, 'objects' | 'revision' | 'studyInstanceUID'>> {
    const [newest] = await reviews.signed(study.studyInstanceUID);
    const priors = await priorsOf(study, { draft, ...(compareWith === undefined ? {} : { compareWith }) });
    const accepted = new Set(acceptedFindings(draft).map(({ trackingUID }) => trackingUID));
    return {
      version: (newest?.version ?? 0) + 1, kind: newest === undefined ? 'report' : 'addendum', reader, signedAt: at(), draft,
      conclusions: conclusionsOf(study, draft, priors),
      comparisons: priors.comparisons.filter(({ trackingUID }) => accepted.has(trackingUID)),
      ...(analysisVersion === undefined ? {} : { analysisVersion }),
    };
  }

  async function beginSigning(study: StudyDetail, reader: Reader, revision: number): Promise<Signing | undefined> {
    const { studyInstanceUID } = study;
    const opened = await openReview(study);
    const [newest] = await reviews.signed(studyInstanceUID);
    if (opened.review.state === 'signed') {
      // The answer to the first call was lost on the way: the same signature again is the same review.
      if (opened.review.revision === revision + 1 && newest?.reader.id === reader.id) return undefined;
      throw new AppError('REVIEW_SIGNED', 'The review is signed: reopen it for an addendum.');
    }
    if (openStates.includes(study.state)) throw new AppError('REVIEW_STUDY_OPEN', 'Images of this study are still arriving.', { details: { state: study.state } });
    if (opened.review.revision !== revision) throw new AppError('REVIEW_CONFLICT', 'The review has changed meanwhile.');
    const open = undecidedFindings(opened.review.draft);
    if (open.length > 0) throw new AppError('REVIEW_UNDECIDED', `${open.length} findings are not decided.`, { details: { undecided: open } });
    if (opened.isUnread) await store({ ...opened.review, revision: 1, updatedAt: at() }, 0);
    const version = await signedVersion(study, opened.review, reader, opened.review.draft);
    const objects = await buildReviewObjects(await signedInput(deps, study, version));
    const signing: Signing = { studyInstanceUID, revision: opened.isUnread ? 1 : revision, ...version, objects };
    if (!await reviews.beginSigning(signing)) throw new AppError('REVIEW_CONFLICT', 'The review has changed meanwhile.');
    return signing;
  }

  return {
    review: (studyInstanceUID) => oneAtATime.run(studyInstanceUID, async () => show(await findStudy(studyInstanceUID))),

    save: (studyInstanceUID, { reader, revision, draft, compareWith }) => oneAtATime.run(studyInstanceUID, async () => {
      const study = await findStudy(studyInstanceUID);
      const { review } = await openReview(study);
      await refuseWhileSigning(studyInstanceUID);
      await takeLock(studyInstanceUID, reader, false);
      if (review.state === 'signed') throw new AppError('REVIEW_SIGNED', 'The review is signed: reopen it for an addendum.');
      if (review.revision !== revision) throw new AppError('REVIEW_CONFLICT', 'The review has changed meanwhile.');
      await store(await withDraft(study, review, checkDraft(draft, await baseOf(study, review)), compareWith), revision);
      return show(study);
    }),

    lock: (studyInstanceUID, reader, takeOver) => oneAtATime.run(studyInstanceUID, async () => {
      const study = await findStudy(studyInstanceUID);
      await openReview(study);
      const before = await liveLock(studyInstanceUID);
      const lock = await takeLock(studyInstanceUID, reader, takeOver);
      if (before?.reader.id !== reader.id) {
        if (before !== undefined) {
          log.warn({ studyInstanceUID, from: before.reader.id, to: reader.id }, 'Reading taken over');
          await deps.onEvent?.(studyInstanceUID, { kind: 'taken-over', reader, from: before.reader, at: at() });
        }
        deps.study.announce(studyInstanceUID);
        // A reader who has just begun measures soon.
        if (deps.measurer !== undefined) measureImages(index, study).then((images) => deps.measurer?.warm(images), () => undefined);
      }
      return lock;
    }),

    unlock: (studyInstanceUID, reader) => oneAtATime.run(studyInstanceUID, async () => {
      await findStudy(studyInstanceUID);
      if (!await reviews.releaseLock(studyInstanceUID, reader.id)) return;
      expiries.get(studyInstanceUID)?.();
      expiries.delete(studyInstanceUID);
      deps.study.announce(studyInstanceUID);
    }),

    async measure(studyInstanceUID, target, seriesInstanceUID) {
      const study = await findStudy(studyInstanceUID);
      await openReview(study);
      return measureFinding({ index, measurer: deps.measurer, at }, study, target, seriesInstanceUID);
    },

    async preview(studyInstanceUID, draft, reader) {
      const study = await findStudy(studyInstanceUID);
      const { review } = await openReview(study);
      const checked = checkDraft(draft, await baseOf(study, review));
      // What is undecided is not reported; the signature waits for it.
      const decided = { ...checked, findings: checked.findings.filter(({ verdict }) => verdict !== 'undecided') };
      const version = await signedVersion(study, review, reader ?? nobody, decided);
      const input = await previewInput(deps, study, version);
      const sr = (await buildReviewObjects(input)).find(({ role }) => role === 'sr');
      return {
        conclusions: version.conclusions, comparisons: version.comparisons, text: reviewSummary(input),
        ...(sr === undefined ? {} : { report: parsePart10(sr.part10).dataset }),
      };
    },

    sign: (studyInstanceUID, { reader, revision }) => oneAtATime.run(studyInstanceUID, async () => {
      const study = await findStudy(studyInstanceUID);
      const pending = await reviews.signing(studyInstanceUID);
      if (pending !== undefined) {
        if (pending.reader.id !== reader.id) throw new AppError('REVIEW_SIGNING', 'The review is being signed.');
        await complete(pending);
        return show(await findStudy(studyInstanceUID));
      }
      const lock = await liveLock(studyInstanceUID);
      if (lock !== undefined && lock.reader.id !== reader.id) throw new AppError('REVIEW_LOCKED', 'Another reader is reading this study.', { details: { lock } });
      const signing = await beginSigning(study, reader, revision);
      if (signing !== undefined) await complete(signing);
      return show(await findStudy(studyInstanceUID));
    }),

    reopen: (studyInstanceUID, reader) => oneAtATime.run(studyInstanceUID, async () => {
      const study = await findStudy(studyInstanceUID);
      const stored = await reviews.review(studyInstanceUID);
      if (stored?.state === 'addendum') {
        await takeLock(studyInstanceUID, reader, false);
        return show(study);
      }
      await refuseWhileSigning(studyInstanceUID);
      if (stored?.state !== 'signed') throw new AppError('REVIEW_NOT_SIGNED', 'Only a signed review can be reopened.');
      await takeLock(studyInstanceUID, reader, false);
      const event: ReviewEvent = { kind: 'reopened', reader, at: at() };
      await store({ ...stored, state: 'addendum', revision: stored.revision + 1, updatedAt: at() }, stored.revision, event);
      await deps.onEvent?.(studyInstanceUID, event);
      return show(study);
    }),

    async priors(studyInstanceUID, compareWith) {
      const study = await findStudy(studyInstanceUID);
      const { review } = await openReview(study);
      return compareWith === undefined ? priorsOf(study, review) : comparePriors(index, study, review.draft.findings, compareWith);
    },

    async resume() {
      for (const signing of await reviews.signings()) {
        try {
          await oneAtATime.run(signing.studyInstanceUID, () => complete(signing));
        } catch (error) {
          log.error({ err: toAppError(error), studyInstanceUID: signing.studyInstanceUID }, 'A given signature could not be completed; it is tried again at the next start');
        }
      }
    },

    over: (visible) => createReviewService({ ...deps, index: visible }, room),

    async close() {
      for (const cancel of expiries.values()) cancel();
      expiries.clear();
      await oneAtATime.idle();
    },
  };
}
