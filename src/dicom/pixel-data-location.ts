/** Where the pixel data of an instance lies, without reading it. */
export interface Fragment {
  /** Of the first byte of the value, after the item header. */
  readonly offset: number;
  readonly length: number;
}

export type PixelDataLocation =
  | { readonly kind: 'native'; readonly tag: string; readonly vr: string; readonly offset: number; readonly length: number }
  | {
    readonly kind: 'encapsulated';
    readonly tag: string;
    readonly vr: string;
    /** Of the item that holds the basic offset table. */
    readonly offset: number;
    /** Undefined while only the header was read; see `verifyComplete`. */
    readonly fragments?: readonly Fragment[];
    /** Offsets from the first fragment's item header; empty when the table is. */
    readonly basicOffsetTable?: readonly number[];
  };
