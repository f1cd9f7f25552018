/** What receives instances and knows when a study is complete. One for every way in. */
import type { SetStateOptions } from '../index/port.ts';
import type { ReceiveContext, ReceiveOutcome, StudyState, WorklistItem } from './types.ts';

/** Emitted on every change that a screen would show; SSE sends it on. */
export interface StudyEvent {
  readonly studyInstanceUID: string;
  readonly state: StudyState;
  readonly item: WorklistItem;
}

export interface StudyEventMap {
  /** Any visible change. */
  changed: [event: StudyEvent];
  /** Complete (quiet, counts and geometry agree, or forced): analyse it now. */
  complete: [event: { readonly studyInstanceUID: string; readonly forced: boolean }];
}

export interface StudyService {
  /**
   * Takes one instance as a stream of Part 10 bytes (preamble, meta, data set). Resolves when it is durable.
   * Errors: DICOM_NOT_PART10, DICOM_TRUNCATED, DICOM_MALFORMED, DICOM_INVALID_UID, DICOM_MISSING_ATTRIBUTE,
   * DICOM_TOO_LARGE, ARCHIVE_OUT_OF_SPACE, STUDY_OF_ANOTHER_SITE. After an error nothing of it is kept and nothing was acknowledged.
   * `expect` makes a mismatch with the C-STORE command or the STOW path fail with DICOM_SOP_MISMATCH.
   */
  receive(
    part10: AsyncIterable<Uint8Array>,
    context: ReceiveContext,
    expect?: { readonly sopClassUID?: string; readonly sopInstanceUID?: string; readonly studyInstanceUID?: string },
  ): Promise<ReceiveOutcome>;
  /** Complete now, whatever is missing; the reasons stay visible as warnings. */
  forceComplete(studyInstanceUID: string): Promise<void>;
  /**
   * Sets the state and tells every listener; false when nothing changed. An open study ('receiving', 'incomplete')
   * leaves that state by its completeness only: a job that reports on an earlier closing must not close it unseen.
   */
  setState(studyInstanceUID: string, state: StudyState, options?: SetStateOptions): Promise<boolean>;
  /** Tells the listeners of 'changed' about what was changed in the index itself: priority, deliveries, a new result. */
  announce(studyInstanceUID: string): void;
  on<E extends keyof StudyEventMap>(event: E, listener: (...args: StudyEventMap[E]) => void): void;
  /**
   * After a restart: takes in what a crash left between archive and index, starts the timers of open studies again
   * (each gets a fresh quiet time, since no sender could reach us meanwhile; proof by count closes at once), and says
   * 'complete' again for studies that wait without a job. Call it once the listeners are there.
   */
  resume(): Promise<void>;
  close(): Promise<void>;
}
