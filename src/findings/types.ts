/**
 * `findings.json`: what one model found in one series, or why nothing was analysed.
 * The published schema lives beside this file; bump `schemaVersion` when a field changes meaning.
 */
export const findingsSchemaVersion = '1.1';
/** What may lie in an index: 1.1 added `candidates`. */
export type FindingsSchemaVersion = '1.0' | typeof findingsSchemaVersion;

/** LPS patient coordinates in mm (PS3.3 C.7.6.2.1.1): x to the left, y to the back, z to the head. */
export type WorldPoint = readonly [x: number, y: number, z: number];

export type NoduleType = 'solid' | 'part-solid' | 'ground-glass' | 'calcified';
export type Laterality = 'left' | 'right' | 'unknown';
export type Lobe =
  | 'right-upper' | 'right-middle' | 'right-lower' | 'left-upper' | 'left-lower';

/** A contour on one image: polygons in pixel coordinates where (0,0) is the CENTRE of the top-left pixel. */
export interface FindingOutline {
  readonly sopInstanceUID: string;
  /** 1-based, only for multi-frame images. */
  readonly frameNumber?: number;
  /** Each polygon is a flat list column,row,column,row… (closed implicitly). */
  readonly polygons: readonly (readonly number[])[];
}

export interface Finding {
  readonly trackingUID: string;
  readonly trackingIdentifier: string;
  /** Calibrated where the model's manifest carries a calibration; 0..1. */
  readonly probability: number;
  readonly worldPoint: WorldPoint;
  /** Mean of long and short axis on the axial slice of largest extent, mm. */
  readonly diameterMm: number;
  readonly longAxisMm: number;
  readonly shortAxisMm: number;
  readonly volumeMm3: number;
  readonly meanHU: number;
  readonly type: NoduleType;
  readonly solidDiameterMm?: number;
  readonly laterality: Laterality;
  readonly lobe?: Lobe;
  readonly distanceToPleuraMm?: number;
  /** The image on which the axes were measured. */
  readonly sliceInstanceUID: string;
  readonly sliceFrameNumber?: number;
  /** End points of both axes, LPS mm. */
  readonly longAxisWorld: readonly [WorldPoint, WorldPoint];
  readonly shortAxisWorld: readonly [WorldPoint, WorldPoint];
  readonly outlines: readonly FindingOutline[];
  /** Why a measurement is missing or weak, e.g. 'gap-nearby'. */
  readonly notes?: readonly string[];
  /** What the model states beside the probability, by name, 0..1, e.g. malignancy; no decision rests on it. */
  readonly modelScores?: Readonly<Record<string, number>>;
}

/** A reason with a stable code and a sentence a radiologist understands (English and Vietnamese). */
export interface Reason {
  readonly code: string;
  readonly text: { readonly en: string; readonly vi: string };
  readonly details?: Readonly<Record<string, string | number>>;
}

/** What the series choice thought of each series of the study. */
export interface SeriesAssessment {
  readonly seriesInstanceUID: string;
  readonly seriesNumber?: number;
  readonly eligible: boolean;
  readonly score: number;
  readonly reasons: readonly Reason[];
}

export interface WeakCandidate {
  readonly worldPoint: WorldPoint;
  /** As of a finding; below the operating point. */
  readonly probability: number;
  /** What the model said of the size; 5 where it says nothing. For the size of a mark on a screen, not a measurement. */
  readonly diameterMm: number;
}

export interface FindingsDocument {
  readonly schemaVersion: FindingsSchemaVersion;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly frameOfReferenceUID?: string;
  readonly status: 'analysed' | 'not-analysed';
  /** Present when and only when status is 'not-analysed'. */
  readonly reason?: Reason;
  /** Limitations that hold although the series was analysed. */
  readonly warnings: readonly Reason[];
  readonly seriesAssessments: readonly SeriesAssessment[];
  readonly model: { readonly id: string; readonly version: string; readonly sha256: string; readonly name: string };
  /** Probability at and above which a candidate became a finding. */
  readonly operatingPoint: number;
  readonly findings: readonly Finding[];
  /** Marks below the operating point, most probable first, at most 50: neither measured nor findings, for a reader who asks. */
  readonly candidates?: readonly WeakCandidate[];
  readonly quality: Readonly<Record<string, number | string | boolean>>;
  readonly timingsMs: Readonly<Record<string, number>>;
  /** Hash of the sorted instance UIDs and pixel digests that were read: the job's identity with the model's. */
  readonly inputHash: string;
}
