import type { Vec3, VolumeGeometry } from '../volume/types.ts';
import type { Lattice } from './lattice.ts';

export type NoduleType = 'solid' | 'part-solid' | 'ground-glass' | 'calcified';
export type NoduleLocation = 'isolated' | 'juxtapleural' | 'juxtavascular' | 'perifissural' | 'perihilar';
export type NoduleMargin = 'smooth' | 'lobulated' | 'spiculated';
export type Kernel = 'soft' | 'standard' | 'sharp';

/** One nodule asked for; whatever is left out is drawn from the seed. */
export interface NoduleRequest {
  readonly diameterMm?: number;
  readonly type?: NoduleType;
  readonly location?: NoduleLocation;
  readonly margin?: NoduleMargin;
}

export interface PhantomOptions {
  readonly seed: number;
  /** How many, or which ones. Default: drawn from the seed (0 to 6). */
  readonly nodules?: number | readonly NoduleRequest[];
  /** Bounds for diameters drawn from the seed. Default 3..30 mm. */
  readonly diameterRangeMm?: readonly [number, number];
  readonly sex?: 'M' | 'F';
  readonly contrast?: boolean;
  /** Lies on the belly: gravity works the other way. Default false. */
  readonly prone?: boolean;
  /** Scars, plaques, emphysema, bands, lymph nodes. Default: drawn from the seed. */
  readonly distractors?: boolean;
}

/** What is true of a nodule; spicules are drawn outside the body measured here, as a reader measures it. */
export interface NoduleTruth {
  readonly id: number;
  /** Centroid of the nodule inside the lung, LPS mm. */
  readonly worldPoint: Vec3;
  readonly volumeMm3: number;
  /** Mean of long and short axis on the axial slice of largest area. */
  readonly diameterMm: number;
  readonly longAxisMm: number;
  readonly shortAxisMm: number;
  /** Largest diameter of the solid part on axial slices; absent for pure ground glass. */
  readonly solidDiameterMm?: number;
  /** Diameter of the ball of the same volume. */
  readonly equivalentDiameterMm: number;
  readonly type: NoduleType;
  readonly location: NoduleLocation;
  readonly margin: NoduleMargin;
  readonly meanHU: number;
}

/** A tapered tube between two points; the only shape vessels, airways, ribs and strands are made of. */
export interface Capsule {
  readonly a: Vec3;
  readonly b: Vec3;
  readonly radiusA: number;
  readonly radiusB: number;
  readonly hu: number;
  /** 'max' never darkens (soft tissue in lung), 'over' replaces. */
  readonly blend: 'over' | 'max';
  /** A different inside, e.g. marrow: everything deeper than `insetMm`. */
  readonly core?: { readonly hu: number; readonly insetMm: number };
  /** The section is taller along z by this factor (ribs). */
  readonly stretchZ?: number;
  /** Ends at the pleura: bones and great vessels do not reach into the lung. */
  readonly outsideLung?: boolean;
}

export interface Lobule { readonly centre: Vec3; readonly radius: number }

/** Implicit shape: smooth union of an ellipsoid and lobules, its surface rippled, optionally cut at the pleura. */
export interface NoduleShape {
  readonly centre: Vec3;
  /** Rows of a rotation: local = R (p - centre). */
  readonly rotation: readonly [Vec3, Vec3, Vec3];
  readonly radii: Vec3;
  readonly lobules: readonly Lobule[];
  readonly ripples: readonly { readonly direction: Vec3; readonly phase: number; readonly amplitudeMm: number }[];
  /** Where true, only what lies inside the lung counts. */
  readonly clippedByLung: boolean;
  readonly hu: number;
  /** Width of the rim over which the density falls off, mm; 0 for a sharp rim. */
  readonly softRimMm: number;
  /** Speckle of the inside (ground glass), HU. */
  readonly mottleHU: number;
  readonly cores: readonly { readonly centre: Vec3; readonly radius: number; readonly hu: number }[];
  /** Everything lies within this distance of the centre. */
  readonly boundMm: number;
}

export interface PlacedNodule {
  readonly shape: NoduleShape;
  readonly spicules: readonly Capsule[];
  readonly truth: NoduleTruth;
}

/** Fields sampled on the lattice; distances are signed mm, positive inside. */
export interface PhantomFields {
  readonly body: Float32Array;
  readonly soft: Float32Array;
  readonly lung: Float32Array;
  readonly parenchyma: Float32Array;
  /** Signed distance to the oblique fissure, positive above it. */
  readonly oblique: Float32Array;
  /** Signed distance to the horizontal fissure (right lung), positive above it. */
  readonly horizontal: Float32Array;
}

export interface PhantomScene {
  readonly seed: number;
  readonly sex: 'M' | 'F';
  readonly contrast: boolean;
  readonly lattice: Lattice;
  readonly fields: PhantomFields;
  /** Painted in this order after the fields. */
  readonly capsules: readonly Capsule[];
  readonly nodules: readonly PlacedNodule[];
  readonly fissureThicknessMm: number;
  /** Lungs' bounding box, LPS mm. */
  readonly lungBox: { readonly low: Vec3; readonly high: Vec3 };
  /** Body's bounding box in x and y, LPS mm. */
  readonly bodyBox: { readonly low: Vec3; readonly high: Vec3 };
}

/** Where the voxels to compute lie. */
export type PhantomGrid = Omit<VolumeGeometry, 'frameOfReferenceUID'>;

export interface Scanner {
  readonly kernel: Kernel;
  /** Full width at half maximum of the slice profile, mm. Default: the grid's slice spacing, but 5 at most. */
  readonly sliceThicknessMm?: number;
  /** 'none', or the standard deviation (HU) that the standard kernel would have at 1 mm thickness in the lung. */
  readonly noise: 'none' | number;
  /** Streaks through the shoulders and from dense contrast. Default true when there is noise. */
  readonly streaks?: boolean;
  /** Different noise over the same anatomy. Default: the phantom's seed. */
  readonly noiseSeed?: number;
}
