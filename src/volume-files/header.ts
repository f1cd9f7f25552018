/** What the header of any volume file says, in the terms of this project. */
import type { Columns3 } from '../volume/vec3.ts';
import type { Vec3 } from '../volume/types.ts';
import type { ElementType } from './element-type.ts';

export type Compression = 'none' | 'gzip-or-zlib';

/** Where samples lie: in the header's file from a byte on, or in files beside it. */
export interface DataPart {
  /** Name of the file, in the folder of the header. */
  readonly file: string;
  /** Bytes before the first sample (before decompression), or 'end': as many samples as there must be, from the end of the file. */
  readonly skipBytes: number | 'end';
  /** Lines to pass over before those bytes. */
  readonly skipLines: number;
}

export interface VolumeFileHeader {
  readonly format: 'MetaImage' | 'NIfTI-1' | 'NIfTI-2' | 'NRRD';
  /** Voxels along the axes as stored, the first axis fastest. */
  readonly size: readonly [number, number, number];
  /** LPS steps in mm along each stored axis. */
  readonly steps: Columns3;
  /** LPS mm of the centre of the first voxel stored. */
  readonly origin: Vec3;
  readonly elementType: ElementType;
  readonly littleEndian: boolean;
  /** Stored value to Hounsfield units. */
  readonly slope: number;
  readonly intercept: number;
  readonly compression: Compression;
  /** In the order of the samples; each holds an equal number of slices. */
  readonly parts: readonly DataPart[];
}
