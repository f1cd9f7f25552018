/** What the Lung-RADS v2022 functions are given and answer. */
import type { NoduleSize } from './size.ts';
import type { Assessment, GuidelineReason } from './types.ts';

export type LungRadsCategory = '1' | '2' | '3' | '4A' | '4B' | '4X';
/** `not-rated`: a benign thin-walled cyst, which Lung-RADS neither classifies nor manages. */
export type LungRadsOutcome = LungRadsCategory | 'not-rated';

/**
 * How the finding compares with the earlier examination. `baseline`: there is none; `prior-unavailable`: there is or
 * may be one that was not seen, which is rated as baseline and said so. For a part-solid nodule `growing` holds when
 * the total or the solid component grew, or the solid component is new. `unknown`: nobody has said whether there is an
 * earlier examination, or it could not be told what it shows; there is a category only where all of them agree.
 */
export type Comparison = 'baseline' | 'prior-unavailable' | 'unknown' | 'new' | 'growing' | 'slow-growing' | 'stable' | 'smaller';
export type ComparisonWithoutSlowGrowth = Exclude<Comparison, 'slow-growing'>;

export type SuspiciousFeature = 'spiculation' | 'lymphadenopathy' | 'metastasis' | 'ground-glass-doubled-in-a-year';
export type BenignPattern = 'complete-calcification' | 'central-calcification' | 'popcorn-calcification' | 'concentric-calcification' | 'fat';

/** The follow-up that this examination is; months count from the examination at which the category was given. */
export interface FollowUp {
  /** `2` when there was nothing to step down from; `4B` for 4X as well. */
  readonly previousCategory: '2' | '3' | '4A' | '4B';
  readonly months: number;
  /** A 4B finding whose work-up proved it benign. */
  readonly provenBenign?: boolean;
}

interface CommonFields {
  readonly suspiciousFeatures?: readonly SuspiciousFeature[];
  readonly followUp?: FollowUp;
}

/** `typical`: one of oval, lentiform and triangular, without saying which. */
export type JuxtapleuralShape = 'oval' | 'lentiform' | 'triangular' | 'typical' | 'other';

/** A cavitary nodule is given as solid, with its total mean diameter. */
export interface SolidNodule extends CommonFields {
  readonly kind: 'solid';
  readonly comparison: Comparison;
  readonly size?: NoduleSize;
  readonly benignPattern?: BenignPattern;
  /** Present when the nodule touches the pleura or a fissure. */
  readonly juxtapleural?: { readonly smooth?: boolean; readonly shape?: JuxtapleuralShape };
}

export interface PartSolidNodule extends CommonFields {
  readonly kind: 'part-solid';
  readonly comparison: Comparison;
  /** Of the whole nodule. */
  readonly size?: NoduleSize;
  /** Its own mean diameter or volume; `not-measurable` when someone looked and could not measure one. */
  readonly solidComponent?: NoduleSize | 'not-measurable';
}

export interface GroundGlassNodule extends CommonFields {
  readonly kind: 'ground-glass';
  readonly comparison: Comparison;
  readonly size?: NoduleSize;
}

export interface AirwayNodule extends CommonFields {
  readonly kind: 'airway';
  readonly comparison: ComparisonWithoutSlowGrowth;
  readonly level?: 'subsegmental' | 'segmental-or-more-proximal';
  /** Air within, or dependent or fluid material: looks like secretion. */
  readonly favoursSecretion?: boolean;
  /** Several, or tubular. */
  readonly multipleOrTubular?: boolean;
}

export interface AtypicalCyst extends CommonFields {
  readonly kind: 'cyst';
  readonly comparison: ComparisonWithoutSlowGrowth;
  /** `thin` is under 2 mm. */
  readonly wall?: 'thin' | 'thick';
  readonly locules?: 'one' | 'several';
  /** Which parts grew, when the comparison is `growing`. */
  readonly growing?: readonly ('cystic-component' | 'wall' | 'nodularity')[];
  readonly becameMultilocular?: boolean;
  readonly moreLoculation?: boolean;
  readonly newOrDenserOpacity?: boolean;
  readonly containsFluid?: boolean;
}

/** A nodule whose type nobody has given. */
export interface UntypedNodule extends CommonFields {
  readonly kind: 'unknown';
  readonly comparison: Comparison;
}

export type LungRadsFinding = SolidNodule | PartSolidNodule | GroundGlassNodule | AirwayNodule | AtypicalCyst | UntypedNodule;

export interface LungRadsAssessment extends Assessment<LungRadsOutcome> {
  /** Reasons for which a reader may choose category 0 instead; never chosen here. */
  readonly categoryZeroProposals: readonly GuidelineReason[];
}

export interface LungRadsExamAssessment extends LungRadsAssessment {
  /** `S`: another finding that is or may be clinically significant. */
  readonly modifiers: readonly 'S'[];
  /** In the order of the findings given. */
  readonly findings: readonly LungRadsAssessment[];
}
