declare module 'dicom-character-set' {
  /** Throws on an unknown character set or escape sequence. */
  export function convertBytes(specificCharacterSet: string, bytes: Uint8Array, options?: { readonly vr?: string }): string;
  export const characterSets: Readonly<Record<string, unknown>>;
}
