/** What a model accepts of a series; the `accepts` part of its manifest has this shape. */
export interface SeriesLimits {
  readonly modality: 'CT';
  readonly minSlices: number;
  /** Along the normal of the slices, mm. */
  readonly minCoverageMm: number;
  /** Of slice thickness and of slice distance. */
  readonly maxSliceThicknessMm: number;
  readonly warnSliceThicknessMm?: number;
  readonly maxPixelSpacingMm?: number;
  readonly warnPixelSpacingMm?: number;
  /** Smaller reconstructions show a part of the lungs only. */
  readonly minFieldOfViewMm?: number;
  readonly minLungVolumeMl?: number;
  readonly incompleteLung?: 'warn' | 'refuse';
  readonly contrast?: 'allow' | 'warn' | 'refuse';
  readonly lossy?: 'warn' | 'refuse';
  readonly minAgeYears?: number;
  readonly preferredKernel?: 'soft' | 'sharp' | 'any';
  /** What is done with images of each kind of kernel; allowed when not named. */
  readonly kernels?: Readonly<Partial<Record<'soft' | 'sharp' | 'unknown', 'allow' | 'warn' | 'refuse'>>>;
  /** Larger images cannot be given to the model. */
  readonly maxRows?: number;
  readonly maxColumns?: number;
}

/** Limits of the machine, whatever the model. */
export const maxSlices = 4000;
export const maxMatrix = 1024;
export const maxVolumeBytes = 2 ** 31;
/** A series with fewer images is a localizer or a fragment, never a volume. */
export const fewestImages = 4;

/** For what a person looks at: they see what the images are worth. Only what is no volume of Hounsfield units is refused. */
export const readerLimits: SeriesLimits = {
  modality: 'CT', minSlices: fewestImages, minCoverageMm: 0, maxSliceThicknessMm: 20, maxPixelSpacingMm: 5, minFieldOfViewMm: 0,
  incompleteLung: 'warn', contrast: 'allow', lossy: 'warn',
};
