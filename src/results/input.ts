/** What the writers of result objects are given. */
import type { Conclusions } from '../conclusions/types.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { FindingsDocument } from '../findings/types.ts';
import type { FindingViews } from '../inference/finding-views.ts';
import type { MaskBox, SliceReference, VolumeGeometry } from '../volume/types.ts';
import type { ResultLanguage, ResultOptions } from './options.ts';

/** To Hounsfield units. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** An image that was read. */
export interface SourceReference {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly instanceNumber?: number;
  /** That of the header when left out. */
  readonly rescale?: Rescale;
}

export interface ResultInput {
  readonly findings: FindingsDocument;
  /** Grid and images that the masks lie on; required when there are findings. */
  readonly volume?: { readonly geometry: VolumeGeometry; readonly slices: readonly SliceReference[] };
  /** One per finding, same order, index space of the volume. */
  readonly masks: readonly MaskBox[];
  readonly sourceHeaders: {
    /** Header of one analysed image; of any image of the study when nothing was analysed. */
    readonly header: Dataset;
    /** The images that were read, all of the header's series. */
    readonly references: readonly SourceReference[];
  };
  /** What the guidelines say of these findings, for the summaries; absent where nobody has given what they need. */
  readonly conclusions?: Conclusions;
  /** Planes for the pictures, of the first findings, in their order. */
  readonly views?: readonly FindingViews[];
  /** Forms of the result besides the usual objects; none by default. */
  readonly options?: ResultOptions;
  /** Version of this software. */
  readonly softwareVersion: string;
  /** Date and time of the content; now by default. The same moment and input give the same bytes. */
  readonly createdAt?: Date;
}

/**
 * Report, segmentation, presentation state (outlines over the images), key object selection; where they are wanted a
 * picture (several: pages and key images), a PDF document, the report for older systems in two forms, a label map. `rejection`: a note that an earlier result is superseded.
 */
export type ResultRole = 'sr' | 'seg' | 'pr' | 'ko' | 'sc' | 'pdf' | 'cad-sr' | 'enhanced-sr' | 'labelmap' | 'rejection';

export interface ResultObject {
  readonly role: ResultRole;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** Of a picture or document, whose words are in one language. */
  readonly language?: ResultLanguage;
  /** A complete Part 10 file, Explicit VR Little Endian. */
  readonly part10: Uint8Array;
}
