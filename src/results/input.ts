/** What the writers of result objects are given. */
import type { Dataset } from '../dicom/dataset.ts';
import type { FindingsDocument } from '../findings/types.ts';
import type { MaskBox, SliceReference, VolumeGeometry } from '../volume/types.ts';

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
    readonly references: readonly { readonly sopInstanceUID: string; readonly sopClassUID: string }[];
  };
  /** Version of this software. */
  readonly softwareVersion: string;
  /** Date and time of the content; now by default. The same moment and input give the same bytes. */
  readonly createdAt?: Date;
}

/** Report, segmentation, presentation state (outlines over the images), key object selection. */
export type ResultRole = 'sr' | 'seg' | 'pr' | 'ko';

export interface ResultObject {
  readonly role: ResultRole;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** A complete Part 10 file, Explicit VR Little Endian. */
  readonly part10: Uint8Array;
}
