declare module 'dicom-character-set' {
  interface CodeElement {
    readonly codeElement: 'G0' | 'G1';
    readonly escapeSequence: readonly number[];
    readonly encoding: string;
    readonly bytesPerCodePoint: number;
  }
  interface CharacterSet {
    readonly encoding?: string;
    readonly extension?: boolean;
    readonly elements?: readonly CodeElement[];
  }
  /** Throws on an unknown character set or escape sequence. */
  export function convertBytes(specificCharacterSet: string, bytes: Uint8Array, options?: { readonly vr?: string }): string;
  /** By defined term; `convertBytes` looks up here. */
  export const characterSets: Record<string, CharacterSet>;
}
