/** The reads of LIDC-IDRI: up to four readers on one CT series, as their XML files hold them. */

/** Ratings of a nodule, 1 to 5 (calcification to 6), by the name of their element. */
export type Characteristics = Readonly<Record<string, number>>;

export interface Outline {
  readonly sopInstanceUID: string;
  readonly zMm: number;
  /** False for a contour around what does not belong to the nodule (a hole). */
  readonly inclusion: boolean;
  /**
   * Pixel coordinates (column, row). The contour of a nodule runs through the pixels just outside of it; a single point
   * is the middle of a nodule below 3 mm.
   */
  readonly points: readonly (readonly [column: number, row: number])[];
}

export interface ReaderNodule {
  /** From 1, in the order of the sessions in the file: readers are anonymous. */
  readonly reader: number;
  readonly id: string;
  /** 'outlined': at least 3 mm, with a contour; 'small': below 3 mm, a point; 'non-nodule': a lesion of at least 3 mm that is none, a point. */
  readonly kind: 'outlined' | 'small' | 'non-nodule';
  readonly characteristics: Characteristics;
  readonly outlines: readonly Outline[];
}

/** Something in a file that was left out, and where. */
export interface LidcProblem {
  readonly code: 'NO_OUTLINE' | 'BAD_COORDINATE' | 'OFF_SERIES' | 'NOTHING_INSIDE' | 'IMAGES_MISSING' | 'NOT_CT' | 'UNREADABLE';
  readonly text: string;
}

export interface LidcRead {
  readonly seriesInstanceUID: string;
  readonly readers: number;
  readonly nodules: readonly ReaderNodule[];
  readonly problems: readonly LidcProblem[];
}
