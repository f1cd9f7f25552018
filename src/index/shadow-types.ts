/** Results of models that run along without being shown, as the index keeps them. */
import type { Agreement } from '../findings/agreement.ts';
import type { FindingsDocument } from '../findings/types.ts';

export interface ShadowModel {
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
}

/** Compared with the result of one job of the model that is shown (the champion): `first` is the champion, `second` the shadow. */
export interface ShadowAgreement {
  readonly championJobId: string;
  readonly champion: ShadowModel;
  readonly agreement: Agreement;
}

export interface ShadowResult {
  readonly studyInstanceUID: string;
  readonly jobId: string;
  readonly model: ShadowModel;
  readonly createdAt: string;
  readonly outcome: { readonly kind: 'done'; readonly findings: FindingsDocument } | { readonly kind: 'failed'; readonly code: string };
  readonly compared?: ShadowAgreement;
}

/** Sums over the studies of one champion and one shadow. */
export interface ShadowTotals {
  readonly champion: ShadowModel;
  readonly shadow: ShadowModel;
  readonly studies: number;
  readonly both: number;
  readonly onlyChampion: number;
  readonly onlyShadow: number;
  readonly notComparable: number;
}

export interface ShadowStore {
  /** The same job again replaces what was written before. */
  putShadowResult(result: Omit<ShadowResult, 'compared'>): Promise<void>;
  setShadowAgreement(studyInstanceUID: string, jobId: string, compared: ShadowAgreement): Promise<void>;
  /** Of one study, the newest first. */
  shadowResults(studyInstanceUID: string): Promise<readonly ShadowResult[]>;
  shadowTotals(): Promise<readonly ShadowTotals[]>;
  /** Jobs of each shadow that ended without a result. */
  shadowFailures(): Promise<readonly { readonly shadow: ShadowModel; readonly code: string; readonly count: number }[]>;
}
