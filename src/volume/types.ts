/**
 * A CT volume and where it lies in the patient.
 * Index space: i = column, j = row, k = slice (ascending along `sliceDirection`).
 * Memory: `hu[(k * rows + j) * columns + i]`, i.e. shape [slices, rows, columns] (z,y,x).
 */
export type Vec3 = readonly [number, number, number];

export interface VolumeGeometry {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** LPS mm of the CENTRE of voxel (0,0,0). */
  readonly origin: Vec3;
  /** Unit vectors of increasing i, j, k in LPS. i and j are ImageOrientationPatient (PS3.3 C.7.6.2.1.1). */
  readonly columnDirection: Vec3;
  readonly rowDirection: Vec3;
  readonly sliceDirection: Vec3;
  /** Distance between voxel centres along i, j, k. */
  readonly spacingMm: Vec3;
  readonly frameOfReferenceUID: string;
}

/** The image (and frame) that slice k was read from. */
export interface SliceReference {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** 1-based; only for multi-frame. */
  readonly frameNumber?: number;
  readonly imagePositionPatient: Vec3;
  /** True where the slice was interpolated over a gap and has no image of its own. */
  readonly interpolated?: boolean;
}

export interface Volume {
  readonly geometry: VolumeGeometry;
  /** Hounsfield units, clamped to [-1024, 3071]; padding is -1024. */
  readonly hu: Int16Array;
  readonly slices: readonly SliceReference[];
}

/** A binary mask over a box of a volume, index space of that volume. */
export interface MaskBox {
  /** Inclusive lower corner i,j,k and size along i,j,k. */
  readonly start: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  /** 0 or 1, shape [size k, size j, size i]. */
  readonly data: Uint8Array;
}
