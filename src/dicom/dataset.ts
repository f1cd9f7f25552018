/**
 * The data set in memory: DICOM JSON Model (PS3.18 Annex F), plus `bytes` for binary values that
 * have not been turned into base64. Keys are tags as eight upper-case hexadecimal digits.
 * Everything that reads or writes DICOM in this project speaks this type.
 */
export interface PersonName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}

/** A value of an element: a string, a number, a person name or a nested item; null for an empty one. */
export type DicomValue = string | number | PersonName | Dataset | null;

export interface DicomElement {
  readonly vr: string;
  readonly Value?: readonly DicomValue[];
  /** Binary value, little endian, as stored. Internal only: becomes `InlineBinary` or `BulkDataURI` in JSON. */
  readonly bytes?: Uint8Array;
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

export interface Dataset {
  [tag: string]: DicomElement;
}
