/**
 * What every guideline function answers. The answers are decision support by a published table, not medical advice:
 * a radiologist decides. Every answer says which inputs it used, which row of the table applied and what is missing.
 */

export interface LocalText {
  readonly en: string;
  readonly vi: string;
}

/** One sentence of an answer with a stable code. */
export interface GuidelineReason {
  readonly code: string;
  readonly text: LocalText;
}

/** UCUM, and `none` for what has no unit (a name, yes or no). `1` is a pure number. */
export type GuidelineUnit = 'mm' | 'mm3' | 'a' | 'd' | 'mo' | '%' | '1' | 'none';

/** A value an answer rests on. */
export interface GuidelineInput {
  readonly name: string;
  readonly value: number | string | boolean;
  readonly unit: GuidelineUnit;
  /** `given` by the caller, `derived` from what was given (rounded, averaged), `default` where nothing was given. */
  readonly source?: 'given' | 'derived' | 'default';
}

export type GuidelineName = 'Lung-RADS' | 'Fleischner' | 'BTS' | 'Brock' | 'Mayo' | 'volume doubling time' | 'growth';

/** Answers of their own, never a category: the guideline does not cover the case, or it cannot be said yet. */
export type NoAnswer = 'not-applicable' | 'insufficient-information';

export interface Assessment<Outcome extends string = string> {
  readonly guideline: GuidelineName;
  readonly version: string;
  readonly outcome: Outcome | NoAnswer;
  /** What the row of the table proposes; absent where there is no answer or the table proposes nothing. */
  readonly management?: LocalText;
  readonly reasons: readonly GuidelineReason[];
  readonly inputs: readonly GuidelineInput[];
  /** Names of inputs that were not given or not usable, in the naming of `inputs`. */
  readonly missing: readonly string[];
  /** What limits the answer although there is one. */
  readonly caveats: readonly GuidelineReason[];
}
